// Shows what web push brings, and does what is chosen there. What a reminder became is told the server.
const SNOOZE_MINUTES = 10;

// key: stays the same when something is tried again, so that it has its effect once.
async function post(path, body, key = crypto.randomUUID()) {
  const headers = { "content-type": "application/json", "idempotency-key": key };
  return fetch(`/api/v1${path}`, { method: "POST", headers, body: JSON.stringify(body ?? {}) });
}

// A receipt that gets lost changes nothing for anybody.
function receipt({ delivery_id: id }, state) {
  return post(`/deliveries/${id}/receipt`, { state }).catch(() => undefined);
}

function actionsOf(told) {
  const actions = [];
  if (told.task_id) actions.push({ action: "done", title: "Done" });
  if (told.reminder_id) actions.push({ action: "snooze", title: `Snooze ${SNOOZE_MINUTES} min` });
  return actions;
}

function show(told) {
  const body = told.text || (told.late ? "Late: the system was away." : "");
  const options = { body, tag: told.id, data: told, actions: actionsOf(told), timestamp: Date.parse(told.created_at) };
  return self.registration.showNotification(told.title, options);
}

async function open(told) {
  const path = told.task_id ? `/tasks/${told.task_id}/edit` : "/notifications";
  const windows = await self.clients.matchAll({ type: "window" });
  if (!windows.length) return self.clients.openWindow(path);
  await windows[0].navigate(path);
  return windows[0].focus();
}

const ACTIONS = {
  done: (told) => post(`/tasks/${told.task_id}/complete`, {}, `done-${told.delivery_id}`),
  snooze: (told) =>
    post(`/reminders/${told.reminder_id}/snooze`, { minutes: SNOOZE_MINUTES }, `snooze-${told.delivery_id}`),
};

// What keeps an action from being done, in words; empty if it was done.
async function problemOf(action, told) {
  try {
    const answer = await ACTIONS[action](told);
    if (answer.ok) return "";
    if (answer.status === 401) return "You are signed out. Open this to sign in, then try again.";
    return (await answer.json()).detail || `The server answered ${answer.status}.`;
  } catch {
    return "The server can't be reached. Try again.";
  }
}

// What could not be done is shown again, with why; nobody takes it for done.
async function act(action, told) {
  if (!(action in ACTIONS)) {
    await open(told);
  } else {
    const problem = await problemOf(action, told);
    if (problem) return show({ ...told, text: problem });
  }
  await receipt(told, "opened");
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const told = event.data.json();
  event.waitUntil(Promise.all([show(told), receipt(told, "delivered")]));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(act(event.action, event.notification.data));
});
