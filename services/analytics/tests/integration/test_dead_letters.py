"""The dead-letter service, on both databases. What other services say is made up; tests/system asks them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import AsyncMock, patch
from uuid import uuid4

import httpx2
import pytest
from analytics_service.dead_letters import gauges, repository
from analytics_service.dead_letters.parsing import parse_dead_letter
from analytics_service.main import create
from analytics_service.settings import Settings
from analytics_service.subscriptions import on_dead_letter, subscriptions
from prometheus_client import REGISTRY

from conftest import OpenService, ServiceUnderTest
from contracts.event import wrap
from contracts.names import App
from contracts.user import UserDeleted
from servicekit.dapr.sidecar import Sidecar
from servicekit.messaging.dead_letters import build_dead_letter
from tests.fake_sidecar import make_response

OPERATOR = {"authorization": "Bearer operator"}
EVENT = {"id": "e1", "type": "todo.task.created.v1"}


@pytest.fixture
async def analytics(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


def make_dead_letter(
    consumer: str = "notification", cause: str = "KeyError", **fields: Any
) -> dict[str, Any]:
    data = {"consumer": consumer, "topic": "todo-events", "cause": cause, "event": EVENT}
    return {
        "id": "x",
        "type": "todo.dead-letter.v1",
        "time": datetime.now(UTC).isoformat(),
        "data": data,
    } | fields


async def store_dead_letters(analytics: ServiceUnderTest, *raw: Any, query: str = "") -> list[dict[str, Any]]:
    for each in raw:
        async with analytics.database.transaction() as session:
            await repository.store_dead_letter(session, parse_dead_letter(each, datetime.now(UTC)))
    response = await analytics.client.get(f"/ops/dead-letters{query}", headers=OPERATOR)
    items: list[dict[str, Any]] = response.json()["items"]
    return items


async def act(analytics: ServiceUnderTest, path: str, **body: Any) -> httpx2.Response:
    return await analytics.client.post(f"/ops{path}", json=body, headers=OPERATOR)


def answered(status: int, **body: Any) -> AsyncMock:
    """What the service a dead letter is handed to answers."""
    return AsyncMock(return_value=make_response(status, **body))


class TestParking:
    async def test_of_ours_keep_consumer_and_cause(self, analytics: ServiceUnderTest) -> None:
        data = {
            "consumer": "notification",
            "topic": "todo-events",
            "cause": "KeyError",
            "event": {"id": "e1"},
        }
        (found,) = await store_dead_letters(analytics, make_dead_letter(data=data))
        assert (found["event_id"], found["consumer"], found["cause"]) == ("e1", "notification", "KeyError")
        assert found["event"] == '{"id":"e1"}'

    async def test_of_dapr_keep_the_event(self, analytics: ServiceUnderTest) -> None:
        (found,) = await store_dead_letters(analytics, {"id": "e1", "topic": "todo-events", "data": {}})
        assert (found["event_id"], found["topic"], found["consumer"]) == ("e1", "todo-events", "")

    @pytest.mark.parametrize("raw", ["bm90IGpzb24=", None, 7, [], {}, {"type": "todo.dead-letter.v1"}])
    async def test_of_any_kind_are_parked(self, analytics: ServiceUnderTest, raw: Any) -> None:
        assert len(await store_dead_letters(analytics, raw)) == 1

    async def test_that_come_twice_are_parked_once(self, analytics: ServiceUnderTest) -> None:
        assert len(await store_dead_letters(analytics, {"id": "e1"}, {"id": "e1"}, {"id": "e2"})) == 2

    async def test_are_paged_newest_first(self, analytics: ServiceUnderTest) -> None:
        await store_dead_letters(analytics, *({"id": f"e{n}"} for n in range(5)))
        seen: list[str] = []
        query = ""
        while True:
            response = await analytics.client.get(f"/ops/dead-letters?limit=2{query}", headers=OPERATOR)
            seen += [item["event_id"] for item in response.json()["items"]]
            if not response.json()["next_cursor"]:
                break
            query = f"&cursor={response.json()['next_cursor']}"
        assert seen == ["e4", "e3", "e2", "e1", "e0"]

    async def test_are_for_operators_only(self, analytics: ServiceUnderTest) -> None:
        response = await analytics.client.get("/ops/dead-letters")
        assert (response.status_code, response.json()["code"]) == (403, "forbidden")


class TestAgain:
    async def test_a_repeat_of_the_same_letter_changes_nothing(self, analytics: ServiceUnderTest) -> None:
        sent = make_dead_letter()
        (found,) = await store_dead_letters(analytics, sent, sent)
        assert found["failures"] == 1

    async def test_another_failure_is_counted_and_parks_it_again(self, analytics: ServiceUnderTest) -> None:
        (first,) = await store_dead_letters(analytics, make_dead_letter())
        with patch.object(Sidecar, "invoke", answered(200, outcome="done")):
            await analytics.client.post(f"/ops/dead-letters/{first['id']}/replay", headers=OPERATOR)
        later = (datetime.now(UTC) + timedelta(seconds=1)).isoformat()
        (found,) = await store_dead_letters(analytics, make_dead_letter(cause="ValueError", time=later))
        assert (found["state"], found["failures"], found["cause"]) == ("parked", 2, "ValueError")


class TestGroups:
    async def test_count_what_is_parked_by_cause(self, analytics: ServiceUnderTest) -> None:
        event = {"id": "e2", "type": "t"}
        other = {"consumer": "notification", "topic": "todo-events", "cause": "KeyError", "event": event}
        await store_dead_letters(
            analytics,
            make_dead_letter(),
            make_dead_letter(data=other),
            make_dead_letter("task", "ValueError"),
        )
        groups = (await analytics.client.get("/ops/dead-letter-groups", headers=OPERATOR)).json()["items"]
        assert [(each["consumer"], each["cause"], each["number"]) for each in groups] == [
            ("notification", "KeyError", 2),
            ("task", "ValueError", 1),
        ]

    async def test_are_found_by_what_they_share(self, analytics: ServiceUnderTest) -> None:
        await store_dead_letters(analytics, make_dead_letter(), make_dead_letter("task"))
        (found,) = await store_dead_letters(analytics, query="?consumer=task&state=parked")
        assert found["consumer"] == "task"

    async def test_are_told_prometheus(self, analytics: ServiceUnderTest) -> None:
        await store_dead_letters(analytics, make_dead_letter(), make_dead_letter("task"))
        await gauges.sample_gauges(analytics.database)
        assert REGISTRY.get_sample_value("todo_dead_letters_parked", {"topic": "todo-events"}) == 2


class TestReplay:
    async def test_hands_the_event_to_who_gave_it_up(self, analytics: ServiceUnderTest) -> None:
        (parked,) = await store_dead_letters(analytics, make_dead_letter())
        with patch.object(Sidecar, "invoke", answered(200, outcome="done")) as invoke:
            path = f"/ops/dead-letters/{parked['id']}/replay"
            found = (await analytics.client.post(path, headers=OPERATOR)).json()
        assert (found["state"], found["replays"], found["outcome"]) == (
            "replayed",
            1,
            "notification: done",
        )
        assert invoke.await_args
        assert invoke.await_args.args == (App.NOTIFICATION, "POST", "/replays")
        assert invoke.await_args.kwargs["json"] == {"topic": "todo-events", "event": EVENT}
        assert invoke.await_args.kwargs["headers"] == OPERATOR

    async def test_that_fails_again_stays_parked_with_the_cause(self, analytics: ServiceUnderTest) -> None:
        (parked,) = await store_dead_letters(analytics, make_dead_letter())
        with patch.object(Sidecar, "invoke", answered(409, detail="KeyError: 'x'")):
            path = f"/ops/dead-letters/{parked['id']}/replay"
            found = (await analytics.client.post(path, headers=OPERATOR)).json()
        assert (found["state"], found["failures"]) == ("parked", 2)
        assert found["outcome"] == "notification: KeyError: 'x'"

    async def test_of_what_dapr_gave_up_asks_all_who_listen(self, analytics: ServiceUnderTest) -> None:
        (parked,) = await store_dead_letters(
            analytics, {"id": "e1", "topic": "user-events", "type": "unknown"}
        )
        with patch.object(Sidecar, "invoke", answered(200, outcome="nothing to do")) as invoke:
            path = f"/ops/dead-letters/{parked['id']}/replay"
            found = (await analytics.client.post(path, headers=OPERATOR)).json()
        called_apps = [call.args[0] for call in invoke.await_args_list]
        assert called_apps == [App.USER, App.TASK, App.CHAT, App.NOTIFICATION]
        assert found["outcome"].endswith("analytics: nothing to do")

    async def test_of_what_is_no_event_is_refused(self, analytics: ServiceUnderTest) -> None:
        (parked,) = await store_dead_letters(analytics, "bm90IGpzb24=")
        response = await analytics.client.post(f"/ops/dead-letters/{parked['id']}/replay", headers=OPERATOR)
        assert (response.status_code, response.json()["code"]) == (409, "no-event")

    async def test_of_many_tells_how_many_failed(self, analytics: ServiceUnderTest) -> None:
        await store_dead_letters(analytics, make_dead_letter(), make_dead_letter("task"))
        with patch.object(Sidecar, "invoke", answered(200, outcome="done")):
            body = {"consumer": "task"}
            response = await analytics.client.post("/ops/replays", json=body, headers=OPERATOR)
        assert response.json() == {"replayed": 1, "failed": 0}

    async def test_of_many_passes_over_what_is_no_event(self, analytics: ServiceUnderTest) -> None:
        await store_dead_letters(analytics, make_dead_letter(), "bm90IGpzb24=", make_dead_letter("task"))
        with patch.object(Sidecar, "invoke", answered(200, outcome="done")):
            response = await analytics.client.post("/ops/replays", json={}, headers=OPERATOR)
        assert response.json() == {"replayed": 2, "failed": 1}

    async def test_is_for_operators_only(self, analytics: ServiceUnderTest) -> None:
        (parked,) = await store_dead_letters(analytics, make_dead_letter())
        for path in (f"/ops/dead-letters/{parked['id']}/replay", "/ops/replays", "/replays"):
            response = await analytics.client.post(path, json={})
            assert (response.status_code, response.json()["code"]) == (403, "forbidden")

    async def test_is_told_by_time_apart_from_its_repeat(self) -> None:
        one, two = (build_dead_letter(App.TASK, "todo-events", "e1", {}, "x") for _ in range(2))  # type: ignore[arg-type]
        assert one.id == two.id
        assert one.payload != two.payload


class TestDiscard:
    async def test_leaves_the_queue_with_its_reason(self, analytics: ServiceUnderTest) -> None:
        (parked,) = await store_dead_letters(analytics, "bm90IGpzb24=")
        response = await act(analytics, f"/dead-letters/{parked['id']}/discard", reason="half a line of JSON")
        assert (response.json()["state"], response.json()["outcome"]) == ("discarded", "half a line of JSON")
        assert await store_dead_letters(analytics, query="?state=parked") == []
        assert [found["id"] for found in await store_dead_letters(analytics, query="?state=discarded")] == [
            parked["id"]
        ]

    async def test_again_keeps_the_newer_reason(self, analytics: ServiceUnderTest) -> None:
        (parked,) = await store_dead_letters(analytics, make_dead_letter())
        for reason in ("why", "better why"):
            response = await act(analytics, f"/dead-letters/{parked['id']}/discard", reason=reason)
        assert (response.status_code, response.json()["outcome"]) == (200, "better why")

    async def test_is_taken_back_by_a_replay(self, analytics: ServiceUnderTest) -> None:
        (parked,) = await store_dead_letters(analytics, make_dead_letter())
        await act(analytics, f"/dead-letters/{parked['id']}/discard", reason="a mistake")
        with patch.object(Sidecar, "invoke", answered(200, outcome="done")):
            response = await act(analytics, f"/dead-letters/{parked['id']}/replay")
        assert response.json()["state"] == "replayed"

    async def test_of_what_was_replayed_is_refused(self, analytics: ServiceUnderTest) -> None:
        (parked,) = await store_dead_letters(analytics, make_dead_letter())
        with patch.object(Sidecar, "invoke", answered(200, outcome="done")):
            await act(analytics, f"/dead-letters/{parked['id']}/replay")
        response = await act(analytics, f"/dead-letters/{parked['id']}/discard", reason="too late")
        assert (response.status_code, response.json()["code"]) == (409, "replayed")

    async def test_of_a_group_leaves_the_others(self, analytics: ServiceUnderTest) -> None:
        await store_dead_letters(
            analytics, make_dead_letter(), make_dead_letter("task"), make_dead_letter("task", "ValueError")
        )
        response = await act(analytics, "/discards", consumer="task", cause="KeyError", reason="old")
        assert response.json() == {"discarded": 0}
        response = await act(analytics, "/discards", consumer="task", reason="old")
        assert response.json() == {"discarded": 1}
        (left,) = await store_dead_letters(analytics, query="?state=parked")
        assert left["consumer"] == "notification"

    async def test_of_a_group_leaves_what_was_replayed(self, analytics: ServiceUnderTest) -> None:
        (parked,) = await store_dead_letters(analytics, make_dead_letter())
        with patch.object(Sidecar, "invoke", answered(200, outcome="done")):
            await act(analytics, f"/dead-letters/{parked['id']}/replay")
        assert (await act(analytics, "/discards", reason="old")).json() == {"discarded": 0}

    @pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "x" * 501}, {"reason": "x", "id": "y"}])
    async def test_needs_a_reason(self, analytics: ServiceUnderTest, body: dict[str, Any]) -> None:
        (parked,) = await store_dead_letters(analytics, make_dead_letter())
        for path in (f"/dead-letters/{parked['id']}/discard", "/discards"):
            assert (await act(analytics, path, **body)).status_code == 422

    async def test_of_an_unknown_letter_is_not_found(self, analytics: ServiceUnderTest) -> None:
        assert (await act(analytics, f"/dead-letters/{uuid4()}/discard", reason="x")).status_code == 404

    async def test_is_for_operators_only(self, analytics: ServiceUnderTest) -> None:
        (parked,) = await store_dead_letters(analytics, make_dead_letter())
        for path in (f"/ops/dead-letters/{parked['id']}/discard", "/ops/discards"):
            response = await analytics.client.post(path, json={"reason": "x"})
            assert (response.status_code, response.json()["code"]) == (403, "forbidden")


class TestErasure:
    """What is parked of a user goes with the account, except what still has to be erased elsewhere."""

    async def test_takes_along_what_is_parked_of_the_user(self, analytics: ServiceUnderTest) -> None:
        await store_dead_letters(analytics, *PARKED)
        await analytics.receive(subscriptions.handlers, UserDeleted(user_id="ada"))
        assert await parked_events(analytics) == ["bob's", "ada is gone"]

    async def test_holds_against_letters_that_come_late(self, analytics: ServiceUnderTest) -> None:
        await analytics.receive(subscriptions.handlers, UserDeleted(user_id="ada"))
        for each in PARKED:
            async with analytics.database.transaction() as session:
                await on_dead_letter(session, each)
        assert await parked_events(analytics) == ["bob's", "ada is gone"]

    async def test_in_the_middle_of_a_replay_of_many_lets_the_others_be_replayed(
        self, analytics: ServiceUnderTest
    ) -> None:
        gone = UserDeleted(user_id="ada")
        envelope = wrap(gone, id="e0", source="/", time=datetime.now(UTC), traceparent="")
        data = {"consumer": "analytics", "topic": "user-events", "cause": "x"}
        first = make_dead_letter(data=data | {"event": envelope.model_dump(mode="json")})
        await store_dead_letters(analytics, first, of_user("ada", "ada's"), of_user("bob", "bob's"))
        with patch.object(Sidecar, "invoke", answered(200, outcome="done")):
            response = await analytics.client.post("/ops/replays", json={}, headers=OPERATOR)
        assert response.json() == {"replayed": 2, "failed": 0}


def of_user(user: str, id: str, **event: Any) -> dict[str, Any]:
    event = {"id": id, "type": "todo.task.created.v1", "data": {"user_id": user}} | event
    return make_dead_letter(
        data={"consumer": "notification", "topic": "todo-events", "cause": "x", "event": event}
    )


PARKED = (
    of_user("ada", "ada's"),
    {"id": "ada's, given up by Dapr", "topic": "todo-events", "data": {"user_id": "ada"}},
    of_user("ada", "ada's, unreadable", data=None, partitionkey="ada"),
    of_user("bob", "bob's"),
    of_user("ada", "ada is gone", type=UserDeleted.type),
)


async def parked_events(analytics: ServiceUnderTest) -> list[str]:
    return [found["event_id"] for found in reversed(await store_dead_letters(analytics))]
