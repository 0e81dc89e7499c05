"""One trace from the edge to the last consumer, as one tree; and logs that lead to it."""

from uuid import uuid4

from devstack.broker import write_topic
from devstack.observe.ports import NAMESPACE
from devstack.stack import Stack
from tests.monitored.browsing import browsing
from tests.monitored.traffic import Traffic
from tests.monitored.watching import Span, Watching
from tests.system.reminding import fired, soon
from tests.system.waiting import eventually

CLIENT = "00f067aa0ba902b7"
OURS, SIDECAR = "servicekit", "dapr-diagnostics"

Edge = tuple[str, str, str]
"""`service/instrumentation` of the parent of a span, the same of the span, and its name."""

REQUEST: list[Edge] = [
    ("", "frontend/servicekit", "POST /api/v1/tasks"),
    ("frontend/servicekit", "frontend/dapr-diagnostics", "CallLocal/task/tasks"),
    ("frontend/dapr-diagnostics", "task/dapr-diagnostics", "CallLocal/task/tasks"),
    ("task/dapr-diagnostics", "task/servicekit", "POST /tasks"),
    ("task/servicekit", "task/servicekit", "todo-events publish"),
]
EVENT: list[Edge] = [
    ("task/servicekit", "notification/dapr-diagnostics", "pubsub/todo-events"),
    ("task/servicekit", "analytics/dapr-diagnostics", "pubsub/todo-events"),
    ("task/servicekit", "notification/servicekit", "todo-events process"),
    ("task/servicekit", "analytics/servicekit", "todo-events process"),
    ("task/servicekit", "frontend/dapr-diagnostics", "pubsub/todo-events"),
    ("frontend/dapr-diagnostics", "frontend/servicekit", "POST /events/broadcast/todo-events"),
]

PAGE: set[Edge] = {
    ("", "browser/servicekit", "POST /tasks"),
    ("browser/servicekit", "frontend/servicekit", "POST /tasks"),
    *REQUEST[2:],
    *EVENT,
}


def edges(spans: list[Span]) -> set[Edge]:
    """Who led to whom."""
    by_id = {span.id: span for span in spans}
    return {(_who(by_id.get(span.parent)), _who(span), span.name) for span in spans}


def _who(span: Span | None) -> str:
    return f"{span.service}/{span.library}" if span else ""


class TestTrace:
    async def test_is_one_tree_from_the_edge_to_the_consumers(
        self, watching: Watching, traffic: Traffic
    ) -> None:
        """A program of somebody's starts it (its `traceparent`), and sends no span of its own to us."""
        id = uuid4().hex
        response = await traffic.ada.ask(
            "POST", "/tasks", {"title": "traced"}, traceparent=f"00-{id}-{CLIENT}-01"
        )
        assert response.status == 201
        expected = {*REQUEST, *EVENT}
        spans = await eventually(lambda: watching.trace(id), lambda spans: expected <= edges(spans))
        known = {span.id for span in spans}
        assert [span.name for span in spans if span.parent not in known] == ["POST /api/v1/tasks"]
        assert next(span.parent for span in spans if span.parent not in known) == CLIENT

    async def test_goes_on_in_what_reading_an_entry_tells(self, watching: Watching, traffic: Traffic) -> None:
        await traffic.ada.insist("POST", "/reminders", {"title": "traced", "at": soon()})
        (entry,) = await fired(traffic.ada)
        id, path = uuid4().hex, f"/notifications/{entry['id']}/read"
        response = await traffic.ada.ask("POST", path, traceparent=f"00-{id}-{CLIENT}-01")
        assert response.status == 200
        edge = ("notification/servicekit", "notification/servicekit", "notification-events publish")
        await eventually(lambda: watching.trace(id), lambda spans: edge in edges(spans))


class TestBrowser:
    async def test_is_where_the_trace_of_a_page_begins(self, stack: Stack, watching: Watching) -> None:
        async with browsing(stack.addresses.edge) as page:
            await page.goto("/sign-up")
            for label, text in {"Name": "Ada", "E-mail": "ada@example.org", "Password": uuid4().hex}.items():
                await page.get_by_label(label).fill(text)
            await page.get_by_role("button", name="Sign up").click()
            await page.get_by_label("New task").fill("traced from here")
            async with page.expect_request(lambda request: request.method == "POST") as asking:
                await page.keyboard.press("Enter")
            id = (await (await asking.value).header_value("traceparent") or "").split("-")[1]
            spans = await eventually(lambda: watching.trace(id), lambda spans: edges(spans) >= PAGE)
        assert [span.name for span in spans if not span.parent] == ["POST /tasks"]


class TestLogs:
    async def test_carry_the_trace_id(self, stack: Stack, watching: Watching, traffic: Traffic) -> None:
        """An event nobody can use is logged by each consumer, under the trace of who published it."""
        id = uuid4().hex
        poison = (
            '{"specversion": "1.0", "id": "poison", "source": "/", "type": "todo.task.created.v1",'
            f' "traceparent": "00-{id}-{CLIENT}-01", "data": {{}}}}'
        )
        await write_topic(stack.addresses, "todo-events", poison.encode(), b"somebody")

        async def services() -> set[str]:
            found = await watching.logs(f'{{namespace="{NAMESPACE}"}} | trace_id="{id}" | level="error"')
            return {labels["service"] for labels, line in found if "dead letter" in line}

        await eventually(services, lambda seen: seen == {"notification", "analytics"})

    async def test_of_servers_and_sidecars_are_there_too(self, watching: Watching) -> None:
        for query in ('{service="kafka"}', '{service="task", container="daprd"}', '{container="task"}'):
            assert await watching.logs(query, 3600), query
