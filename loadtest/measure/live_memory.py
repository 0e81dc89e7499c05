"""`live-memory`: what a replica of the frontend holds for live streams, after changes of many users.

A process of its own for each row, which takes events in as daprd delivers them and measures itself.
"""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import orjson
import psutil
from frontend_service.live.broker import SseBroker
from frontend_service.live.event_log import EventLog, LogLimits
from frontend_service.live.subscriptions import publish_message

from contracts.event import wrap
from contracts.names import Topic
from contracts.task import TaskSnapshot, TaskUpdated
from loadtest.measure import report
from servicekit.messaging.consumer import InboundMessage

USERS = 20_000
CHANGES = 10
MIB = 2**20
NOW = datetime(2026, 1, 1, tzinfo=UTC)
SHIPPED = LogLimits()
UNBOUNDED = "without the limit of bytes"
CASES = {"shipped": SHIPPED, UNBOUNDED: replace(SHIPPED, bytes=2**40)}


def build_event() -> bytes:
    """A change of a task with a note of 200 characters, as daprd delivers it, with places for user and id."""
    task = TaskSnapshot(
        **{"id": str(uuid4()), "title": "Call the plumber about the kitchen", "notes": "x" * 200},
        **{"done": False, "priority": 2, "labels": ["home"], "project_id": str(uuid4()), "parent_id": None},
        **{"due_date": NOW.date(), "due_time": None, "time_zone": "Europe/Berlin", "due_at": NOW},
        **{"position": "a0V", "version": 3, "created_at": NOW, "updated_at": NOW, "completed_at": None},
        deleted_at=None,
    )
    event = TaskUpdated(user_id="USER", task=task, changed=["notes"])
    traceparent = f"00-{uuid4().hex}-{uuid4().hex[:16]}-01"
    return (
        wrap(event, id="EVENT", source="task", time=NOW, traceparent=traceparent).model_dump_json().encode()
    )


def measure_case(name: str, number_of_users: int = USERS) -> dict[str, float]:
    """Resident MiB before and after, and what the log says it holds."""
    broker = SseBroker(log=EventLog(CASES[name]))
    template, users = build_event(), [str(uuid4()).encode() for _ in range(number_of_users)]
    process = psutil.Process()
    before = process.memory_info().rss
    for _ in range(CHANGES):
        for user in users:
            event = template.replace(b"USER", user).replace(b"EVENT", str(uuid4()).encode())
            publish_message(broker, InboundMessage(Topic.TODO_EVENTS, orjson.loads(event)))
    return {
        "bytes": len(event),
        "kept": len(broker.log),
        "held": broker.log.held_bytes / MIB,
        "before": before / MIB,
        "after": process.memory_info().rss / MIB,
    }


def main() -> None:
    rows: list[report.Row] = []
    for name in CASES:
        command = [sys.executable, "-m", "loadtest.measure.live_memory", name]
        found = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
        added = found["after"] - found["before"]
        rows.append([name, int(found["kept"]), found["held"], added, found["after"]])
    text = (
        f"{USERS:,} users with {CHANGES} changes each, {int(found['bytes']):,} bytes an event; nobody has a "
        f"stream open. Held is what `todo_live_events_bytes` says. Shipped are {SHIPPED.bytes // MIB} MiB."
    )
    header = ["limits", "events kept", "MiB held", "MiB resident for it", "MiB resident in all"]
    report.write_report("live-memory", "Memory of live streams", text, report.render_table(header, rows))


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure_case(sys.argv[1], *map(int, sys.argv[2:]))))
    else:
        main()
