// What the console's pages do beyond links and forms. Everything works without it, only slower.
(() => {
  "use strict";
  const live = () => document.getElementById("console-live");
  const say = (text) => { if (live()) live().textContent = text; };
  const inField = (target) => target.closest("input, textarea, select, [contenteditable=true]");

  // Theme: light, dark, or as the system says.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-switch]");
    if (!button) return;
    const isDark = document.documentElement.classList.contains("dark");
    localStorage.setItem("console-theme", isDark ? "light" : "dark");
    window.dispatchEvent(new Event("console:theme"));
  });

  // Copy an id.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    event.preventDefault();
    await navigator.clipboard.writeText(button.dataset.copy);
    button.classList.add("is-done");
    say(button.textContent.trim());
    setTimeout(() => button.classList.remove("is-done"), 1200);
  });

  // Menu on narrow screens, and dialogs.
  const closeSidebar = () => {
    document.body.classList.remove("has-sidebar");
    document.querySelector("[data-toggle=sidebar]")?.setAttribute("aria-expanded", "false");
  };
  document.addEventListener("click", (event) => {
    const toggle = event.target.closest("[data-toggle=sidebar]");
    if (toggle) {
      const isOpen = document.body.classList.toggle("has-sidebar");
      toggle.setAttribute("aria-expanded", String(isOpen));
      if (isOpen) document.querySelector("#sidebar a")?.focus();
    } else if (!event.target.closest("#sidebar")) closeSidebar();
    const opener = event.target.closest("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  });

  // A form is sent once; the server would refuse the second one anyway.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-once]")) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    form.setAttribute("aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    document.querySelectorAll("[data-sent]").forEach((form) => {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    });
  });

  // Filters apply themselves; ticking the head ticks the page.
  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
    if (event.target.matches("[data-check-all]")) {
      const boxes = event.target.form.querySelectorAll("input[name=id]");
      boxes.forEach((box) => { box.checked = event.target.checked; });
    }
  });

  // Keys: / find, g + letter go, ? help, Esc cancel, and the page's own letters.
  let isGoing = 0;
  const go = (key) => document.querySelector(`[data-go="${CSS.escape(key)}"]`);
  const own = (key) => document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  const cancel = () => {
    const open = document.querySelector("dialog[open], details.c-menu[open]");
    if (open) { open.tagName === "DIALOG" ? open.close() : open.removeAttribute("open"); return; }
    if (document.body.classList.contains("has-sidebar")) { closeSidebar(); return; }
    document.querySelector("[data-cancel]")?.click();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") {
      const field = inField(event.target);
      if (field) field.blur(); else cancel();
      return;
    }
    if (inField(event.target) || document.querySelector("dialog[open]")) return;
    if (isGoing && Date.now() - isGoing < 1500) {
      isGoing = 0;
      const link = go(event.key);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    if (event.key === "/") {
      const find = document.querySelector("[data-find]");
      if (find) { event.preventDefault(); find.focus(); find.select(); }
    } else if (event.key === "?") document.getElementById("keys")?.showModal();
    else if (event.key === "g") isGoing = Date.now();
    else {
      const target = own(event.key);
      if (target) {
        event.preventDefault();
        if (target.matches("input")) { target.focus(); target.select(); } else target.click();
      }
    }
  });

  // A field that names another object: suggestions below it, by arrow keys, Enter and mouse.
  let wait = 0;
  const listOf = (input) => {
    let list = document.getElementById(`${input.id}-list`);
    if (!list) {
      list = document.createElement("ul");
      list.id = `${input.id}-list`;
      list.className = "c-suggestions";
      list.role = "listbox";
      list.ariaLabel = input.labels[0]?.textContent.trim() ?? "";
      input.after(list);
      input.setAttribute("aria-controls", list.id);
    }
    return list;
  };
  const fold = (input) => {
    listOf(input).replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const choose = (input, option) => {
    input.value = option.dataset.value;
    fold(input);
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  document.addEventListener("input", (event) => {
    const input = event.target;
    if (!input.matches("[data-suggest]")) return;
    clearTimeout(wait);
    wait = setTimeout(async () => {
      if (input.value.trim().length < 3) { fold(input); return; }
      const query = new URLSearchParams({ q: input.value });
      const answer = await fetch(`${input.dataset.suggest}?${query}`, { headers: { "HX-Request": "true" } });
      if (!answer.ok) { fold(input); return; }
      listOf(input).innerHTML = await answer.text();
      input.setAttribute("aria-expanded", "true");
    }, 250);
  });
  document.addEventListener("keydown", (event) => {
    const input = event.target;
    if (!input.matches?.("[data-suggest][aria-expanded=true]")) return;
    const options = [...listOf(input).querySelectorAll("[role=option]")];
    const at = options.findIndex((option) => option.ariaSelected === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const next = options.at((at + (event.key === "ArrowDown" ? 1 : -1)) % options.length);
      options.forEach((option) => { option.ariaSelected = String(option === next); });
      if (next) input.setAttribute("aria-activedescendant", next.id);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      choose(input, options[at]);
    } else if (event.key === "Escape") {
      event.stopImmediatePropagation();
      fold(input);
    }
  }, true);
  document.addEventListener("mousedown", (event) => {
    const option = event.target.closest(".c-suggestions [role=option]");
    if (option) { event.preventDefault(); choose(option.parentElement.previousElementSibling, option); }
  });
  document.addEventListener("focusout", (event) => {
    if (event.target.matches("[data-suggest]")) fold(event.target);
  });

  document.querySelector("#sidebar [aria-current]")?.scrollIntoView({ block: "nearest" });

  // Parts that load by themselves say so, and say when they could not.
  document.addEventListener("htmx:afterSwap", (event) => event.target.removeAttribute("aria-busy"));
  const fail = (event) => {
    const target = event.detail.target;
    if (!target?.matches(".c-panel")) return;
    const note = document.getElementById("console-failed").content.cloneNode(true);
    target.replaceChildren(note);
    target.removeAttribute("aria-busy");
  };
  document.addEventListener("htmx:responseError", fail);
  document.addEventListener("htmx:sendError", fail);
})();
