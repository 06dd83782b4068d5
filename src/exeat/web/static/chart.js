// What the pages with charts share: forms that answer at once, the time slider, and Vega-Lite charts.
// Without this script every page works by its form and its links; the addresses are the same.
"use strict";

const exeatLive = (() => {
  const form = document.querySelector("form[data-live]");
  const part = form && document.getElementById(form.dataset.live);
  if (!form || !part) return null;
  const slider = form.querySelector("[data-slider] input");
  const days = [...form.querySelectorAll(".stops a[data-day]")];
  const on = form.elements.namedItem(form.dataset.liveDay || "on");
  const status = document.createElement("p");
  status.className = "visually-hidden";
  status.setAttribute("role", "status");
  part.before(status);
  let running = null;
  let timer = 0;

  const params = () => {
    const found = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (value !== "" && typeof value === "string") found.append(name, value);
    return found;
  };

  async function show(url, history_) {
    running?.abort();
    const mine = (running = new AbortController());
    part.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(url, { headers: { "x-exeat-part": "1", accept: "text/html" }, cache: "no-store", signal: mine.signal });
      const text = await answer.text();
      if (mine.signal.aborted) return;
      part.innerHTML = text;
      if (history_) history[history_](null, "", url);
      const says = part.querySelector(".time-says, .error");
      status.textContent = says ? says.textContent.trim().replace(/\s+/g, " ") : "";
      if (on && on.value) document.title = document.title.replace(/\d{4}-\d\d-\d\d/, on.value);
      part.dispatchEvent(new CustomEvent("live", { bubbles: true }));
    } catch (error) {
      if (error.name !== "AbortError") location.assign(url);
    } finally {
      if (running === mine) part.removeAttribute("aria-busy");
    }
  }

  const url = () => `${location.pathname}?${params()}`;
  const placed = () => {
    if (!slider || !on) return;
    let found = 0;
    days.forEach((a, number) => { if (a.dataset.day <= on.value) found = number; });
    slider.value = String(found);
    slider.setAttribute("aria-valuetext", days[found] ? `${days[found].dataset.day}: ${days[found].dataset.says}` : on.value);
  };

  // The form says what the address says; what the address leaves out returns to its first value.
  function tell(search) {
    const said = new URLSearchParams(search);
    for (const name of ["place", "sort", "chip"]) {
      let hidden = form.querySelector(`input[type=hidden][name=${name}]`);
      if (!hidden && said.has(name)) {
        hidden = document.createElement("input");
        hidden.type = "hidden";
        hidden.name = name;
        form.append(hidden);
      }
      if (hidden) hidden.value = said.get(name) ?? "";
    }
    for (const field of form.elements) {
      if (!field.name || field.type === "hidden" || field.type === "submit") continue;
      if (field.type === "checkbox") field.checked = said.has(field.name);
      else if (said.has(field.name)) field.value = said.get(field.name);
      else if (field.tagName === "SELECT") field.value = "";
    }
    placed();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    show(url(), "pushState");
  });
  form.addEventListener("change", (event) => {
    if (event.target === slider || !form.checkValidity()) return;
    placed();
    show(url(), "pushState");
  });
  part.addEventListener("click", (event) => {
    const link = event.target.closest("a[href]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
    const target = new URL(link.href.baseVal ?? link.href, location.href);
    if (target.pathname !== location.pathname || target.origin !== location.origin || !target.search) return;
    event.preventDefault();
    tell(target.search);
    show(target.pathname + target.search, "pushState").then(() => {
      const there = target.hash && document.getElementById(target.hash.slice(1));
      if (!there) return;
      there.setAttribute("tabindex", there.getAttribute("tabindex") ?? "-1");
      there.focus({ preventScroll: true });
      there.scrollIntoView({ block: "nearest" });
    });
  });
  form.querySelector(".stops")?.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-day]");
    if (!link || !on) return;
    event.preventDefault();
    on.value = link.dataset.day;
    placed();
    show(url(), "pushState");
  });
  addEventListener("popstate", () => {
    tell(location.search);
    show(location.pathname + location.search, null);
  });

  if (slider && on && days.length > 1) {
    slider.closest("[data-slider]").hidden = false;
    const years = form.querySelector(".slider-years");
    let last = "";
    let lastPlace = 0;
    days.forEach((a, number) => {
      const year = a.dataset.day.slice(0, 4);
      const place = number / (days.length - 1);
      if (year === last || (last && (place - lastPlace) * years.clientWidth < 40)) return;
      [last, lastPlace] = [year, place];
      const mark = document.createElement("span");
      mark.textContent = year;
      mark.style.left = `${100 * place}%`;
      years.append(mark);
    });
    slider.addEventListener("input", () => {
      on.value = days[Number(slider.value)].dataset.day;
      placed();
      clearTimeout(timer);
      timer = setTimeout(() => show(url(), "replaceState"), 60);
    });
    placed();
  }
  return { part, form, show, tell };
})();

// Charts: <figure data-chart> holds the specification as data in a <script type="application/json">.
// The page's policy forbids compiled expressions, so they are interpreted (ast).
const exeatChart = (() => {
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const dark = matchMedia("(prefers-color-scheme: dark)");

  // "var(--name)" in a specification is a color of the style sheet, so that charts follow light and dark.
  function colored(value) {
    if (typeof value === "string") return value.replace(/^var\((--[\w-]+)\)$/, (_, name) => color(name));
    if (Array.isArray(value)) return value.map(colored);
    if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, colored(v)]));
    return value;
  }

  const config = () => ({
    background: null,
    font: getComputedStyle(document.body).fontFamily,
    axis: { labelColor: color("--ink"), titleColor: color("--ink"), gridColor: color("--line"), domainColor: color("--line-strong"), tickColor: color("--line-strong"), labelFontSize: 11, titleFontSize: 12 },
    legend: { labelColor: color("--ink"), titleColor: color("--ink"), labelFontSize: 11, titleFontSize: 11 },
    title: { color: color("--ink") },
    text: { color: color("--ink") },
    view: { stroke: color("--line") },
  });

  async function draw(figure) {
    const data = figure.querySelector("script[type='application/json']");
    const room = figure.querySelector(".chart-room");
    if (!data || !room || typeof vegaEmbed === "undefined") return null;
    figure.exeatView?.finalize();
    room.hidden = false;
    const spec = colored(JSON.parse(data.textContent));
    const wide = spec.usermeta?.wideOnly ?? [];
    if (room.clientWidth < 640 && spec.layer) spec.layer = spec.layer.filter((layer) => !wide.includes(layer.name));
    const told = await vegaEmbed(room, spec, { ast: true, actions: false, defaultStyle: false, tooltip: false, renderer: "canvas", config: config() });
    room.querySelector("canvas, svg")?.setAttribute("aria-hidden", "true");
    figure.exeatView = told.view;
    figure.dispatchEvent(new CustomEvent("drawn", { bubbles: true, detail: { view: told.view } }));
    return told.view;
  }

  const all = () => document.querySelectorAll("figure[data-chart]").forEach((figure) => draw(figure));
  addEventListener("DOMContentLoaded", all); // after every deferred script
  document.addEventListener("live", all);
  dark.addEventListener("change", all);
  return { draw, color };
})();
