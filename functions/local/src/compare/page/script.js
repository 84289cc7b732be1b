"use strict";
(() => {
  const search = document.getElementById("search");
  const verdict = document.getElementById("verdict");
  const shown = document.getElementById("shown");
  const all = document.getElementById("all");
  if (!search) return;
  const keys = [...document.querySelectorAll(".key")];
  const texts = keys.map((key) => key.textContent.toLowerCase());

  const filter = () => {
    const word = search.value.trim().toLowerCase();
    let count = 0;
    keys.forEach((key, n) => {
      const fits = texts[n].includes(word) && (!verdict.value || key.dataset.verdict === verdict.value);
      key.hidden = !fits;
      count += fits;
    });
    shown.textContent = `${count} of ${keys.length} keys`;
  };
  const open = (how) => keys.forEach((key) => { key.open = how; });

  search.addEventListener("input", filter);
  verdict.addEventListener("input", filter);
  search.form.addEventListener("submit", (event) => event.preventDefault());
  all.addEventListener("click", () => {
    const how = keys.some((key) => !key.open);
    open(how);
    all.textContent = how ? "Close all" : "Open all";
  });
  // Where nothing differs, the bar and its numbers say all there is.
  const saysLittle = ["as-before", "no-value", "not-exported"];
  window.addEventListener("beforeprint", () => keys.forEach((key) => {
    key.open = key.open || !saysLittle.includes(key.dataset.verdict);
  }));
  filter();
})();
