// A row that is being edited stays as it is, whatever becomes of the task elsewhere meanwhile.
document.addEventListener("htmx:before:swap", ({ detail: { tasks } }) => {
  for (const { target, fragment } of tasks) {
    if (target?.id === "tasks") keepEdited(fragment);
  }
});

// The new list gets a place for the row where the old one has it; htmx finds it by its id and leaves
// it alone. So a row stays in sight when its task is completed, and is there when it was deleted.
function keepEdited(fragment) {
  for (const row of document.querySelectorAll("#tasks [data-editing]")) {
    const place = fragment.querySelector(`#${row.id}`) ?? document.createElement("li");
    const list = fragment.querySelector(`#${row.parentElement.id}`) ?? fragment.querySelector("#open");
    if (!list || place.parentElement === list) continue;
    place.id = row.id;
    list.insertBefore(place, list.children[[...row.parentElement.children].indexOf(row)] ?? null);
  }
}

// A text is changed at its end more often than at its beginning.
function toTheEnd() {
  const field = document.activeElement;
  if (!field.matches("form.edit input[name=title]") || field.selectionEnd > 0) return;
  field.setSelectionRange(field.value.length, field.value.length);
}

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("form.edit");
  if (event.key !== "Escape" || !form) return;
  event.preventDefault();
  form.querySelector("[data-cancel]").click();
});

// “Use this”: take over what the field was changed to elsewhere.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-take]");
  if (!button) return;
  const field = document.getElementById(button.dataset.take);
  field.value = button.dataset.value;
  field.focus();
});

function offerTaking() {
  for (const button of document.querySelectorAll("[data-take]")) button.hidden = false;
}

document.addEventListener("htmx:after:swap", offerTaking);
document.addEventListener("htmx:after:swap", toTheEnd);
offerTaking();
