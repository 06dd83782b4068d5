// The chart of chips: what is pointed at is told below it; a row of the table in focus lights its point.
"use strict";

document.addEventListener("drawn", (event) => {
  const figure = event.target;
  const view = event.detail.view;
  const tip = figure.querySelector("[data-tip]");
  if (figure.id !== "chips-chart" || !tip) return;
  tip.hidden = false;
  const chosen = view.signal("chosen");
  const light = (id) => view.signal("chosen", id || chosen).runAsync();
  view.addEventListener("pointermove", (_, item) => {
    if (item?.datum?.says && item.datum.id) tip.textContent = item.datum.says;
  });
  view.addEventListener("click", (_, item) => {
    if (!item?.datum?.id) return;
    document.querySelector(`tr[data-chip="${CSS.escape(item.datum.id)}"] a`)?.click();
  });
  document.querySelectorAll("tr[data-chip]").forEach((row) => {
    row.addEventListener("focusin", () => light(row.dataset.chip));
    row.addEventListener("pointerenter", () => light(row.dataset.chip));
    row.addEventListener("pointerleave", () => light(""));
    row.addEventListener("focusout", () => light(""));
  });
});
