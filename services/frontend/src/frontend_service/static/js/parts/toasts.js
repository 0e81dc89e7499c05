// Short messages at the edge of the page, each for its time, reminders until something is done with them: a later one pushes none out, whose undo would be lost.
const LIFE_MS = 12000;
const place = document.getElementById("toasts");

export function toast(text) {
  const made = document.createElement("div");
  made.className = "toast is-bad";
  made.dataset.toast = "";
  const message = made.appendChild(document.createElement("p"));
  message.textContent = text;
  place.append(made);
}

function expire(shown) {
  if (shown.matches(":hover, :focus-within")) setTimeout(() => expire(shown), LIFE_MS);
  else shown.remove();
}

new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) {
      if (node.matches?.("[data-toast]:not([data-reminder])")) setTimeout(() => expire(node), LIFE_MS);
    }
  }
  place.scrollTop = place.scrollHeight;
}).observe(place, { childList: true });

document.addEventListener("click", (event) => {
  event.target.closest?.("[data-dismiss]")?.closest("[data-toast]").remove();
});

// Undone: there is nothing left to undo.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx.response?.status < 400) ctx.sourceElement.closest("[data-toast]")?.remove();
});
