"""What Locust runs for `python -m loadtest.load`: a plan's phases, by people who were there before.

Reads `plan.json` and `accounts.json` from the folder LOAD_FOLDER, and leaves there `samples.csv`, a line a
request, and `begun.json`: when each phase began and the last one ended, and how late this process was.
"""

import csv
import itertools
import json
import os
import random
import time
from pathlib import Path
from typing import Any

import gevent
from locust import LoadTestShape, events

from loadtest.load import accounts
from loadtest.load.plan import PATIENCE_SECONDS, Plan
from loadtest.scenarios import mix

FOLDER = Path(os.environ["LOAD_FOLDER"])
PLAN = Plan.read(FOLDER / "plan.json")
ACCOUNTS = itertools.cycle(accounts.read_accounts(FOLDER / "accounts.json"))
LOOK_SECONDS = 0.1
begun: list[float] = []
late: list[tuple[float, float]] = []
"""When a greenlet woke up, and by how many milliseconds too late: answers are noticed as late as that."""


class PlannedUser(mix.MixedUser):
    """Asks once in each of the plan's paces, at a moment of its own within it.

    That moment stays, also after a response that took longer than the pace: people don't fall into step.
    With Locust's `constant_pacing` all who once waited for the same stall would come together ever after.
    """

    connection_timeout = network_timeout = PATIENCE_SECONDS

    def on_start(self) -> None:
        account = next(ACCOUNTS)
        self.use_account(account.token, list(account.task_ids))
        self.moment = random.uniform(0, PLAN.pace)
        gevent.sleep(self.wait_time())

    def wait_time(self) -> float:
        """Seconds until its next moment."""
        return (self.moment - time.time()) % PLAN.pace


class Phases(LoadTestShape):
    """One phase after the other; all users of a phase come, or go, within a second."""

    def tick(self) -> tuple[int, float] | None:
        now = time.time()
        number = PLAN.phase_at(now - begun[0] if begun else 0)
        if number is None or number == len(begun):
            begun.append(now)
        if number is None:
            return None
        return PLAN.phases[number].users, float(PLAN.users)


_file = (FOLDER / "samples.csv").open("w", newline="")
_samples = csv.writer(_file)


def record_sample(*, name: str, response_time: float, response: Any, start_time: float, **_: Any) -> None:
    _samples.writerow([f"{start_time:.4f}", name, response.status_code, f"{response_time:.2f}"])


def watch_itself(**_: Any) -> None:
    gevent.spawn(look_at_the_clock)


def look_at_the_clock() -> None:
    while True:
        began = time.time()
        gevent.sleep(LOOK_SECONDS)
        now = time.time()
        late.append((now, round((now - began - LOOK_SECONDS) * 1e3, 2)))


def write_times(**_: Any) -> None:
    _file.close()
    (FOLDER / "begun.json").write_text(json.dumps({"begun": begun, "late": late}))


events.request.add_listener(record_sample)  # type: ignore[no-untyped-call]
events.test_start.add_listener(watch_itself)  # type: ignore[no-untyped-call]
events.quitting.add_listener(write_times)  # type: ignore[no-untyped-call]
