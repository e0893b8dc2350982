/* Lists that grow and filters that redraw: what htmx leaves to do. Every page works without. */
"use strict";

const ROWS = "tbody > tr:not(.day), li, :scope > tr:not(.day)";
let before = null;

function listRows(list) {
  return Array.from(list.querySelectorAll(ROWS)).filter((row) => !row.closest("li li, tr table"));
}

function isList(event) {
  return event.detail.target && event.detail.target.id === "rows";
}

/* A day that goes on from the rows above needs no second heading. */
function joinDays(list) {
  for (const part of Array.from(list.querySelectorAll("[data-day] + [data-day]"))) {
    if (part.dataset.day === part.previousElementSibling.dataset.day) {
      part.querySelector(".day")?.remove();
    }
  }
}

/* An empty field filters nothing, and has no place in an address. */
document.addEventListener("formdata", (event) => {
  if (event.target.matches("form.redrawn")) {
    for (const [name, value] of Array.from(event.formData)) {
      if (value === "") event.formData.delete(name);
    }
  }
});
document.addEventListener("htmx:configRequest", (event) => {
  if (event.target.matches("form.redrawn")) {
    const asked = event.detail.formData || new FormData();
    for (const [name, value] of Array.from(asked)) {
      if (value === "") asked.delete(name);
    }
  }
});

document.addEventListener("htmx:beforeSwap", (event) => {
  /* A refused filter is answered with the form and what is wrong with it. */
  if (event.detail.xhr.status === 400 && event.detail.requestConfig.elt.matches("form.redrawn")) {
    event.detail.shouldSwap = true;
    event.detail.isError = false;
  }
  if (isList(event)) before = listRows(event.detail.target).length;
});

document.addEventListener("htmx:afterSettle", (event) => {
  const list = document.getElementById("rows");
  if (before === null || !list) return;
  joinDays(list);
  const added = listRows(list).slice(before);
  before = null;
  if (!added.length) return;
  added[0].tabIndex = -1;
  added[0].focus();
  const news = document.getElementById("news");
  news.textContent = added.length === 1 ? news.dataset.one : news.dataset.many.replace("{n}", added.length);
});
