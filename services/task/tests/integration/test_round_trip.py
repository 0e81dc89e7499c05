"""Any account that goes out as our JSON comes in again as it was. On both databases.

Kept is everything the export says but ids (what refers to what is kept), versions, `updated_at`, and
`created_at` of projects, labels and filters, which are made when they are taken in.
"""

import asyncio
import gzip
import re
import time
import unicodedata
from datetime import UTC, date
from itertools import count
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from icalendar import Calendar
from task_service.import_export import worker
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from services.task.tests.exports import canonical

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
ODD = ["a, b", "a  b", "a\nb", "a/b", "a ∕ b", "=1+1", '"', "déjà vu", "DÉJÀ VU", "Straße", "x " * 40 + "y"]
NAMES = (st.text(LETTERS, min_size=1, max_size=20) | st.sampled_from(ODD)).map(str.strip).filter(bool)
NOTES = st.text(LETTERS, max_size=40) | st.sampled_from(["\r\n\t x \r", " \n ", "\ufeff", "-\u2028-"])
COLOURS = st.none() | st.sampled_from(["#2f7d5b", "#000000"])
POSITIONS = st.text("0123456789AZaz", max_size=5).map(lambda text: text + "V")
RECURRENCES = st.fixed_dictionaries(
    {
        "rule": st.sampled_from(
            [
                "FREQ=DAILY",
                "FREQ=DAILY;INTERVAL=10;COUNT=4",
                "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,SU;WKST=SU",
                "FREQ=MONTHLY",
                "FREQ=MONTHLY;BYMONTHDAY=31,-2",
                "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                "FREQ=MONTHLY;UNTIL=20330101;BYDAY=-1FR",
                "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;INTERVAL=3",
                "FREQ=DAILY;UNTIL=20991231T235959Z",
            ]
        )
    },
    optional={
        "from": st.sampled_from(["due", "completion"]),
        "month_end": st.sampled_from(["clamp", "skip"]),
        "missed": st.sampled_from(["one", "all", "skip"]),
    },
)
DATES = st.dates() | st.dates(date(2026, 1, 1), date(2028, 12, 31)) | st.just(date(2011, 12, 30))
TASK = st.fixed_dictionaries(
    {"title": NAMES},
    optional={
        "notes": NOTES,
        "priority": st.integers(0, 4),
        "labels": st.lists(NAMES, max_size=3),
        "due_date": DATES.map(str),
        "due_time": st.times().map(lambda at: at.replace(microsecond=0).isoformat()),
        "time_zone": st.sampled_from(["America/New_York", "Pacific/Apia", "Pacific/Kiritimati"]),
        "recurrence": RECURRENCES,
        "reminders": st.lists(
            st.builds(dict, minutes_before=st.integers(0, 525_600))
            | st.builds(dict, at=st.datetimes(timezones=st.just(UTC)).map(str)),
            max_size=3,
        ),
        "position": POSITIONS,
    },
)
NUMBER = st.integers(0, 9)
VERBS = st.sampled_from(["complete", "reopen", "delete", "stop"])
ACCOUNT = st.fixed_dictionaries(
    {
        "projects": st.lists(
            st.tuples(
                st.fixed_dictionaries(
                    {"name": NAMES},
                    optional={"colour": COLOURS, "archived": st.booleans(), "position": POSITIONS},
                ),
                NUMBER,
            ),
            max_size=4,
        ),
        "labels": st.lists(st.fixed_dictionaries({"name": NAMES}, optional={"colour": COLOURS}), max_size=3),
        "filters": st.lists(
            st.fixed_dictionaries(
                {"name": NAMES, "filter": st.sampled_from(["done", 'label = "a, b"', "due < today +1w"])},
                optional={"colour": COLOURS, "sort": st.sampled_from(["due", "-priority,title"])},
            ),
            max_size=2,
        ),
        "tasks": st.lists(st.tuples(TASK, NUMBER, NUMBER), min_size=1, max_size=6),
        "then": st.lists(
            st.tuples(NUMBER, st.sampled_from(["complete", "reopen", "delete", "stop"])), max_size=6
        ),
    }
)
SOME = settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
"""Each example is a whole account, so a failing one is not made smaller: that takes minutes."""
pytestmark = pytest.mark.timeout(600)
users = count()


@pytest.fixture
async def task(open_service: OpenService, monkeypatch: pytest.MonkeyPatch) -> ServiceUnderTest:
    monkeypatch.setattr(worker, "POLL_SECONDS", 0.01)
    return await open_service(create, Settings)


