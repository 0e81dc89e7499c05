// Sheets: what stands beside the tasks on a wide screen, and over them, on demand, on a narrow one. They open and
// close as popovers, without this file; it keeps the keyboard inside an open one, and says which are open.
const AROUND =
  ".skip, .top, .desk-aside, .lists, .page-head > :not(.page-title), .desk-main > :not(.page-head)";

function buttonsOf(sheet) {
  return document.querySelectorAll(`[popovertarget="${sheet.id}"]:not([popovertargetaction])`);
}

function follow(sheet, isOpen) {
  for (const button of buttonsOf(sheet)) button.ariaExpanded = String(isOpen);
  for (const other of document.querySelectorAll(AROUND)) {
    if (other !== sheet && !other.contains(sheet)) other.inert = isOpen;
  }
}

for (const sheet of document.querySelectorAll("[data-sheet]")) {
  for (const button of buttonsOf(sheet)) button.ariaExpanded = "false";
  sheet.addEventListener("toggle", ({ newState }) => {
    follow(sheet, newState === "open");
    // The button was inert while the browser wanted to give it the focus back.
    const { activeElement, body } = document;
    if (newState !== "open" && (activeElement === body || sheet.contains(activeElement))) {
      [...buttonsOf(sheet)].find((button) => button.checkVisibility())?.focus();
    }
  });
}

// Two buttons may open one sheet, each for another field of it.
document.addEventListener("click", (event) => {
  const field = event.target.closest?.("[data-opens]")?.dataset.opens;
  if (field) setTimeout(() => document.getElementById(field)?.focus());
});
