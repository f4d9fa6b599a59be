// The panel: what a number is, who is behind it, and a patient's profile one step further.
const panel = document.getElementById("panel");
const panelTitle = document.getElementById("panel-title");
const panelBody = document.getElementById("panel-body");
const panelBack = document.getElementById("panel-back");
let origin = null;
const trail = [];

const fill = (view) => {
  panelTitle.textContent = view.title;
  panelBody.replaceChildren(...view.nodes());
  panel.classList.toggle("wide", Boolean(view.wide));
  panelBack.hidden = trail.length < 2;
  if (!panel.open) panel.showModal();
  panel.scrollTop = 0;
};
const openView = (view, from) => {
  if (!panel.open) {
    trail.length = 0;
    origin = from;
  }
  trail.push(view);
  fill(view);
};

const shown = (id) => {
  const found = data.results[id];
  return found ? `${found.d} (${found.s.toLowerCase()}${found.w ? ", " + found.w : ""})` : undefined;
};

const patientButton = (at) => {
  const button = element("button", names[at], "patient");
  button.type = "button";
  button.dataset.patient = at;
  return button;
};
// The patients of a row set; without patient-level data how many they are.
const patientsOf = (result, role, open) => {
  const rows = data.rowsets[result.rs];
  const box = element("details", undefined, "behind");
  box.dataset.role = role;
  box.dataset.count = rows ? rows.n : 0;
  if (!rows) return box;
  const what = `${rows.n} ${rows.n === 1 ? "patient" : "patients"}`;
  const records = result.k === rows.n ? "" : `, ${result.k} records`;
  box.append(element("summary", `${role}: ${what}${records}`), element("p", `${rows.d}: ${rows.p}`, "panel-what"));
  if (!rows.k) return box;
  const list = element("ul", undefined, "patients");
  for (const at of membersOf(rows)) {
    const item = element("li");
    item.append(patientButton(at));
    list.append(item);
  }
  box.append(list);
  box.open = Boolean(open);
  return box;
};
const setsOf = (result) => {
  const numerator = data.results[result.nu], denominator = data.results[result.de];
  if (!numerator || !denominator) return [patientsOf(result, "Behind it", result.k <= 12)];
  return [patientsOf(numerator, "Numerator", numerator.k <= 12), patientsOf(denominator, "Denominator")];
};

const numberNodes = (id) => {
  const result = data.results[id];
  const analysis = data.analyses[result.a] || {};
  const list = element("dl");
  pair(list, "Analysis", analysis.label);
  pair(list, "Whom", [result.w, analysis.population].filter(Boolean).join(" · "));
  pair(list, "Level", result.l);
  pair(list, "Time", result.t === undefined ? "" : `${result.t} months`);
  pair(list, "Not rounded", result.v === undefined ? "" : `${result.v} ${result.u || ""}`);
  pair(list, "Why no number", result.x);
  pair(list, "Note", result.m);
  pair(list, "Limit of", shown(result.ci));
  pair(list, "Numerator", shown(result.nu));
  pair(list, "Denominator", shown(result.de));
  pair(list, "Estimand", analysis.estimand);
  pair(list, "Read by", result.e);
  pair(list, "Censoring rules", result.r);
  pair(list, "Method", [analysis.method, ...(analysis.args || [])].join("; "));
  pair(list, "Convention", result.c);
  pair(list, "Data", analysis.dataset && `${analysis.dataset}${analysis.where ? ": " + analysis.where : ""}`);
  pair(list, "In the protocol", analysis.protocol);
  pair(list, "Computed by", analysis.code);
  pair(list, "Result", id);
  return [element("p", result.d, "panel-number"), element("p", result.s, "panel-what"), ...setsOf(result), list];
};
const openNumber = (id, from) => {
  if (data.results[id]) openView({ title: "What this number is", nodes: () => numberNodes(id) }, from);
};
const openProfile = (at, from) => {
  choose(at);
  openView({ title: names[at], nodes: () => profileNodes(at), wide: true }, from);
};

panelBack.addEventListener("click", () => {
  trail.pop();
  fill(trail[trail.length - 1]);
  panelTitle.focus();
});
document.getElementById("panel-close").addEventListener("click", () => panel.close());
panel.addEventListener("close", () => origin && origin.focus());