class Account:
    """One of many users; what the API refuses is left out."""

    def __init__(self, task: ServiceUnderTest) -> None:
        self._client = task.client
        self._headers = {"authorization": f"Bearer user-{next(users)}"}

    async def ask(self, method: str, path: str, **more: Any) -> Any:
        response = await self._client.request(method, path, headers=self._headers, **more)
        assert response.status_code in (200, 201, 202, 204, 409, 422), response.text
        return response.json() if response.content and response.status_code < 300 else None

    async def furnish(self, account: dict[str, Any]) -> None:
        projects: list[str] = []
        for fields, above in account["projects"]:
            place = {"parent_id": projects[above]} if above < len(projects) else {}
            made = await self.ask("POST", "/projects", json=fields | place)
            projects += [made["id"]] if made else []
        for kind in ("labels", "filters"):
            for fields in account[kind]:
                await self.ask("POST", f"/{kind}", json=fields)
        tasks: list[str] = []
        for fields, above, project in account["tasks"]:
            place = {"parent_id": tasks[above]} if above < len(tasks) else {}
            place |= {"project_id": projects[project]} if project < len(projects) else {}
            made = await self.ask("POST", "/tasks", json=fields | place)
            tasks += [made["id"]] if made else []
        for number, verb in account["then"]:
            there = (await self.ask("GET", "/tasks", params={"limit": 200}))["items"]
            if there:
                path = f"/tasks/{there[number % len(there)]['id']}"
                if verb == "stop":
                    await self.ask("PATCH", path, json={"recurrence": None})
                elif verb == "delete":
                    await self.ask("DELETE", path)
                else:
                    await self.ask("POST", f"{path}/{verb}")

    async def export(self, format: str = "json") -> bytes:
        response = await self._client.get(
            "/export", params={"format": format, "components": "todo"}, headers=self._headers
        )
        return response.content

    async def take_in(self, file: bytes) -> dict[str, Any]:
        id = (await self.ask("POST", "/import", content=gzip.compress(file)))["id"]
        deadline = time.monotonic() + 120
        while (found := await self.ask("GET", f"/import/{id}"))["status"] in ("waiting", "running"):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        report: dict[str, Any] = found
        return report


def in_csv(file: bytes) -> list[dict[str, Any]]:
    """What a CSV says of the tasks of an account, by the order they were made in."""
    document = canonical(file)
    projects = {f"projects {place}": each for place, each in enumerate(document["projects"])}

    def path(id: str | None) -> list[str]:
        return [*path(projects[id]["parent_id"]), projects[id]["name"]] if id else []

    left_out = ("position", "series_id", "occurrence", "rule_from", "rule_number", "reminders", "id")
    names = {each["id"]: (each["created_at"], each["title"]) for each in document["tasks"]}
    for each in document["tasks"]:
        each["parent_id"] = names.get(each["parent_id"])
        each["project_id"] = path(each["project_id"])
        each["labels"] = [label.replace("\n", " ") for label in each["labels"]]
        for name in left_out:
            del each[name]
    found: list[dict[str, Any]] = sorted(document["tasks"], key=repr)
    return found


def plain(text: str) -> str:
    """Text as iCalendar can say it: every break of a line is one sign, and control characters are none."""
    joined = re.sub("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]", "\n", text)  # as str.splitlines has them
    return "".join(
        sign for sign in joined if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cf")
    )


class TestJson:
    @SOME
    @given(account=ACCOUNT)
    async def test_exported_json_restores_the_account(
        self, task: ServiceUnderTest, account: dict[str, Any]
    ) -> None:
        mine, theirs = Account(task), Account(task)
        await mine.furnish(account)
        file = await mine.export()
        if not (there := orjson.loads(file))["tasks"] and not there["projects"]:
            return
        report = await theirs.take_in(file)
        assert (report["status"], report["report"]) == ("done", [])
        assert canonical(await theirs.export()) == canonical(file)
        again = await theirs.take_in(await theirs.export())
        assert (again["status"], again["added"]) == ("done", 0)

    async def test_exported_json_continues_a_series(self, task: ServiceUnderTest) -> None:
        mine, theirs = Account(task), Account(task)
        body = {"title": "a", "due_date": "2099-01-31", "recurrence": {"rule": "FREQ=MONTHLY"}}
        first = (await mine.ask("POST", "/tasks", json=body))["id"]
        await mine.ask("POST", f"/tasks/{first}/complete")
        await theirs.take_in(await mine.export())
        (done,) = (await theirs.ask("GET", "/tasks?filter=done"))["items"]
        for verb in ("reopen", "complete"):
            await theirs.ask("POST", f"/tasks/{done['id']}/{verb}")
        items = (await theirs.ask("GET", "/tasks?sort=due"))["items"]
        assert [each["due_date"] for each in items] == ["2099-01-31", "2099-02-28"]


class TestCsv:
    @SOME
    @given(account=ACCOUNT)
    async def test_exported_csv_restores_the_tasks(
        self, task: ServiceUnderTest, account: dict[str, Any]
    ) -> None:
        mine, theirs = Account(task), Account(task)
        await mine.furnish(account)
        file = await mine.export("csv")
        if not orjson.loads(await mine.export())["tasks"]:
            return
        report = await theirs.take_in(file)
        assert (report["status"], report["report"]) == ("done", [])
        assert in_csv(await theirs.export()) == in_csv(await mine.export())


class TestCalendar:
    @SOME
    @given(account=ACCOUNT)
    async def test_exported_calendar_describes_each_task(
        self, task: ServiceUnderTest, account: dict[str, Any]
    ) -> None:
        mine = Account(task)
        await mine.furnish(account)
        calendar: Any = Calendar.from_ical(await mine.export("ics"))
        todos = {str(each["uid"]): each for each in calendar.walk("VTODO")}
        tasks = {each["id"]: each for each in orjson.loads(await mine.export())["tasks"]}
        assert todos.keys() == tasks.keys()
        for id, todo in todos.items():
            exported = [
                str(todo["summary"]),
                str(todo.get("description", "")),
                str(todo.get("related-to", "")),
            ]
            expected = [tasks[id][name] or "" for name in ("title", "notes", "parent_id")]
            assert [plain(text) for text in exported] == [plain(text) for text in expected]
            assert str(todo["due"].dt.isoformat() if "due" in todo else None)[:10] == str(
                tasks[id]["due_date"]
            )
            assert (str(todo["status"]) == "COMPLETED") == tasks[id]["done"]
