// A patient's profile: who it is, a timeline, the lesions with the rule that fired, and the events.
const colours = { CR: "cr", PR: "pr", SD: "sd", "NON-CR/NON-PD": "sd", PD: "pd" };
const dayWords = (day) => (day === null || day === undefined ? "" : `day ${day}`);
const readerName = (id) => (data.evaluators.find(([reader]) => reader === id) || [id, id])[1];
const period = (from, to) => (to === null || to === from ? dayWords(from) : `days ${from ?? "?"} to ${to}`);

// Lanes of the timeline: a name, and marks that are bars, boxes with a response, or points.
const lanesOf = (profile) => {
  const lanes = new Map();
  const add = (name, mark) => lanes.set(name, [...(lanes.get(name) || []), mark]);
  for (const [drug, from, to, dose, unit, cycle, note] of profile.doses || []) {
    const words = [cycle, dose === null ? "" : `${dose} ${unit || ""}`, note].filter(Boolean).join(", ");
    add(drug, { from, to: (to ?? from) + 1, kind: note ? "dose less" : "dose", words });
  }
  const treated = ["First dose", "Last dose"].map((name) => (profile.ends || []).find((end) => end[1] === name));
  if (!(profile.doses || []).length && treated[0] && treated[1]) {
    add("Treatment", { from: treated[0][0], to: treated[1][0] + 1, kind: "dose", words: "first to last dose" });
  }
  for (const [reader, day, visit, response, note] of profile.reads || []) {
    const words = [visit, response, note].filter(Boolean).join(": ");
    add(readerName(reader), { from: day, kind: `read ${colours[response] || "none"}`, text: response, words });
  }
  const events = [...(profile.events || [])].sort((a, b) => (a[1] ?? 0) - (b[1] ?? 0));
  for (const [term, from, to, grade, note] of events) {
    const kind = Number(grade) >= 3 || grade === "Severe" ? "event severe" : "event";
    add(term, { from, to: to ?? "on", kind, words: [`grade ${grade}`, note].filter(Boolean).join(", ") });
  }
  return lanes;
};

