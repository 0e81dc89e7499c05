"""The traffic Vikunja published of its cloud, as far as our API has it.

Of 100 requests: 52 a task by id, 20 lists, 25 other reads, 3 writes (go-vikunja/performance-testing-v2,
September 2026). A user signs up, makes a few tasks, and then asks with a short pause in between. What
came before everybody was there doesn't count (`--reset-stats`).
"""

import random
from typing import Any
from uuid import uuid4

import gevent
from locust import between, task
from locust.contrib.fasthttp import FastHttpUser
from locust.env import Environment
from locust.exception import StopUser

from loadtest.scenarios.shares import SHARES
from loadtest.scenarios.tasks import FIRST_TASKS, a_task

TRIES = 30
API = "/api/v1"


class MixedUser(FastHttpUser):
    """One person, or one program in the name of one."""

    wait_time = between(0.5, 1.5)

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        self.client.client.cookiejar = None  # tokens are in a header; to look for cookies costs a tenth

    def on_start(self) -> None:
        self.headers: dict[str, str] = {}
        account = {"email": f"{uuid4()}@example.com", "password": "correct horse"}
        signed_up = self.create_until_accepted("/auth/sign-up", account)
        self.headers = bearer(signed_up["access_token"])
        self.task_ids = [self.create_until_accepted("/tasks", a_task())["id"] for _ in range(FIRST_TASKS)]

    def use_account(self, token: str, task_ids: list[str]) -> None:
        """Be somebody who was there before."""
        self.headers, self.task_ids = bearer(token), task_ids

    def create_until_accepted(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Make what the user has beforehand; asked again for as long as the system is busy."""
        for _ in range(TRIES):
            response = self.client.post(API + path, json=body, headers=self.headers, name="before")
            if response.status_code == 201:
                made: dict[str, Any] = response.json()
                return made
            gevent.sleep(1)
        raise StopUser

    def send_read(self, path: str, name: str | None = None) -> None:
        self.client.get(API + path, headers=self.headers, name=f"GET {name or path}")

    def send_write(self, method: str, path: str, name: str, body: dict[str, Any] | None = None) -> Any:
        """On a fresh connection: one kept from before may be closing, and only reads are sent again then."""
        self.client.client.close()
        return self.client.request(
            method, API + path, json=body, headers=self.headers, name=f"{method} {name}"
        )

    @task(SHARES["read_task"])
    def read_task(self) -> None:
        self.send_read(f"/tasks/{random.choice(self.task_ids)}", "/tasks/{id}")

    @task(SHARES["list_tasks"])
    def list_tasks(self) -> None:
        self.send_read("/tasks")

    @task(SHARES["read_notifications"])
    def read_notifications(self) -> None:
        self.send_read("/notifications?unread=true")

    @task(SHARES["read_account"])
    def read_account(self) -> None:
        self.send_read("/users/me")

    @task(SHARES["read_summary"])
    def read_summary(self) -> None:
        self.send_read("/analytics/summary")

    @task(SHARES["add_task"])
    def add_task(self) -> None:
        response = self.send_write("POST", "/tasks", "/tasks", a_task())
        if response.status_code == 201:
            self.task_ids.append(response.json()["id"])

    @task(SHARES["edit_task"])
    def edit_task(self) -> None:
        path = f"/tasks/{random.choice(self.task_ids)}"
        self.send_write("PATCH", path, "/tasks/{id}", {"notes": f"note {uuid4()}"})

    @task(SHARES["complete_task"])
    def complete_task(self) -> None:
        path = f"/tasks/{random.choice(self.task_ids)}/complete"
        self.send_write("POST", path, "/tasks/{id}/complete")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
