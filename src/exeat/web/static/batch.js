// Improves the Batch page; it works without.
"use strict";

(() => {
  const one = (selector) => document.querySelector(selector);

  // A file dropped on the card is the file chosen.
  const drop = one("#drop"), input = one("#table");
  if (drop && input) {
    one("#drop-hint").hidden = false;
    const over = (on) => (event) => { event.preventDefault(); drop.classList.toggle("over", on); };
    drop.addEventListener("dragover", over(true));
    drop.addEventListener("dragleave", over(false));
    drop.addEventListener("drop", (event) => {
      over(false)(event);
      if (event.dataTransfer.files.length) input.files = event.dataTransfer.files;
    });
    drop.addEventListener("submit", () => { one("#sending").textContent = "sending, and reading the columns …"; });
  }

  // Progress: asked for until the table is done; then the page is loaded anew, with its summary.
  const watch = one("#watch");
  if (watch) {
    const bar = one("#bar"), word = one("#state-word"), what = one("#state-what");
    let wait = 300;
    const look = async () => {
      try {
        const answer = await fetch(watch.dataset.batch, { headers: { accept: "application/json" } });
        if (answer.ok) {
          const batch = await answer.json();
          if (batch.state !== "waiting" && batch.state !== "running") { location.reload(); return; }
          if (word.textContent !== batch.state) word.textContent = batch.state;
          const progress = batch.progress;
          if (progress && what.textContent !== progress.what) what.textContent = progress.what;
          if (progress && progress.done) { bar.max = progress.of; bar.value = progress.done; } else bar.removeAttribute("value");
        } else if (answer.status === 404) { location.reload(); return; }
      } catch { /* asked again */ }
      wait = Math.min(wait * 1.3, 3000);
      setTimeout(look, wait);
    };
    setTimeout(look, wait);
  }
})();