const timeline = (profile, name) => {
  const lanes = lanesOf(profile);
  const ends = (profile.ends || []).filter(([day]) => day !== null);
  const days = [...lanes.values()].flat().flatMap((mark) => [mark.from, mark.to]).concat(ends.map(([day]) => day));
  const known = days.filter((day) => typeof day === "number");
  const last = Math.max(1, ...known), first = Math.min(0, ...known);
  const left = 170, width = 720, row = 17, top = 34;
  const bottom = top + row * lanes.size;
  const x = (day) => left + ((day - first) / (last - first)) * (width - left - 14);
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${bottom + 24}`, class: "timeline", role: "img", "aria-label": `Timeline of ${name}; the tables below say the same in words` });
  const months = (last - first) / data.month;
  const step = [1, 2, 3, 6, 12, 24].find((size) => months / size <= 14) || 48;
  for (let month = Math.ceil(first / data.month / step) * step; month * data.month <= last; month += step) {
    const at = x(month * data.month);
    svg.append(drawn("line", { x1: at, x2: at, y1: top - 6, y2: bottom, class: "grid" }));
    svg.append(drawn("text", { x: at, y: bottom + 14, class: "tick" }, month));
  }
  svg.append(drawn("text", { x: 0, y: bottom + 14, class: "lane" }, "Months since first dose"));
  let used = -100;
  for (const [day, label] of [...ends].sort((a, b) => a[0] - b[0])) {
    if (!["Death", "New anticancer therapy", "Last dose"].includes(label)) continue;
    const at = x(day);
    svg.append(drawn("line", { x1: at, x2: at, y1: top - 8, y2: bottom, class: label === "Death" ? "end death" : "end" }));
    svg.append(drawn("text", { x: Math.min(at, width - 60), y: at - used < 130 ? 11 : 23, class: "ending" }, label));
    used = at;
  }
  [...lanes].forEach(([lane, marks], index) => {
    const y = top + row * index;
    svg.append(drawn("text", { x: 0, y: y + 12, class: "lane" }, lane.length > 27 ? `${lane.slice(0, 26)}…` : lane));
    for (const mark of marks) {
      if (mark.from === null) continue;
      const at = x(mark.from);
      const group = drawn("g", { class: mark.kind });
      if (mark.text !== undefined) {
        group.append(drawn("rect", { x: at - 9, y: y + 1, width: 18, height: 14, rx: 2 }));
        group.append(drawn("text", { x: at, y: y + 12 }, (mark.text || "–").slice(0, 2)));
      } else {
        const to = mark.to === "on" ? last : mark.to;
        group.append(drawn("rect", { x: at, y: y + 3, width: Math.max(2.5, x(to) - at), height: 10, rx: 1 }));
      }
      group.append(drawn("title", {}, `${lane}, ${period(mark.from, mark.to === "on" ? null : mark.to ?? null)}: ${mark.words}`));
      svg.append(group);
    }
  });
  const box = element("div", undefined, "scroll");
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", "Timeline");
  box.append(svg);
  return box;
};

// One table per reader: a row per visit, a column per target, the sum and its change, a column per
// other lesion with its state, response and rule.
const lesionTables = (profile) => data.evaluators.flatMap(([reader]) => {
  const own = (list) => (profile[list] || []).filter((row) => row[0] === reader);
  const reads = own("reads"), sizes = own("sizes"), sums = own("sums");
  if (!reads.length && !sums.length) return [];
  const lesions = [...new Set(sizes.filter((row) => !row[4]).map((row) => row[2]))].sort();
  const others = new Map(sizes.filter((row) => row[4]).map((row) => [row[2], row[4]]));
  const days = [...new Set([...reads, ...sizes, ...sums].map((row) => row[1]))].sort((a, b) => a - b);
  const rows = days.map((day) => {
    const read = reads.find((row) => row[1] === day);
    const sum = sums.find((row) => row[1] === day);
    const size = (lesion) => sizes.find((row) => row[1] === day && row[2] === lesion);
    const measured = [
      ...lesions.map((lesion) => (size(lesion) ? size(lesion)[3] : "–")),
      sum ? `${sum[2]}${sum[4] ? ` (${sum[4]})` : ""}` : "–",
      sum ? sum[3] : "",
    ];
    const states = [...others.keys()].map((lesion) => (size(lesion) ? size(lesion)[3] : "–"));
    const why = reads.some((one) => one[4]) ? [read ? read[4] : ""] : [];
    const visit = read ? read[2] || dayWords(day) : "Baseline";
    return [visit, day, ...(sums.length ? measured : []), ...states, read ? read[3] : "", ...why];
  });
  const sizesHead = [...lesions.map((lesion) => `${lesion}, mm`), "Sum, mm", "Change"];
  const whyHead = reads.some((one) => one[4]) ? ["Rule and reason"] : [];
  const statesHead = [...others].map(([lesion, what]) => `${lesion}, ${what}`);
  const head = ["Visit", "Day", ...(sums.length ? sizesHead : []), ...statesHead, "Response", ...whyHead];
  const what = sums.length || others.size ? "Lesions and responses" : "Responses";
  const table = gridOf(`${what}: ${readerName(reader)}`, head, rows);
  table.classList.add("lesions");
  return [table];
});

const profileNodes = (at) => {
  const profile = profiles[at];
  if (!profile) return [element("p", "This patient was not enrolled; there is no course to show.")];
  const facts = element("dl", undefined, "facts-inline");
  const fact = (name, value) => {
    const box = element("div");
    pair(box, name, value);
    facts.append(box);
  };
  fact("Arm", profile.arm);
  for (const [name, value] of profile.facts || []) fact(name, value);
  for (const [day, name, note] of profile.ends || []) fact(name, [dayWords(day), note].filter(Boolean).join(", ") || "recorded");
  const made = [element("p", profile.sum, "panel-what"), facts, element("h3", "Timeline"), timeline(profile, names[at])];
  made.push(element("h3", "Assessments"), ...lesionTables(profile));
  const events = (profile.events || []).map(([term, from, to, grade, note]) => [term, grade, period(from, to), note]);
  made.push(element("h3", "Adverse events"));
  made.push(events.length ? gridOf("Treatment-emergent adverse events", ["Event", "Grade", "Days", "Notes"], events) : element("p", "None recorded."));
  const labs = (profile.labs || []).map(([term, day, grade, value]) => [term, grade, dayWords(day), value]);
  if (labs.length) made.push(gridOf("Laboratory results of grade 3 or more after the first dose", ["Term", "Grade", "Day", "Result"], labs));
  const doses = (profile.doses || []).map(([drug, from, to, dose, unit, cycle, note]) => [drug, cycle, period(from, to), dose === null ? "" : `${dose} ${unit || ""}`, note]);
  if (doses.length) {
    const fold = element("details");
    fold.append(element("summary", `Doses: ${doses.length} cycles`), gridOf("Doses by cycle", ["Drug", "Cycle", "Days", "Dose", "Notes"], doses));
    made.push(fold);
  }
  return made;
};
