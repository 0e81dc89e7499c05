"""The tasks people of a scenario have; apart from Locust, which changes Python's sockets when imported."""

import random
from typing import Any
from uuid import uuid4

FIRST_TASKS = 5


def a_task() -> dict[str, Any]:
    return {"title": f"task {uuid4()}", "priority": random.randint(0, 4)}
