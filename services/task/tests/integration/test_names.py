"""Names are what they are; searches find them without accents. On both databases."""

import unicodedata
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from task_service.main import create
from task_service.settings import Settings

from conftest import OpenService, ServiceUnderTest
from contracts.folding import name_key, search_key

PAIRS = [
    ("resume", "résumé"),
    ("か", "が"),
    ("Lodz", "Łódź"),
    ("Sao", "São"),
    ("todo's", "todo’s"),
    ("❤", "❤️"),
]
NAMES = st.lists(
    st.text("aeéłŁßsSかがカ\N{COMBINING ACUTE ACCENT}’'", min_size=1, max_size=4), min_size=1, max_size=6
)
WRITTEN = [
    ("Łódź", "lodz"),
    ("lodz", "ŁÓDŹ"),
    ("todo’s", "todo's"),
    ("todo's", "todo’s"),
    ("❤️", "❤"),
    ("❤", "❤️"),
    ("Ørsted æther Þór", "orsted aether thor"),
    ("3–5", "3-5"),
    ("“so”", '"so"'),
    ("ＦＵＬＬ", "full"),
    ("ﾊﾝｶｸ", "ハンカク"),
    ("Straße", "STRASSE"),
]
users = count()


@pytest.fixture
async def task(open_service: OpenService) -> ServiceUnderTest:
    return await open_service(create, Settings)


async def made(task: ServiceUnderTest, kind: str, body: dict[str, Any]) -> dict[str, Any]:
    response = await task.client.post(f"/{kind}", json=body)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()
    return found


async def titles(task: ServiceUnderTest, **parameters: str) -> list[str]:
    response = await task.client.get("/tasks", params=parameters)
    assert response.status_code == 200, response.text
    return sorted(item["title"] for item in response.json()["items"])


class TestIdentity:
    @pytest.mark.parametrize("kind", ["labels", "projects", "filters"])
    async def test_is_kept_apart_by_accents(self, task: ServiceUnderTest, kind: str) -> None:
        more = {"filter": "done"} if kind == "filters" else {}
        for names in PAIRS:
            for name in names:
                await made(task, kind, {"name": name, **more})

    @pytest.mark.parametrize("kind", ["labels", "projects", "filters"])
    async def test_is_one_in_any_case_and_encoding(self, task: ServiceUnderTest, kind: str) -> None:
        more = {"filter": "done"} if kind == "filters" else {}
        await made(task, kind, {"name": "Straße é", **more})
        again = await task.client.post(
            f"/{kind}", json={"name": "STRASSE E\N{COMBINING ACUTE ACCENT}", **more}
        )
        assert (again.status_code, again.json()["code"]) == (409, "name-taken")

    async def test_of_labels_lasts_from_the_task_to_the_filter(self, task: ServiceUnderTest) -> None:
        for one, other in PAIRS:
            title = f"both {one}"
            both = await made(task, "tasks", {"title": title, "labels": [one, other]})
            assert both["labels"] == [one, other]
            await made(task, "tasks", {"title": one, "labels": [one]})
            await made(task, "tasks", {"title": other, "labels": [other.upper()]})
            assert await titles(task, filter=f'label = "{one}"') == sorted([title, one])
            assert await titles(task, filter=f'label in ("{other}")') == sorted([title, other])

    async def test_survives_renaming_and_deleting_the_other(self, task: ServiceUnderTest) -> None:
        await made(task, "tasks", {"title": "both", "labels": ["resume", "résumé"]})
        ids = {each["name"]: each["id"] for each in (await task.client.get("/labels")).json()["items"]}
        await task.client.patch(f"/labels/{ids['résumé']}", json={"name": "cv"})
        assert (await task.client.get("/tasks")).json()["items"][0]["labels"] == ["resume", "cv"]
        await task.client.delete(f"/labels/{ids['resume']}")
        assert (await task.client.get("/tasks")).json()["items"][0]["labels"] == ["cv"]

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(NAMES)
    async def test_keeps_each_label_once(self, task: ServiceUnderTest, names: list[str]) -> None:
        headers = {"authorization": f"Bearer user-{next(users)}"}
        response = await task.client.post("/tasks", json={"title": "x", "labels": names}, headers=headers)
        keys = [name_key(name) for name in response.json()["labels"]]
        assert keys == list(dict.fromkeys(name_key(name) for name in names))

    async def test_of_projects_is_that_of_quick_add(self, task: ServiceUnderTest) -> None:
        plain = await made(task, "projects", {"name": "resume"})
        accented = await made(task, "tasks", {"quick": "x +résumé #ecole"})
        again = await made(task, "tasks", {"quick": "x +RÉSUMÉ #École"})
        assert accented["project_id"] == again["project_id"] != plain["id"]
        assert (accented["labels"], again["labels"]) == (["ecole"], ["École"])

    async def test_of_projects_is_that_of_filters(self, task: ServiceUnderTest) -> None:
        for name in ("resume", "résumé"):
            project = await made(task, "projects", {"name": name})
            await made(task, "tasks", {"title": name, "project_id": project["id"]})
        assert await titles(task, filter='project = "RÉSUMÉ"') == ["résumé"]
        assert await titles(task, filter='project = "resume"') == ["resume"]

    async def test_of_filters_is_that_of_saved(self, task: ServiceUnderTest) -> None:
        await made(task, "tasks", {"title": "open"})
        await made(task, "filters", {"name": "Öffen", "filter": "done"})
        await made(task, "filters", {"name": "offen", "filter": "not done"})
        assert await titles(task, saved="OFFEN") == ["open"]
        assert await titles(task, saved="öffen") == []


