// Improves the Ask page; it works without. Nothing is sent anywhere but to this site.
"use strict";

(() => {
  const one = (selector, within = document) => within.querySelector(selector);

  // The item box: names that fit what is typed, from /v1/items, with what they are.
  const box = one("#item"), names = one("#items");
  if (box && names && box.dataset.items) {
    const all = [...names.children].map((option) => option.cloneNode(true));
    let waiting = 0, asked = "";
    const look = async () => {
      const words = box.value.trim();
      if (words === asked) return;
      asked = words;
      if (words.length < 2) { names.replaceChildren(...all); return; }
      try {
        const answer = await fetch(`${box.dataset.items}?${new URLSearchParams({ query: words, limit: "12" })}`);
        if (!answer.ok || asked !== words) return;
        const found = await answer.json();
        const options = found.items.map((item) => {
          const option = document.createElement("option");
          option.value = item.name;
          const told = [item.eccn, typeof item.tpp === "object" ? "" : `TPP ${item.tpp}`].filter(Boolean).join(", ");
          if (told) option.label = `${item.name} (${told})`;
          return option;
        });
        if (options.length) names.replaceChildren(...options);
      } catch { /* the whole list stays */ }
    };
    box.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 120); });
  }

  // Another party without a round to the server: the last row, emptied and numbered.
  const adding = one("#add-party");
  if (adding) {
    adding.addEventListener("click", (event) => {
      const rows = document.querySelectorAll("fieldset.party");
      const last = rows[rows.length - 1];
      if (!last || rows.length >= 20) return;
      event.preventDefault();
      const number = rows.length + 1, row = last.cloneNode(true);
      one("legend", row).textContent = `Party ${number}`;
      for (const field of row.querySelectorAll("input, select")) {
        field.name = field.name.replace(/^p\d+_/, `p${number}_`);
        field.id = field.id.replace(/^p\d+_/, `p${number}_`);
        if (field.tagName === "INPUT") { field.value = ""; field.removeAttribute("placeholder"); }
      }
      for (const label of row.querySelectorAll("label")) label.htmlFor = label.htmlFor.replace(/^p\d+_/, `p${number}_`);
      last.after(row);
      one("input", row).focus();
    });
  }

  // The question of a fact, as soon as it is named; and another empty row after the last.
  const facts = new Map([...document.querySelectorAll("#facts option")].map((o) => [o.value, o.dataset]));
  const heard = (row) => {
    const [name, value] = row.querySelectorAll("input"), asks = one(".asks", row);
    name.addEventListener("input", () => {
      const known = facts.get(name.value.trim());
      asks.textContent = known ? known.question + (known.values ? ` (${known.values})` : "") : "";
    });
    value.addEventListener("input", () => {
      const rows = document.querySelectorAll(".fact-row");
      if (!value.value || row !== rows[rows.length - 1]) return;
      const next = row.cloneNode(true), number = rows.length + 1;
      const inputs = next.querySelectorAll("input"), labels = next.querySelectorAll("label");
      ["fact", "value"].forEach((kind, place) => {
        inputs[place].id = labels[place].htmlFor = `${kind}${number}`;
        inputs[place].value = "";
        inputs[place].removeAttribute("autofocus");
      });
      const told = one(".asks", next);
      told.id = `fact${number}-asks`;
      told.textContent = "";
      inputs[0].setAttribute("aria-describedby", told.id);
      row.after(next);
      heard(next);
    });
  };
  document.querySelectorAll(".fact-row").forEach(heard);

  // Boxes left empty state nothing: keep them out of the address.
  for (const form of document.querySelectorAll('form[method="get"]')) {
    form.addEventListener("submit", () => {
      for (const field of form.elements) {
        if (field.name && !field.value && field.name !== "value" && field.name !== "fact") field.disabled = true;
      }
      setTimeout(() => { for (const field of form.elements) field.disabled = false; }, 0);
    });
  }

  // On a narrow screen the answer comes first; the form folds away above it.
  const fold = one("#fold"), narrow = window.matchMedia("(max-width: 61.99rem)");
  if (fold) {
    fold.open = !narrow.matches;
    narrow.addEventListener("change", () => { fold.open = !narrow.matches; });
  }

  // After an answer the keyboard goes on from it.
  const answer = one("#answer");
  if (answer && location.hash === "#answer") answer.focus({ preventScroll: false });

  const copy = one("#copy-address");
  if (copy && navigator.clipboard) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      await navigator.clipboard.writeText(location.href.split("#")[0]);
      one("#copied").textContent = "copied";
    });
  }
  const print = one("#print");
  if (print) { print.hidden = false; print.addEventListener("click", () => window.print()); }
})();
