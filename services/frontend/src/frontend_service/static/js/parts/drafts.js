// What is being written of a task is kept in this browser until it is saved or given up: by user and task, so that
// nobody else sees it.
const { user } = document.body.dataset;
const PREFIX = `draft:${user}:`;
const UNSAVED = new WeakSet();

function keyOf(form) {
  return PREFIX + form.getAttribute("action").split("/").at(-1);
}

function fieldsOf(form) {
  return [...form.elements].filter((field) => field.name && !["hidden", "submit"].includes(field.type));
}

function keep(form) {
  const values = Object.fromEntries(fieldsOf(form).map((field) => [field.name, field.value]));
  localStorage.setItem(keyOf(form), JSON.stringify(values));
  UNSAVED.add(form);
}

function removeDraft(form) {
  localStorage.removeItem(keyOf(form));
  UNSAVED.delete(form);
}

// A form that is shown again with what was not saved says so.
function bringBack(form) {
  form.dataset.drafted = "";
  const kept = JSON.parse(localStorage.getItem(keyOf(form)) ?? "{}");
  const changed = fieldsOf(form).filter((field) => field.name in kept && field.value !== kept[field.name]);
  if (!changed.length) return;
  for (const field of changed) field.value = kept[field.name];
  UNSAVED.add(form);
  const notice = document.createElement("p");
  notice.className = "notice";
  notice.setAttribute("role", "status");
  notice.textContent = "This is what you had written and not saved. Save it, or cancel to give it up.";
  form.prepend(notice);
}

function look() {
  for (const form of document.querySelectorAll("form.edit[data-draft]:not([data-drafted])")) bringBack(form);
}

if (user) {
  const saved = new URLSearchParams(location.search);
  if (saved.get("done") === "save") localStorage.removeItem(PREFIX + saved.get("task"));
  look();
  document.addEventListener("htmx:after:swap", look);
}

document.addEventListener("input", ({ target }) => {
  if (target.form?.matches("form.edit[data-draft]")) keep(target.form);
});

document.addEventListener("click", ({ target }) => {
  const form = target.closest?.("[data-cancel]")?.closest("form");
  if (form?.matches("[data-draft]")) removeDraft(form);
});

// A form that is sent leaves the page; that it was saved is known when the next page says so.
document.addEventListener("submit", ({ target }) => {
  UNSAVED.delete(target);
  if (target.matches("[action='/sign-out']")) removeAllDrafts();
});

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const form = ctx.sourceElement;
  if (!form.matches("form.edit[data-draft]")) return;
  if (ctx.response?.status < 300) removeDraft(form);
  else UNSAVED.add(form);
});

function removeAllDrafts() {
  for (const key of Object.keys(localStorage)) if (key.startsWith(PREFIX)) localStorage.removeItem(key);
}

addEventListener("beforeunload", (event) => {
  const forms = [...document.querySelectorAll("form.edit[data-draft]")];
  if (forms.some((form) => UNSAVED.has(form))) event.preventDefault();
});
