"use strict";
(() => {
  const data = JSON.parse(document.getElementById("definitions").textContent);
  const panel = document.getElementById("panel");
  const body = document.getElementById("panel-body");
  let origin = null;

  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const pair = (list, name, text) => {
    if (text === undefined || text === null || text === "") return;
    list.append(element("dt", name), element("dd", String(text)));
  };
  const shown = (id) => {
    const found = data.results[id];
    return found ? `${found.d} (${found.s.toLowerCase()}${found.w ? ", " + found.w : ""})` : undefined;
  };

  const patients = (result) => {
    const rows = data.rowsets[result.rs];
    const box = element("details");
    if (!rows) return box;
    const count = rows.k.length;
    const what = `${count} ${count === 1 ? "patient" : "patients"}`;
    const records = result.k === count ? "" : `, ${result.k} records`;
    box.append(element("summary", `Behind it: ${what}${records}`));
    box.append(element("p", `${rows.d}: ${rows.p}`, "panel-what"));
    const list = element("ul", undefined, "patients");
    for (const at of rows.k) list.append(element("li", data.subjects[at]));
    box.append(list);
    return box;
  };

  const open = (id, from) => {
    const result = data.results[id];
    if (!result) return;
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
    body.replaceChildren(
      element("p", result.d, "panel-number"),
      element("p", result.s, "panel-what"),
      list,
      patients(result),
    );
    origin = from;
    if (!panel.open) panel.showModal();
    panel.scrollTop = 0;
  };

  const numberOf = (event) => event.target.closest("[data-result-id], [data-rounded-from]");
  const idOf = (node) => node.dataset.resultId || node.dataset.roundedFrom;
  document.addEventListener("click", (event) => {
    const found = numberOf(event);
    if (found) open(idOf(found), found);
    else if (event.target === panel) panel.close();
  });

  // One stop of the tab key per table or figure; arrows move between its numbers.
  const groups = [...document.querySelectorAll("table, svg")].map((group) => [...group.querySelectorAll(".n")]);
  for (const numbers of groups) numbers.slice(1).forEach((node) => node.setAttribute("tabindex", "-1"));
  const move = (node, step) => {
    const numbers = groups.find((group) => group.includes(node));
    const next = numbers && numbers[numbers.indexOf(node) + step];
    if (!next) return;
    node.setAttribute("tabindex", "-1");
    next.setAttribute("tabindex", "0");
    next.focus();
  };
  document.addEventListener("keydown", (event) => {
    const found = numberOf(event);
    if (!found) return;
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    if (event.key === "Enter" || event.key === " ") open(idOf(found), found);
    else if (event.key in steps) move(found, steps[event.key]);
    else return;
    event.preventDefault();
  });
  document.getElementById("panel-close").addEventListener("click", () => panel.close());
  panel.addEventListener("close", () => origin && origin.focus());

  const links = new Map([...document.querySelectorAll(".contents a")].map((a) => [a.hash.slice(1), a]));
  const mark = (id) => links.forEach((link, name) => {
    if (name === id) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
  const watcher = new IntersectionObserver((entries) => {
    const seen = entries.filter((entry) => entry.isIntersecting);
    if (seen.length) mark(seen[0].target.id);
  }, { rootMargin: "-20% 0px -70% 0px" });
  document.querySelectorAll("main > section").forEach((section) => watcher.observe(section));
  if (matchMedia("(max-width: 61.9rem)").matches) document.querySelector(".contents details").open = false;
})();
