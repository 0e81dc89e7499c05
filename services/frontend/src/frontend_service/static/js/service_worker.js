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

function actionsOf(notification) {
  const actions = [];
  if (notification.task_id) actions.push({ action: "done", title: "Done" });
  if (notification.reminder_id) actions.push({ action: "snooze", title: `Snooze ${SNOOZE_MINUTES} min` });
  return actions;
}

function show(notification) {
  const body = notification.text || (notification.late ? "Late: the system was unavailable." : "");
  const { id: tag, title, created_at: createdAt } = notification;
  const actions = actionsOf(notification);
  const options = { body, tag, data: notification, actions, timestamp: Date.parse(createdAt) };
  return self.registration.showNotification(title, options);
}

async function open(notification) {
  const path = notification.task_id ? `/tasks/${notification.task_id}/edit` : "/notifications";
  const windows = await self.clients.matchAll({ type: "window" });
  if (!windows.length) return self.clients.openWindow(path);
  await windows[0].navigate(path);
  return windows[0].focus();
}

const ACTIONS = {
  done: ({ task_id: task, delivery_id: delivery }) => post(`/tasks/${task}/complete`, {}, `done-${delivery}`),
  snooze: ({ reminder_id: reminder, delivery_id: delivery }) =>
    post(`/reminders/${reminder}/snooze`, { minutes: SNOOZE_MINUTES }, `snooze-${delivery}`),
};

// What keeps an action from being done, in words; empty if it was done.
async function problemOf(action, notification) {
  try {
    const response = await ACTIONS[action](notification);
    if (response.ok) return "";
    if (response.status === 401) return "You are signed out. Open this to sign in, then try again.";
    return (await response.json()).detail || `The server answered ${response.status}.`;
  } catch {
    return "The server can't be reached. Try again.";
  }
}

// What could not be done is shown again, with why; nobody takes it for done.
async function act(action, notification) {
  if (!(action in ACTIONS)) {
    await open(notification);
  } else {
    const problem = await problemOf(action, notification);
    if (problem) return show({ ...notification, text: problem });
  }
  await receipt(notification, "opened");
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("push", (event) => {
  const notification = event.data.json();
  event.waitUntil(Promise.all([show(notification), receipt(notification, "delivered")]));
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(act(event.action, event.notification.data));
});
