// The omnibox: answers below the field while one types; arrows, Enter, Esc. Without this the field is a plain form.
(() => {
  "use strict";
  const input = document.querySelector("[data-find]");
  const list = document.getElementById("find-answers");
  if (!input || !list) return;
  const options = () => [...list.querySelectorAll("[role=option]:not([aria-disabled=true])")];
  const current = () => list.querySelector("[role=option][aria-selected=true]");
  const MINIMUM = 3;
  let wait = 0;
  let asking = null;

  const fold = () => {
    clearTimeout(wait);
    asking?.abort();
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (next) => {
    options().forEach((option) => option.setAttribute("aria-selected", String(option === next)));
    input.setAttribute("aria-activedescendant", next.id);
    next.scrollIntoView({ block: "nearest" });
  };
  const ask = async () => {
    asking?.abort();
    asking = new AbortController();
    const query = new URLSearchParams({ q: input.value.trim() });
    try {
      const answer = await fetch(`${input.form.action}?${query}`, { headers: { "HX-Request": "true" }, signal: asking.signal });
      if (!answer.ok || document.activeElement !== input) { fold(); return; }
      list.innerHTML = await answer.text();
      list.hidden = false;
      input.removeAttribute("aria-activedescendant");
      input.setAttribute("aria-expanded", "true");
    } catch (error) {
      if (error.name !== "AbortError") fold();
    }
  };

  input.addEventListener("input", () => {
    clearTimeout(wait);
    if (input.value.trim().length < MINIMUM) fold(); else wait = setTimeout(ask, 200);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const open = options();
    if ((event.key === "ArrowDown" || event.key === "ArrowUp") && open.length) {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      const at = open.indexOf(current());
      mark(open.at(at < 0 && step < 0 ? -1 : (at + step) % open.length));
    } else if (event.key === "Enter" && current()) {
      event.preventDefault();
      current().querySelector("a").click();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      input.value = input.defaultValue;
      fold();
      input.blur();
    }
  });
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the field keeps the focus, the link its click
  input.addEventListener("blur", fold);
})();
