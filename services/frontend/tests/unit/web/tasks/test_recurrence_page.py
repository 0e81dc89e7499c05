"""The page of a task's repetition, with made-up services."""

from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.names import App
from services.frontend.tests.fake_services import FakeServices, a_task, problem
from services.frontend.tests.unit.web.tasks.test_recurrence_form import rules
from tests.fake_sidecar import make_response

ID = a_task()["id"]
WEEKLY = {"rule": "FREQ=WEEKLY;BYDAY=MO", "from": "due", "month_end": "clamp", "missed": "skip"}
NEXT = {"due_date": "2099-02-02", "due_time": None, "due_at": None, "why": "every week on Monday; moved on"}


class Form(HTMLParser):
    """What a browser would send of the form with this action, left as it is."""

    def __init__(self, action: str) -> None:
        super().__init__()
        self.action, self.inside, self.select = action, False, ""
        self.fields: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.inside = given.get("action") == self.action
        name, value = given.get("name") or "", given.get("value") or ""
        if not self.inside:
            return
        if tag == "select":
            self.select = name
        elif tag == "option" and ("selected" in given or self.select not in self.fields):
            self.fields[self.select] = value
        elif tag == "input" and (given.get("type") not in ("radio", "checkbox") or "checked" in given):
            self.fields[name] = value


def form_of(page: str) -> dict[str, str]:
    form = Form(f"/tasks/{ID}/repeat")
    form.feed(page)
    return form.fields


def repeats(services: FakeServices, recurrence: dict[str, str] | None = WEEKLY, **fields: Any) -> None:
    task = a_task(**{"due_date": "2099-01-26", "recurrence": recurrence} | fields)
    services.responses[f"GET /tasks/{ID}"] = make_response(**task)
    services.responses[f"GET /tasks/{ID}/occurrences"] = make_response(items=[NEXT])
    services.responses[f"PATCH /tasks/{ID}"] = make_response(**task)


async def save(ada: httpx2.AsyncClient, services: FakeServices, **changes: str) -> Any:
    """What is sent of the form with these changes."""
    services.calls.clear()
    form = form_of((await ada.get(f"/tasks/{ID}/repeat")).text) | changes
    response = await ada.post(f"/tasks/{ID}/repeat", data=form)
    assert response.headers.get("location") == f"/tasks/{ID}/repeat?did=saved", response.text
    (sent,) = services.called(f"PATCH /tasks/{ID}")
    assert sent.headers["if-match"] == '"1"'
    return sent.json


