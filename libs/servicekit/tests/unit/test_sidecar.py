"""What is asked of the sidecar for state, events and secrets, and what its responses mean."""

from dataclasses import dataclass, field

import orjson
import pytest

from contracts.names import Topic
from servicekit.dapr.bulk_publish import OutboundMessage
from servicekit.dapr.sidecar import SidecarResponse, StateConflict, StateEntry
from servicekit.errors import Unavailable
from tests.fake_sidecar import FakeSidecar, Request, make_raw_response


@dataclass
class Daprd(FakeSidecar):
    """Answers what it is told to, the last response again and again."""

    responses: list[SidecarResponse] = field(default_factory=list)

    def respond(self, request: Request) -> SidecarResponse:
        return self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]


def daprd(*responses: SidecarResponse) -> Daprd:
    return Daprd(responses=list(responses) or [make_raw_response(204)])


class TestState:
    async def test_comes_with_its_etag(self) -> None:
        sidecar = daprd(make_raw_response(200, b'{"a":1}', {"etag": "7"}))
        assert await sidecar.get_state("a/b c") == StateEntry({"a": 1}, "7")
        assert sidecar.requests[0].path == "/v1.0/state/statestore/a%2Fb%20c"

    @pytest.mark.parametrize("reply", [make_raw_response(204), make_raw_response(200)])
    async def test_that_is_not_there_is_empty(self, reply: SidecarResponse) -> None:
        assert await daprd(reply).get_state("a") == StateEntry()

    async def test_is_written_over_the_value_that_was_read(self) -> None:
        sidecar = daprd()
        await sidecar.save_state("a", 1, etag="7", ttl_seconds=60)
        item = {"key": "a", "value": 1, "options": {"concurrency": "first-write"}, "etag": "7"}
        assert sidecar.requests[0].json == [item | {"metadata": {"ttlInSeconds": "60"}}]

    async def test_is_written_anew_without_an_etag(self) -> None:
        sidecar = daprd()
        await sidecar.save_state("a", 1)
        assert set(sidecar.requests[0].json[0]) == {"key", "value", "options"}

    @pytest.mark.parametrize(
        "reply",
        [
            make_raw_response(409),
            make_raw_response(500, b'{"message":"failed to set key a: possible etag mismatch"}'),
        ],
    )
    async def test_that_was_changed_meanwhile_is_not_overwritten(self, reply: SidecarResponse) -> None:
        with pytest.raises(StateConflict):
            await daprd(reply).save_state("a", 1)

    @pytest.mark.parametrize("verb", ["get_state", "save_state", "delete_state"])
    async def test_that_can_not_be_reached_is_unavailable(self, verb: str) -> None:
        more = (1,) if verb == "save_state" else ()
        with pytest.raises(Unavailable) as refusal:
            await getattr(daprd(make_raw_response(500, b"{}")), verb)("a", *more)
        assert refusal.value.code == "state-unavailable"


class TestPublish:
    EVENTS = (OutboundMessage("1", "ada", '{"n":1}'), OutboundMessage("2", "b&b", '{"n":2}'))

    async def test_names_the_key_that_keeps_the_order(self) -> None:
        sidecar = daprd()
        await sidecar.publish(Topic.USER_EVENTS, self.EVENTS[1])
        (request,) = sidecar.requests
        assert request.path == "/v1.0/publish/pubsub/user-events?metadata.partitionKey=b%26b"
        assert request.json == {"n": 2}

    async def test_that_fails_is_unavailable(self) -> None:
        with pytest.raises(Unavailable):
            await daprd(make_raw_response(500)).publish(Topic.USER_EVENTS, self.EVENTS[0])

    async def test_in_bulk_takes_events_as_they_are(self) -> None:
        sidecar = daprd()
        assert await sidecar.publish_bulk(Topic.USER_EVENTS, self.EVENTS) == set()
        assert sidecar.requests[0].json == [
            {
                "entryId": event.id,
                "contentType": "application/cloudevents+json",
                "metadata": {"partitionKey": event.key},
                "event": orjson.loads(event.payload),
            }
            for event in self.EVENTS
        ]

    async def test_in_bulk_tells_which_were_not_taken(self) -> None:
        reply = make_raw_response(500, b'{"failedEntries":[{"entryId":"2","error":"x"}],"errorCode":"x"}')
        assert await daprd(reply).publish_bulk(Topic.USER_EVENTS, self.EVENTS) == {"2"}

    @pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b'{"failedEntries":[{}]}'])
    async def test_in_bulk_of_unknown_outcome_is_unavailable(self, body: bytes) -> None:
        with pytest.raises(Unavailable):
            await daprd(make_raw_response(500, body)).publish_bulk(Topic.USER_EVENTS, self.EVENTS)


class TestSecret:
    async def test_is_waited_for(self) -> None:
        sidecar = daprd(make_raw_response(403), make_raw_response(200, b'{"key":"x"}'))
        assert await sidecar.secret("session") == {"key": "x"}
        assert sidecar.requests[0].path == "/v1.0/secrets/secretstore/session"

    async def test_that_does_not_come_is_unavailable(self) -> None:
        with pytest.raises(Unavailable, match="session"):
            await daprd(make_raw_response(403)).secret("session", wait=0)
