// A row that is being edited stays as it is, whatever becomes of the task elsewhere meanwhile.
document.addEventListener("htmx:before:swap", ({ detail: { tasks } }) => {
  for (const { target, fragment } of tasks) {
    if (target?.id === "tasks") keepEdited(fragment);
  }
});

// The list no longer has the row: htmx finds the old one by its id and leaves it alone.
function keepEdited(fragment) {
  for (const row of document.querySelectorAll("#tasks [data-editing]")) {
    if (fragment.querySelector(`#${row.id}`)) continue;
    const place = document.createElement("li");
    place.id = row.id;
    fragment.querySelector("#open")?.prepend(place);
  }
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
offerTaking();
