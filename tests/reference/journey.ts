// What a program does with the API, in TypeScript; `journey.py` does the same. Run with the address of a server.
import createClient from "openapi-fetch";
import type { components, paths } from "./todo.d.ts";

declare const process: { argv: string[] };

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

const baseUrl = `${process.argv[2] ?? ""}/api/v1`;
const anybody = createClient<paths>({ baseUrl });
const email = `${crypto.randomUUID()}@example.com`;
const account = await anybody.POST("/auth/sign-up", {
  body: { email, password: "correct horse", name: "Ada", time_zone: "Europe/Berlin" },
});
check(account.data !== undefined, "signs up");
const api = createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${account.data.access_token}` } });

const key = { "Idempotency-Key": crypto.randomUUID() };
const create = () => api.POST("/tasks", { params: { header: key }, body: { title: "Buy milk", priority: 3 } });
const task = await create();
check(task.data !== undefined && task.response.status === 201, "creates a task");
const again = await create();
check(again.data?.id === task.data.id, "creates it once");
check(again.response.headers.get("Idempotent-Replayed") === "true", "is told that it was there");

const id = task.data.id;
const etag = task.response.headers.get("ETag") ?? "";
const unchanged = await api.GET("/tasks/{id}", { params: { path: { id }, header: { "If-None-Match": etag } } });
check(unchanged.response.status === 304, "reads what is new only");

const patch = (version: string) =>
  api.PATCH("/tasks/{id}", { params: { path: { id }, header: { "If-Match": version } }, body: { notes: "2 l" } });
const changed = await patch(etag);
check(changed.data?.notes === "2 l", "changes what it has read");
const refused = await patch(etag);
check(refused.error?.code === "precondition-failed" && refused.response.status === 412, "loses no update");

const problem = await api.POST("/tasks", { body: { title: "x", due_date: "tomorrow" } });
const wrong: components["schemas"]["Problem"] | undefined = problem.error;
check(wrong?.status === 422 && wrong.errors?.[0]?.pointer === "/due_date", "says which field is wrong");

const uuid = () => crypto.randomUUID();
const batch = await api.POST("/batch", {
  body: {
    atomic: true,
    commands: [
      { uuid: uuid(), type: "project.create", temp_id: "home", body: { name: "Home" } },
      { uuid: uuid(), type: "task.create", body: { title: "Sweep", project_id: "home" } },
    ],
  },
});
check(batch.data?.results.every((each) => each.status === 201) ?? false, "runs a batch");

const titles: string[] = [];
let cursor: string | undefined;
do {
  const page = await api.GET("/tasks", { params: { query: { limit: 1, ...(cursor ? { cursor } : {}) } } });
  check(page.data !== undefined, "lists");
  titles.push(...page.data.items.map((each) => each.title ?? ""));
  cursor = page.data.next_cursor ?? undefined;
} while (cursor);
check(titles.join() === "Sweep,Buy milk", `lists all pages, found ${titles.join()}`);
console.log("done");