class TestSearch:
    async def test_finds_what_was_meant_everywhere(self, task: ServiceUnderTest) -> None:
        for written, _ in WRITTEN:
            project = await made(task, "projects", {"name": written})
            body = {"title": written, "notes": written, "labels": [written], "project_id": project["id"]}
            await made(task, "tasks", body)
        for meant, query in WRITTEN:
            expected = sorted(written for written, _ in WRITTEN if search_key(written) == search_key(query))
            assert meant in expected
            quoted = query.replace('"', '\\"')
            filters = [f'{field} ~ "{quoted}"' for field in ("title", "notes", "label", "project")]
            for filter in (*filters, f'title = "{quoted}"'):
                assert await titles(task, filter=filter) == expected, filter
            assert await titles(task, q=query) == expected

    async def test_takes_kana_voicing_for_another_letter(self, task: ServiceUnderTest) -> None:
        await made(task, "tasks", {"title": "かき", "labels": ["か"]})
        await made(task, "tasks", {"title": "がき", "labels": ["が"]})
        assert await titles(task, q="か") == ["かき"]
        assert await titles(task, q="か\N{COMBINING KATAKANA-HIRAGANA VOICED SOUND MARK}") == ["がき"]
        assert await titles(task, filter='label ~ "か"') == ["かき"]

    @settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        text=st.text("aàøßİがł’é-–❤️ ", min_size=1, max_size=10).filter(lambda text: text.strip()),
        form=st.sampled_from(["NFC", "NFD"]),
        case=st.sampled_from([str.casefold, str.lower, str]),
    )
    async def test_finds_a_text_by_any_writing_of_it(
        self, task: ServiceUnderTest, text: str, form: "unicodedata._NormalizationForm", case: Any
    ) -> None:
        headers = {"authorization": f"Bearer user-{next(users)}"}
        await task.client.post("/tasks", json={"title": text}, headers=headers)
        parameters = {"q": unicodedata.normalize(form, case(text))}
        found = (await task.client.get("/tasks", params=parameters, headers=headers)).json()["items"]
        assert [item["title"] for item in found] == [text.strip()]
