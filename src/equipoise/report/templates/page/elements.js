// What every part of the page uses: its data, and short ways to make elements.
const data = JSON.parse(document.getElementById("definitions").textContent);
const names = data.subjects || [];
const profiles = data.profiles || {};
// Repeated words stand once in the file; compact.py says how. Here they return to their places.
for (const result of Object.values(data.results)) {
  for (const field of "aswluec") if (typeof result[field] === "number") result[field] = data.words[result[field]];
}
const spelt = (value) => (Array.isArray(value) ? data.words[value[0]] : value);
for (const profile of Object.values(profiles)) {
  for (const [name, rows] of Object.entries(profile)) if (Array.isArray(rows)) profile[name] = rows.map((row) => row.map(spelt));
}
// The places of a row set's patients: a list, or bits in base 64.
const membersOf = (rows) => {
  if (typeof rows.k !== "string") return rows.k;
  return [...atob(rows.k)].flatMap((byte, at) => [0, 1, 2, 3, 4, 5, 6, 7].filter((bit) => byte.charCodeAt(0) >> bit & 1).map((bit) => 8 * at + bit));
};

const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  if (className) made.className = className;
  return made;
};
const drawn = (name, attributes, text) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
};
const pair = (list, name, text) => {
  if (text === undefined || text === null || text === "") return;
  list.append(element("dt", name), element("dd", String(text)));
};
// A table with a head row; the first cell of each row is its heading.
const gridOf = (caption, head, rows) => {
  const box = element("div", undefined, "scroll");
  box.tabIndex = 0;
  box.setAttribute("role", "region");
  box.setAttribute("aria-label", caption);
  const table = element("table");
  const first = element("tr");
  for (const word of head) {
    const cell = element("th", word);
    cell.scope = "col";
    first.append(cell);
  }
  const top = element("thead");
  top.append(first);
  const rest = element("tbody");
  for (const row of rows) {
    const line = element("tr");
    row.forEach((word, at) => {
      const cell = element(at ? "td" : "th", word === null || word === undefined ? "" : String(word));
      if (!at) cell.scope = "row";
      line.append(cell);
    });
    rest.append(line);
  }
  table.append(element("caption", caption), top, rest);
  box.append(table);
  return box;
};
