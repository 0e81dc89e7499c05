"""What webhooks are sent of each event, and that docs/webhooks.md says the same. On both databases."""

import hmac
import re
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from notification_service.channels.delivery_job import DeliveryJob
from notification_service.channels.schemas import Kind
from notification_service.channels.webhooks import SIGNATURE_HEADER, sign_body
from notification_service.models import Channel, Delivery, Notification
from notification_service.notification_rules import RULES, kind_of
from notification_service.subscriptions import subscriptions

from conftest import ServiceUnderTest
from contracts.event import Event
from contracts.filter import FilterCreated, FilterDeleted, FilterEvent, FilterSnapshot, FilterUpdated
from contracts.label import LabelCreated, LabelDeleted, LabelEvent, LabelSnapshot, LabelUpdated
from contracts.project import (
    ProjectCreated,
    ProjectDeleted,
    ProjectEvent,
    ProjectRestored,
    ProjectSnapshot,
    ProjectUpdated,
)
from contracts.task import TaskCompleted, TaskCreated, TaskDeleted, TaskReopened, TaskRestored, TaskUpdated
from services.notification.tests.events import event
from services.notification.tests.integration.test_channels import add_webhook, send
from services.notification.tests.receivers import Receiver, web_receiver

DOCUMENT = (Path(__file__).parents[4] / "docs" / "webhooks.md").read_text()
HANDLERS = subscriptions.handlers
NOW = datetime(2026, 11, 29, 10, tzinfo=UTC)
NAMED: dict[str, Any] = {
    "id": "n1",
    "name": "Flat",
    "colour": None,
    "position": "a",
    "version": 2,
    "created_at": NOW,
    "updated_at": NOW,
}


def of_project(kind: type[ProjectEvent], **more: Any) -> Event:
    project = ProjectSnapshot(**NAMED, parent_id=None, archived=False, deleted_at=None)
    return kind(user_id="ada", project=project, **more)


def of_label(kind: type[LabelEvent], **more: Any) -> Event:
    return kind(user_id="ada", label=LabelSnapshot(**NAMED), **more)


def of_filter(kind: type[FilterEvent], **more: Any) -> Event:
    return kind(user_id="ada", filter=FilterSnapshot(**NAMED, filter="not done", sort=None), **more)


CHANGED = {"changed": ["name"]}
EVENTS: dict[str, Event] = {
    "task.created": event(TaskCreated),
    "task.updated": event(TaskUpdated, extra={"changed": ["title", "position"]}),
    "task.moved": event(TaskUpdated, extra={"changed": ["project_id"]}),
    "task.completed": event(TaskCompleted),
    "task.reopened": event(TaskReopened),
    "task.deleted": event(TaskDeleted),
    "task.restored": event(TaskRestored),
    "project.created": of_project(ProjectCreated),
    "project.updated": of_project(ProjectUpdated, **CHANGED),
    "project.deleted": of_project(ProjectDeleted),
    "project.restored": of_project(ProjectRestored),
    "label.created": of_label(LabelCreated),
    "label.updated": of_label(LabelUpdated, **CHANGED),
    "label.deleted": of_label(LabelDeleted),
    "filter.created": of_filter(FilterCreated),
    "filter.updated": of_filter(FilterUpdated, **CHANGED),
    "filter.deleted": of_filter(FilterDeleted),
}


def table(heading: str) -> dict[str, list[str]]:
    """The rows of the table under a heading, by their first cell, without backticks."""
    section = DOCUMENT.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in section.splitlines() if line.startswith("|")][2:]
    return {row[0].strip(" `"): [cell.strip() for cell in row[1:]] for row in rows}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with web_receiver() as receiver:
        yield receiver


class TestTheDocument:
    def test_names_every_kind(self) -> None:
        assert list(table("Kinds")) == list(get_args(Kind))

    def test_names_every_field_and_its_type(self) -> None:
        entry = Notification(id="e", user_id="ada", kind="test", title="x", created_at=NOW)
        delivery = Delivery(
            id="d", user_id="ada", notification_id="e", kind="webhook", state="due", created_at=NOW
        )
        channel = Channel(id="c", user_id="ada", kind="webhook", target="", created_at=NOW)
        content = DeliveryJob(delivery, channel, entry).render_content()
        fields = table("Body")
        assert list(fields) == list(content)
        named = {str: "string", bool: "boolean", type(None): "or null"}
        assert all(named[type(value)] in fields[name][0] for name, value in content.items())

    def test_says_how_to_check_the_signature(self) -> None:
        code = re.search(r"```python\n(.*?)```", DOCUMENT, re.S)
        assert code
        names: dict[str, Any] = {"hmac": hmac, "time": time}
        exec(code[1], names)
        body, now = b'{"type":"test"}', int(time.time())
        assert names["is_ours"](body, sign_body(body, ["new", "old"], now), "old")
        assert not names["is_ours"](body + b" ", sign_body(body, ["new"], now), "new")
        assert not names["is_ours"](body, sign_body(body, ["other"], now), "new")
        assert not names["is_ours"](body, sign_body(body, ["new"], now - 600), "new")
        assert f"`{SIGNATURE_HEADER}: " in DOCUMENT


class TestKinds:
    def test_are_offered_of_every_event_that_is_one(self) -> None:
        of_events = {content.kind for content in RULES.values() if content.kind and not content.in_inbox}
        assert of_events | {"task.moved"} == set(EVENTS)
        assert set(EVENTS) <= set(get_args(Kind))

    @pytest.mark.parametrize("kind", EVENTS)
    def test_are_told_apart(self, kind: str) -> None:
        assert kind_of(EVENTS[kind]) == kind


class TestBodies:
    async def test_name_what_they_are_of(self, notification: ServiceUnderTest, receiver: Receiver) -> None:
        await add_webhook(notification, receiver.url, kinds=list(EVENTS))
        sent = await notification.receive(HANDLERS, *EVENTS.values())
        await send(notification)
        bodies = {call.json["data"]["id"]: call.json for call in receiver.calls}
        assert [bodies[envelope.id]["type"] for envelope in sent] == list(EVENTS)
        for envelope in sent:
            body = bodies[envelope.id]
            data, columns = body["data"], table("Kinds")[body["type"]]
            named = {name for name in data if (name.endswith("_id") or name == "changed") and data[name]}
            assert named == set(re.findall(r"`(\w+)`", columns[1]))
            assert data["changed"] == getattr(envelope.data, "changed", None)
            assert data["title"]
            assert set(data) == set(table("Body"))

    async def test_are_of_the_kinds_asked_for_only(
        self, notification: ServiceUnderTest, receiver: Receiver
    ) -> None:
        await add_webhook(notification, receiver.url, kinds=["label.updated"])
        await notification.receive(HANDLERS, *EVENTS.values())
        await send(notification)
        (call,) = receiver.calls
        assert call.json["data"] | {"id": "", "created_at": ""} == {
            **dict.fromkeys(table("Body")),
            **{"id": "", "kind": "label.updated", "title": "Flat", "text": "", "label_id": "n1"},
            **{"changed": ["name"], "late": False, "created_at": ""},
        }
        assert (await notification.client.get("/notifications")).json()["items"] == []
