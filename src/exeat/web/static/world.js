// The map by keyboard: one stop of the tab key for each map, arrow keys go to the nearest place that way.
"use strict";

(() => {
  const AHEAD = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  const middle = (link) => {
    const box = link.getBBox();
    return [box.x + box.width / 2, box.y + box.height / 2];
  };

  function nearest(from, links, [aheadX, aheadY]) {
    const [x, y] = middle(from);
    let best = null;
    let least = Infinity;
    for (const link of links) {
      if (link === from) continue;
      const [toX, toY] = middle(link);
      const along = (toX - x) * aheadX + (toY - y) * aheadY;
      const aside = Math.abs((toX - x) * aheadY) + Math.abs((toY - y) * aheadX);
      const cost = along + 2.5 * aside;
      if (along > 0.5 && cost < least) [best, least] = [link, cost];
    }
    return best;
  }

  function start() {
    document.querySelectorAll("svg.world").forEach((map) => {
      const links = [...map.querySelectorAll("a")];
      const tip = document.createElement("p");
      tip.className = "map-tip";
      tip.textContent = "Point at a place, or reach the map with the tab key and move with the arrow keys.";
      map.after(tip);
      const first = links.find((a) => a.classList.contains("chosen")) ?? links.find((a) => a.dataset.code === "US");
      first?.setAttribute("tabindex", "0");
      const tell = (link) => { tip.textContent = link.querySelector("title").textContent; };
      map.addEventListener("pointerover", (event) => {
        const link = event.target.closest("a");
        if (link) tell(link);
      });
      map.addEventListener("focusin", (event) => {
        const link = event.target.closest("a");
        if (link) tell(link);
      });
      map.addEventListener("keydown", (event) => {
        const link = event.target.closest("a");
        if (!link || !AHEAD[event.key]) return;
        event.preventDefault();
        const next = nearest(link, links, AHEAD[event.key]);
        if (!next) return;
        link.setAttribute("tabindex", "-1");
        next.setAttribute("tabindex", "0");
        next.focus();
      });
    });
  }

  start();
  document.addEventListener("live", start);
})();
