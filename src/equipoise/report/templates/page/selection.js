// One patient is chosen at a time, in every figure at once.
const chosenBar = document.getElementById("chosen");
let chosen = null;

// In each drawing the first mark of a patient takes the focus; the others only show and listen.
const marksOf = new Map();
for (const node of document.querySelectorAll("[data-u]")) {
  const at = Number(node.dataset.u);
  marksOf.set(at, [...(marksOf.get(at) || []), node]);
}
for (const svg of document.querySelectorAll(".drawing svg")) {
  const seen = new Set();
  const pointers = [...svg.querySelectorAll("[class*='pointer_'] [data-u]")];
  for (const node of new Set([...pointers, ...svg.querySelectorAll("[data-u]")])) {
    const at = Number(node.dataset.u);
    if (seen.has(at)) {
      node.setAttribute("aria-hidden", "true");
      continue;
    }
    seen.add(at);
    const profile = profiles[at] || {};
    node.setAttribute("role", "button");
    node.setAttribute("tabindex", "-1");
    node.setAttribute("aria-pressed", "false");
    node.setAttribute("aria-label", ["Patient " + names[at], profile.arm, profile.sum].filter(Boolean).join(", "));
    node.classList.add("who");
  }
}
for (const node of document.querySelectorAll(".step")) {
  const result = data.results[node.dataset.step];
  node.setAttribute("role", "button");
  node.setAttribute("tabindex", "-1");
  if (result) node.setAttribute("aria-label", `${result.w}, ${Number(result.t).toFixed(1)} months: ${result.s} ${result.d}`);
}

const choose = (at) => {
  if (chosen !== null) for (const node of marksOf.get(chosen) || []) {
    node.classList.remove("chosen");
    if (node.hasAttribute("aria-pressed")) node.setAttribute("aria-pressed", "false");
  }
  chosen = at;
  document.body.classList.toggle("choosing", at !== null);
  chosenBar.hidden = at === null;
  if (at === null) return;
  for (const node of marksOf.get(at) || []) {
    node.classList.add("chosen");
    if (node.hasAttribute("aria-pressed")) node.setAttribute("aria-pressed", "true");
  }
  const profile = profiles[at] || {};
  document.getElementById("chosen-name").textContent = names[at];
  document.getElementById("chosen-what").textContent = [profile.arm, profile.sum].filter(Boolean).join(". ");
};
document.getElementById("chosen-profile").addEventListener("click", (event) => openProfile(chosen, event.target));
document.getElementById("chosen-clear").addEventListener("click", () => {
  const node = (marksOf.get(chosen) || []).find((mark) => mark.classList.contains("who") && mark.getBoundingClientRect().width);
  choose(null);
  if (node) node.focus();
});

// What a click or key on a node means.
const activate = (node) => {
  if (node.dataset.patient !== undefined) openProfile(Number(node.dataset.patient), node);
  else if (node.dataset.u !== undefined) {
    const at = Number(node.dataset.u);
    if (chosen === at) openProfile(at, node);
    else choose(at);
  } else openNumber(node.dataset.resultId || node.dataset.roundedFrom || node.dataset.step, node);
};
const ACTIVE = "[data-result-id], [data-rounded-from], [data-step], [data-u], [data-patient]";
document.addEventListener("click", (event) => {
  const found = event.target.closest(ACTIVE);
  if (found) activate(found);
  else if (event.target === panel) panel.close();
});