class TestRecurrencePage:
    async def test_describes_the_rule_with_its_next_dates(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        repeats(services)
        for path in (f"/tasks/{ID}/repeat", f"/tasks/{ID}/edit"):
            text = (await ada.get(path)).text
            assert "Every week on Mon" in text
            assert "Monday, 2 February 2099" in text
            assert "moved on" in text

    async def test_describes_an_unsupported_rule_with_the_text_of_the_task_service(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        repeats(services, WEEKLY | {"rule": "FREQ=WEEKLY;BYDAY=MO;BYMONTH=3"})
        text = (await ada.get(f"/tasks/{ID}/repeat")).text
        assert "Keep it as it is: every week on Monday" in text

    async def test_marks_the_last_occurrence(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        repeats(services)
        services.responses[f"GET /tasks/{ID}/occurrences"] = make_response(items=[])
        text = (await ada.get(f"/tasks/{ID}/repeat")).text
        assert "This is the last one." in text
        assert "Skip this one" not in text

    async def test_is_shown_without_dates_while_they_are_unavailable(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        repeats(services)
        services.responses[f"GET /tasks/{ID}/occurrences"] = problem(503, "task-unavailable")
        assert "The next dates can't be read right now." in (await ada.get(f"/tasks/{ID}/edit")).text
        services.away.add(App.TASK)
        assert (await ada.get(f"/tasks/{ID}/repeat")).status_code == 503

    async def test_row_describes_the_rule(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        services.responses["GET /tasks"] = make_response(items=[a_task(recurrence=WEEKLY)], next_cursor=None)
        assert "every week on Mon" in (await ada.get("/")).text


class TestSavingARule:
    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        rule=rules(),
        from_=st.sampled_from(["due", "completion"]),
        month_end=st.sampled_from(["clamp", "skip"]),
        missed=st.sampled_from(["skip", "one", "all"]),
    )
    async def test_an_unchanged_form_changes_nothing(
        self,
        ada: httpx2.AsyncClient,
        services: FakeServices,
        rule: str,
        from_: str,
        month_end: str,
        missed: str,
    ) -> None:
        repeats(services, {"rule": rule, "from": from_, "month_end": month_end, "missed": missed})
        assert await save(ada, services) == {}

    async def test_sends_only_what_was_changed(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        repeats(services)
        assert await save(ada, services, missed="all") == {"recurrence": {"missed": "all"}}
        assert await save(ada, services, every="2") == {
            "recurrence": {"rule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"}
        }
        assert await save(ada, services, due_date="2099-03-02") == {"due_date": "2099-03-02"}

    async def test_makes_a_task_repeat(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        repeats(services, None)
        sent = await save(ada, services)
        assert sent == {"recurrence": WEEKLY | {"rule": "FREQ=WEEKLY"}}

    async def test_keeps_what_it_has_no_fields_for_until_something_is_chosen(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        repeats(services, WEEKLY | {"rule": "FREQ=YEARLY;BYYEARDAY=100"})
        assert await save(ada, services, every="3", unit="day") == {}
        sent = await save(ada, services, every="3", unit="day", pattern="new")
        assert sent == {"recurrence": {"rule": "FREQ=DAILY;INTERVAL=3"}}

    async def test_accepts_words(self, ada: httpx2.AsyncClient, services: FakeServices) -> None:
        repeats(services)
        parsed: dict[str, Any] = {"title": "", "due_date": "2099-01-16", "due_time": "09:00:00"}
        parsed |= {"recurrence": WEEKLY | {"rule": "FREQ=MONTHLY;BYDAY=3FR"}}
        spans = [{"start": 0, "end": 16, "kind": "recurrence"}]
        services.responses["POST /tasks/parse"] = make_response(task=parsed, spans=spans, creates=[])
        assert await save(ada, services, words="every 3rd friday") == {
            "due_date": "2099-01-16",
            "due_time": "09:00:00",
            "recurrence": {"rule": "FREQ=MONTHLY;BYDAY=3FR", "from": "due"},
        }

    @pytest.mark.parametrize(
        ("title", "recurrence", "kinds", "message"),
        [
            ("every blue moon", None, [], "This text contains no repetition."),
            ("milk", WEEKLY, ["recurrence"], "this text also contains “milk”"),
            ("", WEEKLY, ["recurrence", "label"], "this text also contains more than that"),
        ],
    )
    async def test_rejects_words_that_mean_something_else(
        self,
        ada: httpx2.AsyncClient,
        services: FakeServices,
        title: str,
        recurrence: Any,
        kinds: list[str],
        message: str,
    ) -> None:
        repeats(services)
        task = {"title": title, "due_date": None, "due_time": None, "recurrence": recurrence}
        spans = [{"start": 0, "end": 1, "kind": kind} for kind in kinds]
        services.responses["POST /tasks/parse"] = make_response(task=task, spans=spans, creates=[])
        response = await ada.post(f"/tasks/{ID}/repeat", data={"words": "<b>"})
        assert response.status_code == 422
        assert message in response.text
        assert 'value="&lt;b&gt;"' in response.text
        assert services.called(f"PATCH /tasks/{ID}") == []

    async def test_names_an_invalid_field_and_keeps_the_others(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        repeats(services)
        form = form_of((await ada.get(f"/tasks/{ID}/repeat")).text)
        response = await ada.post(
            f"/tasks/{ID}/repeat", data=form | {"every": "x", "ends": "count", "count": "7"}
        )
        assert "A number from 1 to 1000." in response.text
        assert form_of(response.text) | {"key": ""} == form | {
            "every": "x",
            "ends": "count",
            "count": "7",
            "key": "",
        }

    @pytest.mark.parametrize(
        ("refused", "message"),
        [
            (problem(412, "precondition-failed", current=a_task()), "changed elsewhere meanwhile"),
            (
                problem(
                    422, "rule-never", errors=[{"pointer": "/recurrence/rule", "detail": "No such day."}]
                ),
                "No such day.",
            ),
        ],
    )
    async def test_says_why_it_was_rejected(
        self, ada: httpx2.AsyncClient, services: FakeServices, refused: Any, message: str
    ) -> None:
        repeats(services)
        form = form_of((await ada.get(f"/tasks/{ID}/repeat")).text)
        services.responses[f"PATCH /tasks/{ID}"] = refused
        response = await ada.post(f"/tasks/{ID}/repeat", data=form | {"every": "9"})
        assert response.status_code == refused.status
        assert message in response.text
        assert form_of(response.text)["every"] == "9"


class TestSkippingAndEndingASeries:
    async def test_skips_an_occurrence_and_undoes_it(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        repeats(services)
        response = await ada.post(f"/tasks/{ID}/skip", data={"key": "k", "due_date": "2099-01-26"})
        assert services.called(f"POST /tasks/{ID}/skip")[0].headers["idempotency-key"] == "web-k-skip"
        text = (await ada.get(response.headers["location"])).text
        assert f'action="/tasks/{ID}/unskip"' in text
        assert 'name="due_date" value="2099-01-26"' in text
        await ada.post(f"/tasks/{ID}/unskip", data={"due_date": "2099-01-26"})
        assert services.called(f"POST /tasks/{ID}/unskip")[0].json == {"due_date": "2099-01-26"}

    async def test_undoes_a_skip_to_one_of_several_times_of_a_day(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        repeats(services)
        await ada.post(f"/tasks/{ID}/unskip", data={"due_date": "2099-01-26T09:00:00"})
        sent = services.called(f"POST /tasks/{ID}/unskip")[0].json
        assert sent == {"due_date": "2099-01-26", "due_time": "09:00:00"}

    async def test_ends_the_series_and_undoes_it(
        self, ada: httpx2.AsyncClient, services: FakeServices
    ) -> None:
        repeats(services)
        end = Form(f"/tasks/{ID}/repeat/end")
        end.feed((await ada.get(f"/tasks/{ID}/repeat")).text)
        response = await ada.post(f"/tasks/{ID}/repeat/end", data=end.fields)
        assert services.called(f"PATCH /tasks/{ID}")[0].json == {"recurrence": None}
        again = Form(f"/tasks/{ID}/repeat/again")
        again.feed((await ada.get(response.headers["location"])).text)
        await ada.post(f"/tasks/{ID}/repeat/again", data=again.fields)
        assert services.called(f"PATCH /tasks/{ID}")[1].json == {"recurrence": WEEKLY}

    @pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"rule": "x"}'])
    async def test_ignores_an_invalid_rule(
        self, ada: httpx2.AsyncClient, services: FakeServices, text: str
    ) -> None:
        response = await ada.post(f"/tasks/{ID}/repeat/again", data={"recurrence": text})
        assert response.status_code == 422
        assert services.called(f"PATCH /tasks/{ID}") == []
