// Search over patients, displays and numbers.
const searchBox = document.getElementById("search");
const searchFound = document.getElementById("search-found");
const searchCount = document.getElementById("search-count");
const MOST = 12;

const plainText = (node) => [...node.childNodes]
  .filter((part) => !(part.classList && part.classList.contains("tag")))
  .map((part) => part.textContent).join("").replace(/\s+/g, " ").trim();
const displays = [...document.querySelectorAll("main h2[id], .caption-title")].map((node) => ({
  words: plainText(node),
  go: () => reveal(node.closest("section, figure, table") || node, node),
}));
const numberPlaces = new Map();
for (const node of document.querySelectorAll("[data-result-id]")) {
  if (!numberPlaces.has(node.dataset.resultId)) numberPlaces.set(node.dataset.resultId, node);
}
const searchable = [
  ["Patients", names.map((name, at) => ({ words: [name, (profiles[at] || {}).arm].filter(Boolean).join(", "), go: () => openProfile(at, searchBox) }))],
  ["Displays", displays],
  ["Numbers", [...numberPlaces].filter(([id]) => data.results[id]).map(([id, node]) => {
    const result = data.results[id];
    const analysis = data.analyses[result.a] || {};
    const words = [`${result.s} ${result.d}`, analysis.label, result.l, result.w, result.t === undefined ? "" : `${result.t} months`];
    return { words: words.filter(Boolean).join(", "), id, go: () => { reveal(node, node); openNumber(id, node); } };
  })],
];

const reveal = (place, target) => {
  for (let fold = place.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  place.scrollIntoView({ block: "start" });
  if (target.tabIndex < 0 && !target.dataset.resultId) target.tabIndex = -1;
  target.focus({ preventScroll: true });
};
const closeSearch = () => {
  searchFound.hidden = true;
  searchBox.setAttribute("aria-expanded", "false");
};
const search = () => {
  const wanted = searchBox.value.toLowerCase().split(/\s+/).filter(Boolean);
  searchFound.replaceChildren();
  let total = 0;
  if (wanted.length) for (const [group, items] of searchable) {
    const found = items.filter((item) => wanted.every((word) => item.words.toLowerCase().includes(word) || item.id === word));
    total += found.length;
    if (!found.length) continue;
    const more = found.length > MOST ? `: first ${MOST} of ${found.length}` : "";
    searchFound.append(element("p", group + more, "search-group"));
    const list = element("ul");
    for (const item of found.slice(0, MOST)) {
      const line = element("li"), button = element("button", item.words);
      button.type = "button";
      button.addEventListener("click", () => { closeSearch(); item.go(); });
      line.append(button);
      list.append(line);
    }
    searchFound.append(list);
  }
  if (wanted.length && !total) searchFound.append(element("p", "Nothing found.", "search-group"));
  searchCount.textContent = wanted.length ? `${total} found` : "";
  searchFound.hidden = !wanted.length;
  searchBox.setAttribute("aria-expanded", String(Boolean(wanted.length)));
};
searchBox.addEventListener("input", search);
searchBox.parentElement.addEventListener("keydown", (event) => {
  const buttons = [searchBox, ...searchFound.querySelectorAll("button")];
  const at = buttons.indexOf(document.activeElement);
  if (event.key === "Escape") { closeSearch(); searchBox.focus(); }
  else if (event.key === "ArrowDown" && at < buttons.length - 1) buttons[at + 1].focus();
  else if (event.key === "ArrowUp" && at > 0) buttons[at - 1].focus();
  else if (event.key === "Enter" && at === 0 && buttons[1]) buttons[1].click();
  else return;
  event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (!searchBox.parentElement.contains(event.target)) closeSearch();
});
