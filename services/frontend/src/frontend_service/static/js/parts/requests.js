// What goes with every request of htmx: the start of its trace; and what is said when none gets through.
import { randomHex } from "./random.js";
import { toast } from "./toasts.js";

const ratio = Number(document.querySelector("meta[name=trace-ratio]").content);

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  const sampled = Math.random() < ratio ? "01" : "00";
  ctx.request.headers.traceparent = `00-${randomHex(16)}-${randomHex(8)}-${sampled}`;
});

document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!ctx || ctx.sourceElement.hasAttribute("hx-trigger")) return; // nobody asked for that one
  toast("The server can't be reached. Nothing was lost; try again in a moment.");
});
