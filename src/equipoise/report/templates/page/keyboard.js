// One stop of the tab key per table, and per kind of mark in a figure; arrows move within it.
const kinds = [".n", ".who", ".step"];
const groups = [];
for (const box of document.querySelectorAll("table, svg, .abstract, .flow, .cards")) {
  if (box.parentElement.closest("table, .flow, .cards") && box.tagName !== "svg") continue;
  for (const kind of kinds) {
    const found = [...box.querySelectorAll(kind)];
    if (!found.length) continue;
    groups.push(found);
    found.forEach((node, at) => node.setAttribute("tabindex", at ? "-1" : "0"));
  }
}
const groupOf = new Map(groups.flatMap((group) => group.map((node) => [node, group])));
const move = (node, next) => {
  if (!next) return;
  node.setAttribute("tabindex", "-1");
  next.setAttribute("tabindex", "0");
  next.focus();
};
document.addEventListener("keydown", (event) => {
  const found = event.target.closest && event.target.closest(ACTIVE);
  if (!found) return;
  const group = groupOf.get(found) || [found];
  const at = group.indexOf(found);
  const targets = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: group.length - 1 };
  if (event.key === "Enter" || event.key === " ") activate(found);
  else if (event.key in targets) move(found, group[targets[event.key]]);
  else return;
  event.preventDefault();
});

const links = new Map([...document.querySelectorAll(".contents a")].map((a) => [a.hash.slice(1), a]));
const markLink = (id) => links.forEach((link, name) => {
  if (name === id) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
});
const watcher = new IntersectionObserver((entries) => {
  const seen = entries.filter((entry) => entry.isIntersecting);
  if (seen.length) markLink(seen[0].target.id);
}, { rootMargin: "-20% 0px -70% 0px" });
document.querySelectorAll("main > section").forEach((section) => watcher.observe(section));
if (matchMedia("(max-width: 61.9rem)").matches) document.querySelector(".contents details").open = false;
