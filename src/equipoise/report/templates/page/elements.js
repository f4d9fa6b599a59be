// What every part of the page uses: its data, and short ways to make elements.
const data = JSON.parse(document.getElementById("definitions").textContent);
const names = data.subjects || [];
const profiles = data.profiles || {};

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
