// Reminders that fire while a page is open: each shows once, until something is done with it, and the title of the
// page has a mark until somebody has looked.
const MARK = "● ";
const place = document.getElementById("toasts");
const announced = new Set();

function mark() {
  if (!document.title.startsWith(MARK)) document.title = MARK + document.title;
}

function unmark() {
  if (document.title.startsWith(MARK)) document.title = document.title.slice(MARK.length);
}

// The server tells of a reminder until it is read; here it was told already, and may have been dismissed.
function take(shown) {
  if (announced.has(shown.id)) {
    shown.remove();
    return;
  }
  announced.add(shown.id);
  mark();
}

new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) if (node.matches?.("[data-reminder]")) take(node);
  }
}).observe(place, { childList: true });

for (const sign of ["pointerdown", "keydown", "pointermove"]) document.addEventListener(sign, unmark);
addEventListener("focus", unmark);
