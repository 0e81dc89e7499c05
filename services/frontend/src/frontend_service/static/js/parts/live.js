// Keeps an open page up to date: the live stream says that something changed, and the parts of the page
// that show it (`hx-trigger="live-…"`) ask for themselves again.
//
// A hidden page holds no stream: browsers allow few connections to one host, shared by all tabs.
import { fingerprint } from "./rows.js";

const PAUSE_MS = 150; // at least, between one reading and the next
const FIGURES_MS = 1200; // counted by another service, which hears of a change when this page does
const PATIENCE_MS = 2000;
const MOST_ROWS = 20; // that the server tells of at once
const RETRY_MS = [1000, 2000, 5000, 10000];

const { live, liveTasks, liveLists, liveNotifications } = document.body.dataset;
const hint = document.getElementById("connection");
const waiting = new Map();
const last = new Map();
let rows = new Set(); // of tasks that changed; null for all
let source = null;
let failures = 0;

// At once, and once for all that comes together.
function announce(name, delay = 0) {
  if (waiting.has(name)) return;
  const pause = (last.get(name) ?? 0) + PAUSE_MS - Date.now();
  waiting.set(name, setTimeout(() => {
    waiting.delete(name);
    last.set(name, Date.now());
    document.body.dispatchEvent(new CustomEvent(name));
  }, Math.max(delay, pause)));
}

function tasksChanged(event) {
  const id = event && JSON.parse(event.data).task?.id;
  if (id) rows?.add(id);
  else rows = null;
  announce("live-tasks");
  announce("live-figures", FIGURES_MS);
}

// Rows that are asked for one by one, or the fingerprint of them all: a list that is the same is not sent.
function askForRows(url) {
  const requested = rows;
  rows = new Set();
  if (requested === null || requested.size === 0 || requested.size > MOST_ROWS) {
    url.searchParams.set("have", fingerprint());
    return;
  }
  url.pathname = "/tasks/rows";
  for (const id of requested) url.searchParams.append("id", id);
}

// What could not be asked for is asked for with everything else, the next time.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  if (ctx.sourceElement.id === "tasks" && !(ctx.response?.status < 400)) rows = null;
});

// A row came whose neighbour is not here yet.
document.addEventListener("rows-missing", () => {
  rows = null;
  announce("live-tasks");
});

function listsChanged() {
  announce("live-lists");
}

function notificationsChanged() {
  announce("live-notifications");
}

function everythingChanged() {
  tasksChanged();
  listsChanged();
  notificationsChanged();
}

function connect() {
  clearTimeout(waiting.get("connect"));
  source?.close();
  source = new EventSource("/api/v1/stream");
  source.addEventListener("open", connected);
  source.addEventListener("error", disconnected);
  source.addEventListener("reset", everythingChanged);
  for (const type of liveTasks.split(" ")) source.addEventListener(type, tasksChanged);
  for (const type of liveLists.split(" ").filter(Boolean)) source.addEventListener(type, listsChanged);
  for (const type of liveNotifications.split(" ")) source.addEventListener(type, notificationsChanged);
}

// Also the first time: something may have happened since the page was made.
function connected() {
  failures = 0;
  tell("");
  everythingChanged();
}

function disconnected() {
  if (!waiting.has("hint")) waiting.set("hint", setTimeout(() => tell("Reconnecting…"), PATIENCE_MS));
  if (source.readyState !== EventSource.CLOSED) return; // the browser itself tries again
  const pause = RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)];
  waiting.set("connect", setTimeout(connect, pause));
  document.body.dispatchEvent(new CustomEvent("live-notifications")); // leads to sign-in if that is why
}

function disconnect() {
  clearTimeout(waiting.get("connect"));
  source?.close();
  tell("");
}

function tell(text) {
  clearTimeout(waiting.get("hint"));
  waiting.delete("hint");
  if (hint.textContent !== text) hint.textContent = text;
}

function followVisibility() {
  if (document.visibilityState === "visible") connect();
  else disconnect();
}

// How much of a list is shown may have changed while a request for it waited for its turn.
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  const shown = ctx.target?.dataset.shown;
  if (!shown || ctx.sourceElement.id === "more") return;
  const url = new URL(ctx.request.action, location.href);
  url.searchParams.set("shown", shown);
  if (ctx.sourceElement.id === "tasks") askForRows(url);
  ctx.request.action = url.pathname + url.search;
});

// Signed out in one tab is signed out in all.
const session = new BroadcastChannel("session");
if (live === undefined) session.postMessage("over");
else session.addEventListener("message", () => location.reload());

if (live !== undefined) {
  document.addEventListener("visibilitychange", followVisibility);
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (event) => event.persisted && followVisibility());
  followVisibility();
}
