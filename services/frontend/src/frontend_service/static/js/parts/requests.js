// What goes with every request of htmx: the start of its trace; and what is said when none gets through.
import { startSpan } from "./spans.js";
import { toast } from "./toasts.js";

document.addEventListener("htmx:config:request", ({ detail: { ctx } }) => {
  ctx.request.headers.traceparent = startSpan(ctx);
});

document.addEventListener("htmx:error", ({ detail: { ctx } }) => {
  if (!ctx || ctx.sourceElement.hasAttribute("hx-trigger")) return; // nobody asked for that one
  toast("The server can't be reached. Nothing was lost; try again in a moment.");
});
