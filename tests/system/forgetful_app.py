"""An app that leaves one entry out of its response to a bulk delivery, the first time it sees it.

Run as `python -m tests.system.forgetful_app` behind a sidecar; notes what is delivered in the file
that the environment variable DELIVERIES names. TOPICS: what it subscribes to, `todo-events` unless it says
otherwise.
"""

import json
import os
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request

from contracts.batch import unpack_events
from contracts.names import PUBSUB, Topic

FORGOTTEN = "forget me once"

app = FastAPI()
notes = Path(os.environ["DELIVERIES"])
seen: set[str] = set()


def note(user_id: str, title: str) -> None:
    with notes.open("a") as file:
        file.write(json.dumps({"user_id": user_id, "title": title}) + "\n")


@app.get("/readyz")
async def ready() -> str:
    return "ready"


@app.get("/dapr/subscribe")
async def subscribe() -> list[dict[str, Any]]:
    bulk = {"enabled": True, "maxMessagesCount": 100, "maxAwaitDurationMs": 200}
    topics = os.environ.get("TOPICS", Topic.TODO_EVENTS.value).split(",")
    return [
        {
            "pubsubname": PUBSUB,
            "topic": topic,
            "route": "/events",
            "bulkSubscribe": bulk,
            "deadLetterTopic": "dlq",
        }
        for topic in topics
    ]


@app.post("/events")
async def take(request: Request) -> dict[str, Any]:
    statuses = []
    for entry in (await request.json())["entries"]:
        forgotten = [is_forgotten(event) for event in unpack_events(entry["event"])]
        if not any(forgotten):
            statuses.append({"entryId": entry["entryId"], "status": "SUCCESS"})
    return {"statuses": statuses}


def is_forgotten(event: dict[str, Any]) -> bool:
    """Note an event; whether it is left out of the response."""
    data = event.get("data") or {}
    title = data.get("task", {}).get("title", "") if isinstance(data, dict) else ""
    title = title or (event["type"] if "conversation_id" in data else "")
    if title:
        note(data["user_id"], title)
    if title != FORGOTTEN or event["id"] in seen:
        return False
    seen.add(event["id"])
    return True


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(os.environ["APP_PORT"]), log_level="warning")
