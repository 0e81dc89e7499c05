"""Several events in one message: what is written, what a foreign validator says of it, what is read."""

import base64
import gzip
import subprocess
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from contracts.batch import BATCH_TYPE, unpack_events
from contracts.event import wrap
from contracts.json_schema import topic_schema
from contracts.label import LabelCreated, LabelSnapshot
from contracts.names import Topic
from servicekit.dapr.bulk_publish import OutboundMessage, batch_messages
from servicekit.messaging.consumer import parse_messages


def event(number: int, name: str = "home") -> OutboundMessage:
    now = datetime.now(UTC)
    times = {"created_at": now, "updated_at": now}
    label = LabelSnapshot(id=f"label-{number}", name=name, colour=None, position="a", version=1, **times)
    created = LabelCreated(user_id="ada", label=label)
    envelope = wrap(created, id=f"id-{number}", source="/services/task", time=now, traceparent="")
    return OutboundMessage(envelope.id, "ada", envelope.model_dump_json())


@given(st.lists(st.text(max_size=20), min_size=1, max_size=30))
def test_what_is_written_together_is_read_one_by_one(names: list[str]) -> None:
    events = [event(number, name) for number, name in enumerate(names)]
    message = orjson.loads(batch_messages(events, "/services/task").payload)
    assert unpack_events(message) == [orjson.loads(each.payload) for each in events]
    assert [each.id for each in parse_messages(Topic.TODO_EVENTS, message)] == [each.id for each in events]


def test_a_batch_fits_the_schema_for_readers_of_other_languages() -> None:
    validator = Draft202012Validator(topic_schema(Topic.TODO_EVENTS))
    message = orjson.loads(batch_messages([event(1), event(2)], "/services/task").payload)
    validator.validate(message)
    assert message["type"] == BATCH_TYPE
    message["data"] = {"events": orjson.loads(unpack(message["data"]["events_gzip"]))}
    validator.validate(message)
    del message["data"]["events"][1]["data"]["label"]
    assert not validator.is_valid(message)


def unpack(text: str) -> bytes:
    """What the gzip of others makes of it."""
    return subprocess.run(
        ["gzip", "-dc"], input=base64.b64decode(text), capture_output=True, check=True
    ).stdout


def pack(content: bytes) -> str:
    return base64.b64encode(gzip.compress(content)).decode()


def test_batches_of_other_events_have_other_ids() -> None:
    one, two, three = event(1), event(2), event(3)
    ids = {batch_messages(each, "").id for each in ([one], [one, two], [one, two, three], [two, three])}
    assert len(ids) == 4


BROKEN = [
    "",
    "x",
    "eA==",
    pack(b""),
    pack(b"[1")[:-4],
    pack(b"[]"),
    pack(b"{}"),
    pack(b"[1"),
    pack(b" " * 5_000_000),
]
"""No base64, no gzip, cut off, no list of something, no JSON, more than fits."""


@pytest.mark.parametrize(
    "data",
    [
        *(None, [], {}, {"events": {}}, {"events": []}, {"events": "x"}, {"events_gzip": 1}),
        *({"events_gzip": text} for text in BROKEN),
    ],
)
def test_what_only_says_that_it_is_a_batch_is_one_event(data: Any) -> None:
    """So it is unreadable as a whole, and nothing of it gets lost without a word."""
    message = {"type": BATCH_TYPE, "id": "1", "data": data}
    assert unpack_events(message) == [message]
    (delivery,) = parse_messages(Topic.TODO_EVENTS, message)
    assert delivery.cause
