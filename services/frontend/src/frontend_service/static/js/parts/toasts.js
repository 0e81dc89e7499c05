// Short messages at the edge of the page. They stay while they are looked at or can be lost.
const LIFE_MS = 12000;
const AT_ONCE = 2;
const place = document.getElementById("toasts");

export function toast(text) {
  const made = document.createElement("div");
  made.className = "toast is-bad";
  made.dataset.toast = "";
  const said = made.appendChild(document.createElement("p"));
  said.textContent = text;
  place.append(made);
}

function expire(shown) {
  if (shown.matches(":hover, :focus-within")) setTimeout(() => expire(shown), LIFE_MS);
  else shown.remove();
}

new MutationObserver((changes) => {
  for (const { addedNodes } of changes) {
    for (const node of addedNodes) {
      if (node.matches?.("[data-toast]")) setTimeout(() => expire(node), LIFE_MS);
    }
  }
  while (place.children.length > AT_ONCE) place.firstElementChild.remove();
}).observe(place, { childList: true });

document.addEventListener("click", (event) => {
  event.target.closest?.("[data-dismiss]")?.closest("[data-toast]").remove();
});

// Undone: there is nothing left to undo.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx.response?.status < 400) ctx.sourceElement.closest("[data-toast]")?.remove();
});
