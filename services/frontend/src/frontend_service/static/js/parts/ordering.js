// The manual order: a task is dragged by its handle, or moved by buttons; the keyboard stays where it is.
let dragged = null;
let focused = "";

document.addEventListener("dragstart", (event) => {
  const handle = event.target.closest?.("[data-handle]");
  if (!handle) return;
  dragged = handle.closest(".row");
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.id);
  event.dataTransfer.setDragImage(dragged, 0, 0);
});

document.addEventListener("dragover", (event) => {
  const row = target(event);
  if (!row) return;
  event.preventDefault();
  mark(row, isUpperHalf(event, row) ? "before" : "after");
});

document.addEventListener("drop", (event) => {
  const row = target(event);
  if (!row) return;
  event.preventDefault();
  if (row !== dragged) submit(`${idOf(dragged)} ${isUpperHalf(event, row) ? "before" : "after"} ${idOf(row)}`);
});

document.addEventListener("dragend", () => {
  mark(null);
  dragged = null;
});

document.addEventListener("submit", ({ target: form }) => {
  if (form.id === "move") focused = document.activeElement?.id ?? "";
});

// What has the focus may be put elsewhere by the swap, and loses it; a button at an end is not there any more.
document.addEventListener("htmx:after:swap", ({ detail }) => {
  const source = detail?.ctx?.sourceElement;
  if (!focused || (source && source.id !== "move")) return;
  const id = focused.replace(/^(up|down|title)-/, "");
  for (const name of [focused, `title-${id}`]) {
    const element = document.getElementById(name);
    if (!element?.checkVisibility({ visibilityProperty: true })) continue;
    element.focus();
    break;
  }
  focused = "";
});

function target(event) {
  return dragged && event.target.closest?.("#open .row");
}

function isUpperHalf(event, row) {
  const box = row.getBoundingClientRect();
  return event.clientY < box.top + box.height / 2;
}

function mark(row, where) {
  for (const marked of document.querySelectorAll("[data-drop]")) delete marked.dataset.drop;
  if (row) row.dataset.drop = where;
}

function idOf(row) {
  return row.id.replace("task-", "");
}

function submit(move) {
  const form = document.getElementById("move");
  const button = Object.assign(document.createElement("button"), { name: "move", value: move, hidden: true });
  form.append(button);
  form.requestSubmit(button);
  button.remove();
}
