// The lanes of the swimmers in the order of a waterfall, so that the two stand side by side.
const waterfalls = [...document.querySelectorAll("figure[id^='figure-waterfall-']")];
const swimmers = [...document.querySelectorAll("figure[id^='figure-swimmer-']")];
const startOf = (bar) => bar.getAttribute("d").slice(1).split(/[ ,hv]/).map(Number);
// The places of a waterfall's patients, from the left; the panels of the arms follow one another.
const placesIn = (figure) => {
  const bars = [...figure.querySelectorAll(".figure-wide .mark-rect path[data-u]")];
  const found = new Map();
  for (const bar of bars) if (!found.has(bar.dataset.u)) found.set(bar.dataset.u, startOf(bar)[0]);
  return found;
};
const nameOf = (figure) => figure.querySelector(".caption-title b").textContent.replace(/\.$/, "");

// Moves every mark of a patient from the lane it was drawn in; who has no place comes last, as drawn.
const arrange = (svg, places) => {
  const lanes = [...svg.querySelectorAll(".mark-rect path[data-u]")].map((bar) => ({ at: bar.dataset.u, y: startOf(bar)[1] }));
  const rank = (lane) => (places && places.has(lane.at) ? places.get(lane.at) : Infinity);
  const wanted = [...lanes].sort((a, b) => (rank(a) === rank(b) ? a.y - b.y : rank(a) - rank(b)));
  const shift = new Map(wanted.map((lane, at) => [lane.at, lanes[at].y - lane.y]));
  for (const node of svg.querySelectorAll("[data-u]")) {
    if (node.dataset.drawn === undefined) node.dataset.drawn = node.getAttribute("transform") || "";
    const down = shift.get(node.dataset.u) || 0;
    const transform = `${down ? `translate(0,${down.toFixed(2)}) ` : ""}${node.dataset.drawn}`.trim();
    if (transform) node.setAttribute("transform", transform);
    else node.removeAttribute("transform");
  }
  const order = new Map(wanted.map((lane, at) => [lane.at, at]));
  const group = groups.find((one) => one[0].closest("svg") === svg && one[0].matches(".who"));
  if (group) group.sort((a, b) => order.get(a.dataset.u) - order.get(b.dataset.u));
};

const choices = [];
const order = (choice) => {
  const figure = waterfalls[Number(choice) - 1];
  const places = figure ? placesIn(figure) : null;
  for (const swimmer of swimmers) for (const svg of swimmer.querySelectorAll("svg")) arrange(svg, places);
  for (const select of choices) select.value = choice;
};
if (waterfalls.length) for (const swimmer of swimmers) {
  const label = element("label", "Order of patients ", "order");
  const select = element("select");
  const words = ["longest treated first", ...waterfalls.map((figure) => `as in ${nameOf(figure)}, worst change first`)];
  words.forEach((text, at) => {
    const option = element("option", text);
    option.value = String(at);
    select.append(option);
  });
  select.addEventListener("change", () => order(select.value));
  label.append(select);
  choices.push(select);
  swimmer.querySelector("figcaption").after(label);
}
