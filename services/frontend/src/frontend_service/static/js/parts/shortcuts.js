// Work without a mouse. Shortcuts of a single key can be switched off in the help (WCAG 2.1.4).
const PLACES = { t: "/", n: "/notifications", a: "/assistant" };
const SEQUENCE_MS = 1200;
const help = document.getElementById("help");
let afterG = -Infinity;

const ACTIONS = {
  n: () => document.getElementById("new-task")?.focus(),
  j: () => move(1),
  k: () => move(-1),
  J: () => act("down"),
  K: () => act("up"),
  x: () => act("check"),
  e: () => act("edit"),
  d: () => act("delete"),
  z: () => [...document.querySelectorAll("[data-undo] button")].at(-1)?.click(),
  "?": () => help.showModal(),
};

function rows() {
  return [...document.querySelectorAll("#tasks .row:not(.editing)")].filter((row) => row.checkVisibility());
}

function current() {
  return document.activeElement?.closest("#tasks .row");
}

function move(step) {
  const all = rows();
  const at = all.indexOf(current());
  const next = at < 0 ? all[step > 0 ? 0 : all.length - 1] : all[at + step];
  next?.querySelector("[data-do=edit]").focus();
}

function act(what) {
  current()?.querySelector(`[data-do=${what}]`)?.click();
}

function isTyping(target) {
  return target.closest?.("input:not([type=checkbox]), textarea, select, dialog") !== null;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (!help || isTyping(event.target) || areOff()) return;
  // When the keys were pressed, not when a busy page came to handle them.
  const place = event.timeStamp - afterG < SEQUENCE_MS ? PLACES[event.key] : undefined;
  afterG = event.key === "g" ? event.timeStamp : -Infinity;
  if (place) {
    location.assign(place);
  } else if (ACTIONS[event.key]) {
    event.preventDefault();
    ACTIONS[event.key]();
  }
});

function areOff() {
  return localStorage.getItem("shortcuts") === "off";
}

for (const button of document.querySelectorAll("[data-help]")) {
  button.hidden = false;
  button.addEventListener("click", () => help.showModal());
}

const choice = help?.querySelector("[data-shortcuts]");
if (choice) {
  choice.checked = !areOff();
  choice.addEventListener("change", () => localStorage.setItem("shortcuts", choice.checked ? "on" : "off"));
}
