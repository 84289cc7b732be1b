"use strict";
(() => {
  // What is made of each value of the alert, by the id of its element.
  const rows = new Map();
  for (const row of document.querySelectorAll("tr[data-from]")) {
    for (const id of row.dataset.from.split(" ")) {
      rows.set(id, [...(rows.get(id) || []), row]);
    }
  }

  const clear = () => document.querySelectorAll(".lit").forEach((it) => it.classList.remove("lit"));
  const light = (element) => {
    const row = element.closest("tr[data-key]");
    const value = element.closest("li[data-used]");
    if (!row && !value) return;
    clear();
    // A key that is made of no value of the alert is marked alone.
    const others = row
      ? (row.dataset.from || "").split(" ").map((id) => document.getElementById(id)).filter(Boolean)
      : rows.get(value.id) || [];
    [row || value, ...others].forEach((it) => it.classList.add("lit"));
    show(others.find((it) => it.offsetHeight > 0));
  };
  // The sides scroll by themselves where they stand side by side: what is marked is to be seen.
  const show = (element) => {
    const side = element?.closest(".side");
    if (!side || side.scrollHeight <= side.clientHeight) return;
    const box = (element.querySelector(".line") || element).getBoundingClientRect();
    const within = side.getBoundingClientRect();
    const top = Math.max(within.top, 0), bottom = Math.min(within.bottom, innerHeight);
    if (box.top < top || box.bottom > bottom) side.scrollTop += box.top - top - (bottom - top) / 3;
  };
  for (const type of ["pointerover", "focusin"]) {
    document.addEventListener(type, (event) => light(event.target));
  }
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") clear(); });

  // What a link points at may lie in a record that is closed.
  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let it = target; it; it = it.parentElement) if (it.tagName === "DETAILS") it.open = true;
    if (target) { target.scrollIntoView({ block: "center" }); light(target); }
  };
  window.addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  const file = document.getElementById("file");
  const text = document.getElementById("text");
  const said = document.getElementById("said");
  if (file && text) {
    file.addEventListener("change", async () => {
      const chosen = file.files[0];
      if (!chosen) return;
      if (chosen.size > Number(file.dataset.most)) {
        said.textContent = "The file is too large for this page: see the limit beside it.";
        return;
      }
      text.value = await chosen.text();
      said.textContent = `${chosen.name} is in the field; press Show.`;
    });
  }
})();
