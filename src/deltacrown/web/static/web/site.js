/* Improves pages that are whole without it: the times of a first visit, "3 hours ago", the theme at once. */
"use strict";
(function () {
  const root = document.documentElement;
  const YEAR = 365 * 24 * 60 * 60;
  const DAY = 24 * 60 * 60 * 1000;
  const RECENT = ".timeline time, .rows time, .recent time";

  function keep(name, value) {
    const age = value ? YEAR : 0;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = name + "=" + value + "; Path=/; Max-Age=" + age + "; SameSite=Lax" + secure;
  }

  function isKept(name) {
    return document.cookie.split("; ").some((each) => each.startsWith(name + "="));
  }

  /* The zone of this device, on a visit before the server was told it. */
  function findZone() {
    if (isKept("zone")) return null;
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!zone || !/^[A-Za-z0-9_+\-/]{1,64}$/.test(zone)) return null;
    keep("zone", zone);
    return zone === root.dataset.zone ? null : zone;
  }

  const moved = findZone();
  const date = { day: "numeric", month: "short", year: "numeric" };
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const here = moved || "UTC";
  const tongue = root.lang === "en" ? "en-GB" : root.lang;
  const day = new Intl.DateTimeFormat(tongue, { ...date, timeZone: here });
  const hour = new Intl.DateTimeFormat(tongue, { ...clock, timeZone: here });
  const dayInUtc = new Intl.DateTimeFormat(tongue, { ...date, timeZone: "UTC" });
  const hourInUtc = new Intl.DateTimeFormat(tongue, { ...clock, timeZone: "UTC" });
  const relative = new Intl.RelativeTimeFormat(root.lang || "en", { numeric: "auto" });

  function writeDay(format, value) {
    /* Put together of parts: browsers differ in "Sep" and "Sept". */
    const part = {};
    for (const each of format.formatToParts(value)) part[each.type] = each.value;
    return part.day + " " + part.month.slice(0, 3) + " " + part.year;
  }

  function move(element, value) {
    const time = element.querySelector(".hour");
    if (time) {
      time.textContent = hour.format(value);
      element.firstChild.textContent = writeDay(day, value) + " ";
    } else if (element.matches(".of-day")) {
      /* The heading above it is of the day in UTC until the next page. */
      const there = writeDay(day, value);
      element.textContent = (there === writeDay(dayInUtc, value) ? "" : there + " ") + hour.format(value);
    } else {
      element.textContent = writeDay(day, value);
    }
    element.title = writeDay(dayInUtc, value) + " " + hourInUtc.format(value) + " UTC";
  }

  function relate(element, value) {
    const past = Date.now() - value.getTime();
    if (Math.abs(past) >= DAY || !element.querySelector(".hour") || !element.matches(RECENT)) return;
    const absolute = element.textContent + " " + (moved || root.dataset.zone).replace(/_/g, " ");
    const minutes = Math.round(past / 60000);
    const words = Math.abs(minutes) < 60 ? relative.format(-minutes, "minute") : relative.format(-Math.round(minutes / 60), "hour");
    element.title = element.title ? absolute + ", " + element.title : absolute;
    element.textContent = words;
  }

  /* Times of a day alone are days in UTC, and stay. */
  function tellTimes() {
    for (const element of document.querySelectorAll("time[datetime*='T']:not([data-told])")) {
      const value = new Date(element.dateTime);
      element.dataset.told = "";
      if (isNaN(value) || value.getUTCFullYear() < 1000) continue;
      if (moved) move(element, value);
      relate(element, value);
    }
  }

  function choose(event) {
    const button = event.target.closest("form.theme button[name=theme]");
    if (!button) return;
    event.preventDefault();
    const theme = button.value === "system" ? "" : button.value;
    keep("theme", theme);
    if (theme) root.dataset.theme = theme;
    else delete root.dataset.theme;
    document.querySelector("meta[name=color-scheme]").content = theme || "light dark";
    const panel = getComputedStyle(document.querySelector("header.site")).backgroundColor;
    for (const meta of document.querySelectorAll("meta[name=theme-color]")) meta.content = panel;
    for (const each of button.form.querySelectorAll("button")) each.setAttribute("aria-pressed", String(each === button));
  }

  tellTimes();
  if (moved) document.getElementById("zone").textContent = moved.replace(/_/g, " ");
  document.addEventListener("htmx:afterSettle", tellTimes);
  document.addEventListener("click", choose);

  /* The menu in the head closes as menus do; without this, by its own button. */
  const menu = document.querySelector("header.site .menu");
  if (menu) {
    document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
    menu.addEventListener("focusout", (event) => { if (event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false; });
  }
})();
