// Keeps the keyboard where the work is: after a task has left its place, the next one has the focus.
let follow = null;

// htmx focuses what has the attribute after each swap around it; once is enough.
function forgetAutofocus() {
  for (const focused of document.querySelectorAll("[autofocus]")) focused.removeAttribute("autofocus");
}

document.addEventListener("htmx:after:swap", forgetAutofocus);
forgetAutofocus();

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const row = ctx.sourceElement.closest("#tasks .row");
  if (!row || ctx.sourceElement.dataset.do === "edit" || row.matches("[data-editing]")) return;
  const near = row.nextElementSibling ?? row.previousElementSibling;
  follow = { row: row.id, list: row.parentElement.id, next: near?.id };
});

document.addEventListener("htmx:after:swap", () => {
  if (!follow) return;
  const { row, list, next } = follow;
  if (document.getElementById(row)?.parentElement.id === list) return;
  follow = null;
  const title = document.querySelector(`#${next ?? "none"} [data-do=edit]`);
  (title ?? document.getElementById("new-task"))?.focus({ preventScroll: !title });
});
