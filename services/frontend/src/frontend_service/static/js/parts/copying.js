// “Copy” beside something that is shown once. Without a secure context there is no clipboard to write to; then
// the text is selected, for the keyboard.
async function copy(field, status) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    status.textContent = "Copied.";
  } catch {
    status.textContent = "It is selected; copy it with the keyboard.";
  }
}

for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", () => copy(field, document.getElementById(`${field.id}-copied`)));
}
