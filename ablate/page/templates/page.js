"use strict";
// Heads of tables become buttons that sort: numbers by what they stand for, not as they are written.
for (const table of document.querySelectorAll("table.sorts")) {
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const value = (row, at) => {
    const cell = row.cells[at];
    const number = cell.dataset.number;
    return number === undefined ? cell.textContent.trim() : Number(number);
  };
  const compare = (a, b) => {
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a === "number" || typeof b === "number") return typeof a === "number" ? -1 : 1;
    return a.localeCompare(b, "en", { numeric: true });
  };
  heads.forEach((head, at) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      for (const each of heads) each.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const rows = [...body.rows];
      const isNumeric = rows.some((row) => typeof value(row, at) === "number");
      rows.sort((one, other) => {
        const [a, b] = [value(one, at), value(other, at)];
        // What has no number stays below, whichever way the others go.
        if (isNumeric && (typeof a !== "number" || typeof b !== "number")) return compare(a, b);
        return up ? compare(a, b) : compare(b, a);
      });
      body.append(...rows);
    });
  });
}
// What is folded away is printed all the same.
addEventListener("beforeprint", () => {
  for (const each of document.querySelectorAll("details")) each.open = true;
});
