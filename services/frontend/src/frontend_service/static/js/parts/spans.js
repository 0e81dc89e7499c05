// The browser's part of a trace: from the sending of a request to its response being on the page. Spans are told
// together, a moment later, and when the page is left.
import { randomHex } from "./random.js";

const PAUSE_MS = 2000;
const MOST = 50; // that the server takes at once
const NAMED = /^[a-z_-]*$/; // any other part of a path is somebody's id

const ratio = Number(document.querySelector("meta[name=trace-ratio]").content);
const open = new WeakMap();
let ended = [];
let timer = null;

// The `traceparent` of a request (W3C Trace Context).
export function startSpan(ctx) {
  const sampled = Math.random() < ratio;
  const span = { trace_id: randomHex(16), span_id: randomHex(8), start: now() };
  if (sampled) open.set(ctx, span);
  return `00-${span.trace_id}-${span.span_id}-${sampled ? "01" : "00"}`;
}

document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const span = open.get(ctx);
  if (!span || ended.length >= MOST) return;
  open.delete(ctx);
  ended.push({ ...span, method: ctx.request.method.toUpperCase(), route: routeOf(ctx), end: now() });
  timer ??= setTimeout(tell, PAUSE_MS);
});

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") tell();
});

function tell() {
  clearTimeout(timer);
  timer = null;
  if (ended.length) navigator.sendBeacon("/browser-spans", JSON.stringify(ended));
  ended = [];
}

function routeOf(ctx) {
  const parts = new URL(ctx.request.action, location.href).pathname.split("/");
  return parts.map((part) => (NAMED.test(part) ? part : "{id}")).join("/");
}

function now() {
  return performance.timeOrigin + performance.now();
}
