"""The traffic Vikunja published of its cloud, as far as our API has it.

Of 100 requests: 52 a task by id, 20 lists, 25 other reads, 3 writes (go-vikunja/performance-testing-v2,
September 2026). A user signs up, makes a few tasks, and then asks with a short pause in between.
"""

import random
from uuid import uuid4

from locust import between, task
from locust.contrib.fasthttp import FastHttpUser

FIRST_TASKS = 20
API = "/api/v1"


class MixedUser(FastHttpUser):
    """One person, or one program in the name of one."""

    wait_time = between(0.5, 1.5)

    def on_start(self) -> None:
        account = {"email": f"{uuid4()}@example.com", "password": "correct horse"}
        signed_up = self.client.post(f"{API}/auth/sign-up", json=account, name="POST /auth/sign-up").json()
        self.headers = {"Authorization": f"Bearer {signed_up['access_token']}"}
        self.task_ids = [self.add() for _ in range(FIRST_TASKS)]

    def add(self) -> str:
        body = {"title": f"task {uuid4()}", "priority": random.randint(0, 4)}
        answer = self.client.post(f"{API}/tasks", json=body, headers=self.headers, name="POST /tasks")
        return str(answer.json()["id"])

    def read(self, path: str, name: str | None = None) -> None:
        self.client.get(API + path, headers=self.headers, name=f"GET {name or path}")

    @task(52)
    def read_task(self) -> None:
        self.read(f"/tasks/{random.choice(self.task_ids)}", "/tasks/{id}")

    @task(20)
    def list_tasks(self) -> None:
        self.read("/tasks")

    @task(15)
    def read_notifications(self) -> None:
        self.read("/notifications?unread=true")

    @task(5)
    def read_account(self) -> None:
        self.read("/users/me")

    @task(5)
    def read_summary(self) -> None:
        self.read("/analytics/summary")

    @task(1)
    def add_task(self) -> None:
        self.task_ids.append(self.add())

    @task(1)
    def edit_task(self) -> None:
        body = {"notes": f"note {uuid4()}"}
        path = f"{API}/tasks/{random.choice(self.task_ids)}"
        self.client.patch(path, json=body, headers=self.headers, name="PATCH /tasks/{id}")

    @task(1)
    def complete_task(self) -> None:
        path = f"{API}/tasks/{random.choice(self.task_ids)}/complete"
        self.client.post(path, headers=self.headers, name="POST /tasks/{id}/complete")
