"""The schemas in `kafka/schemas` are those of the event classes, and say what is valid."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from contracts.catalogue import BY_TYPE, EVENTS
from contracts.event import wrap
from contracts.json_schema import FILES, main, topic_schema
from contracts.names import Topic
from contracts.user import UserSignedUp

SCHEMAS = Path(__file__).parents[4] / "kafka" / "schemas"


def _signed_up() -> dict[str, Any]:
    event = UserSignedUp(user_id="u1", email="ada@example.com", name="Ada", time_zone="Europe/London")
    envelope = wrap(event, id="e1", source="/services/user", time=datetime.now(UTC), traceparent="")
    message: dict[str, Any] = json.loads(envelope.model_dump_json())
    return message | {"topic": "user-events", "pubsubname": "pubsub", "tracestate": ""}


class TestCommittedSchemas:
    def test_are_generated_from_the_classes(self, tmp_path: Path) -> None:
        main(tmp_path)
        for name in FILES.values():
            assert (SCHEMAS / name).read_text() == (tmp_path / name).read_text(), "run `make generate`"

    def test_cover_every_event(self) -> None:
        assert {event.topic for event in EVENTS} == set(FILES)


class TestTopicSchema:
    validator = Draft202012Validator(topic_schema(Topic.USER_EVENTS))

    def test_accepts_what_is_published(self) -> None:
        self.validator.validate(_signed_up())

    @pytest.mark.parametrize("name", ["id", "specversion", "type", "partitionkey", "time"])
    def test_refuses_an_envelope_without_an_attribute(self, name: str) -> None:
        message = _signed_up()
        del message[name]
        with pytest.raises(ValidationError):
            self.validator.validate(message)

    def test_refuses_a_field_nobody_declared(self) -> None:
        message = _signed_up()
        message["data"]["password"] = "oops"
        with pytest.raises(ValidationError):
            self.validator.validate(message)

    def test_refuses_the_type_of_another_event(self) -> None:
        with pytest.raises(ValidationError):
            self.validator.validate(_signed_up() | {"type": "todo.user.deleted.v1"})


class TestCatalogue:
    def test_has_each_type_once(self) -> None:
        assert len(BY_TYPE) == len(EVENTS)

    def test_names_types_by_domain_fact_and_version(self) -> None:
        for event in EVENTS:
            todo, domain, fact, version = event.type.split(".")
            assert (todo, domain) == ("todo", event.__module__.removeprefix("contracts."))
            assert fact == fact.lower()
            assert version.startswith("v")
