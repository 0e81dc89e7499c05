"""Searching finds what has the words, no more and no less, few or many. On both databases."""

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from task_service.filtering import repository
from task_service.filtering.keyset import TITLE_LETTERS
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from contracts.folding import search_key

LETTERS = st.text("abÄé%_\\' 会议牛", max_size=6)
TASK = st.fixed_dictionaries(
    {"title": LETTERS.filter(str.strip)},
    optional={"notes": LETTERS, "labels": st.lists(LETTERS.filter(str.strip), max_size=2)},
)
users = count()


@pytest.fixture
async def task(open_service: OpenService, monkeypatch: pytest.MonkeyPatch) -> ServiceUnderTest:
    monkeypatch.setattr(repository, "CANDIDATE_LIMIT", 3)
    return await open_service(create, Settings)


def has(task: dict[str, Any], word: str) -> bool:
    texts = [task["title"], task["notes"], *task["labels"]]
    return any(search_key(word) in search_key(text) for text in texts)


async def found(task: ServiceUnderTest, user: str, **parameters: Any) -> list[dict[str, Any]]:
    """All pages."""
    items: list[dict[str, Any]] = []
    while True:
        headers = {"authorization": f"Bearer {user}"}
        response = await task.client.get("/tasks", params={"limit": 2, **parameters}, headers=headers)
        assert response.status_code == 200, response.text
        items += response.json()["items"]
        parameters["cursor"] = response.json()["next_cursor"]
        if parameters["cursor"] is None:
            return items


class TestLongTitles:
    @pytest.mark.parametrize("sort", ["title", "-title"])
    async def test_long_titles_sort_by_their_first_letters_and_then_by_id(
        self, task: ServiceUnderTest, sort: str
    ) -> None:
        """Letters that take the most room there is, as many as a title may have: an index holds them."""
        same = "\N{GRINNING FACE}" * TITLE_LETTERS
        headers = {"authorization": "Bearer long"}
        for end in ("z", "y", "\N{GRINNING FACE}" * (500 - TITLE_LETTERS), "x", ""):
            response = await task.client.post("/tasks", json={"title": same + end}, headers=headers)
            assert response.status_code == 201, response.text
        ids = [item["id"] for item in await found(task, "long", sort=sort)]
        assert ids == sorted(ids, reverse=sort == "-title")
        assert len(ids) == 5


class TestWords:
    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        fields=st.lists(TASK, min_size=1, max_size=8),
        q=st.lists(LETTERS.filter(str.strip), min_size=1, max_size=2).map(" ".join),
        sort=st.sampled_from(["-created", "title", "-priority,due"]),
    )
    async def test_words_are_found_anywhere_in_a_task(
        self, task: ServiceUnderTest, fields: list[dict[str, Any]], q: str, sort: str
    ) -> None:
        user = f"user-{next(users)}"
        made = [
            (await task.client.post("/tasks", json=each, headers={"authorization": f"Bearer {by}"})).json()
            for each in fields
            for by in (user, "somebody else")
        ][::2]
        expected = {each["id"] for each in made if all(has(each, word) for word in search_key(q).split())}
        assert sorted(each["id"] for each in await found(task, user, q=q, sort=sort)) == sorted(expected)

    @pytest.mark.parametrize("many", [1, 3, 4, 7])
    async def test_matches_are_in_order_whether_few_or_many(self, task: ServiceUnderTest, many: int) -> None:
        for number in range(10):
            title = f"harbour {number}" if number < many else f"milk {number}"
            await task.client.post("/tasks", json={"title": title, "priority": number % 5})
        for sort, key in (("created", "created_at"), ("-priority,created", "priority")):
            titles = [each["title"] for each in await found(task, "ada", q="HARBOUR", sort=sort)]
            assert sorted(titles) == [f"harbour {number}" for number in range(many)]
            values = [each[key] for each in await found(task, "ada", q="harbour", sort=sort)]
            assert values == sorted(values, reverse=sort.startswith("-"))

    @pytest.mark.parametrize("many", [2, 6])
    async def test_search_combines_with_filters_and_sorting(self, task: ServiceUnderTest, many: int) -> None:
        ids = []
        for number in range(many):
            body = {"title": f"harbour {number}", "notes": "pier", "priority": number % 2}
            ids.append((await task.client.post("/tasks", json=body)).json()["id"])
        await task.client.delete(f"/tasks/{ids[0]}")
        for parameters in (
            {"q": "harbour", "filter": "priority = 1"},
            {"filter": 'title ~ "rbou" and notes = "pier" and priority = 1'},
            {"filter": 'not (title ~ "milk" or priority = 0)', "q": "pier"},
        ):
            assert len(await found(task, "ada", **parameters)) == many // 2, parameters
        assert [each["id"] for each in await found(task, "ada", q="pier", trash="true")] == ids[:1]
        assert await found(task, "ada", filter='title ~ "harbour" and title = "pier"') == []
        either = await found(task, "ada", filter='title ~ "harbour" or title = "pier"')
        assert len(either) == many - 1

    async def test_search_follows_edits(self, task: ServiceUnderTest) -> None:
        id = (await task.client.post("/tasks", json={"title": "milk", "labels": ["home"]})).json()["id"]
        await task.client.patch(f"/tasks/{id}", json={"title": "bread", "labels": ["Haus"], "notes": "rye"})
        assert [len(await found(task, "ada", q=word)) for word in ("milk", "home")] == [0, 0]
        assert [len(await found(task, "ada", q=word)) for word in ("bread", "haus", "rye")] == [1, 1, 1]


class TestLabels:
    async def test_search_ignores_labels_of_other_users(self, task: ServiceUnderTest) -> None:
        for user in ("ada", "bob"):
            headers = {"authorization": f"Bearer {user}"}
            await task.client.post("/tasks", json={"title": user, "labels": ["home"]}, headers=headers)
        assert [each["title"] for each in await found(task, "ada", filter='label ~ "om"')] == ["ada"]
        assert [each["title"] for each in await found(task, "ada", filter="label")] == ["ada"]
        assert await found(task, "ada", filter="not label") == []
