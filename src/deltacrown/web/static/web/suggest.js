/* Opens what is suggested below a search field, and lets keys choose of it. Without it the form searches. */
"use strict";
(function () {
  let asleep = null; /* the field that was closed by Escape or by a choice, until something is typed */

  const fieldOf = (list) => document.querySelector("[aria-controls='" + list.id + "']");
  const listOf = (field) => document.getElementById(field.getAttribute("aria-controls"));
  const optionsOf = (list) => Array.from(list.querySelectorAll("[role=option]"));
  const isField = (element) => element.matches && element.matches("[role=combobox][aria-controls]");

  function close(field) {
    point(field, null);
    listOf(field).hidden = true;
    field.setAttribute("aria-expanded", "false");
  }

  function open(field) {
    const found = optionsOf(listOf(field)).length;
    const isOpen = found > 0 && document.activeElement === field && asleep !== field;
    const status = field.parentNode.querySelector("[role=status]");
    if (!isOpen) {
      close(field);
      status.textContent = "";
      return;
    }
    listOf(field).hidden = false;
    field.setAttribute("aria-expanded", "true");
    status.textContent = status.dataset.said + " " + found;
  }

  function point(field, option) {
    for (const each of optionsOf(listOf(field))) each.setAttribute("aria-selected", String(each === option));
    if (option) {
      field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  }

  function move(field, step) {
    asleep = null;
    open(field);
    const options = optionsOf(listOf(field));
    if (listOf(field).hidden) return;
    const now = options.findIndex((each) => each.getAttribute("aria-selected") === "true");
    /* One place beyond the last is the field itself. */
    const places = options.length + 1;
    const next = ((now < 0 ? options.length : now) + step + places) % places;
    point(field, options[next] || null);
  }

  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!isField(field) || event.isComposing) return;
    const isOpen = !listOf(field).hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!isOpen && !optionsOf(listOf(field)).length) return;
      event.preventDefault();
      move(field, event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape" && isOpen) {
      event.preventDefault(); /* the browser would empty the field */
      asleep = field;
      close(field);
    } else if (event.key === "Enter" && isOpen) {
      const chosen = document.getElementById(field.getAttribute("aria-activedescendant") || "");
      if (!chosen) return;
      event.preventDefault();
      chosen.click();
    }
  });

  document.addEventListener("input", (event) => {
    if (!isField(event.target)) return;
    asleep = null;
    point(event.target, null);
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    const list = event.target;
    if (!list.matches || !list.matches("[role=listbox]")) return;
    optionsOf(list).forEach((each, number) => { each.id = list.id + "-" + number; });
    open(fieldOf(list));
  });

  /* A press on an option leaves the focus in the field, so that the list stays open until the click. */
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest("[role=option]")) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    for (const field of document.querySelectorAll("[role=combobox][aria-expanded=true]")) {
      if (!field.parentNode.contains(event.target)) close(field);
    }
  });

  document.addEventListener("focusout", (event) => {
    if (isField(event.target) && !event.target.parentNode.contains(event.relatedTarget)) close(event.target);
  });
})();
