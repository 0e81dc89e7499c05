"""What the assistant does and says, with the task service at the end of a fake port."""

from typing import Any

import pytest
from chat_service import assistant, intents
from chat_service.tasks import TaskClient

from servicekit.auth import Principal
from servicekit.errors import Invalid
from servicekit.sidecar import Sidecar

ADA = Principal("ada", "user", "UTC", "token", 2**40)


class FakeTasks(TaskClient):
    """The task service, as far as the assistant sees it."""

    def __init__(self, *titles: str, done: tuple[str, ...] = ()) -> None:
        super().__init__(Sidecar(1), ADA, "m")
        names = [*titles, *done]
        self.tasks = [{"id": name, "title": name, "done": name in done} for name in names]
        self.calls: list[tuple[str, str]] = []
        self.understood: dict[str, Any] = {}

    async def all(self) -> list[dict[str, Any]]:
        return self.tasks

    async def add(self, text: str) -> dict[str, Any]:
        if len(text) > 500:
            raise Invalid("title is too long")
        self.calls.append(("add", text))
        return {"id": text, "title": text, "done": False} | self.understood

    async def _note(self, verb: str, id: str) -> dict[str, Any]:
        self.calls.append((verb, id))
        return {}

    async def complete(self, id: str) -> dict[str, Any]:
        return await self._note("complete", id)

    async def reopen(self, id: str) -> dict[str, Any]:
        return await self._note("reopen", id)

    async def restore(self, id: str) -> dict[str, Any]:
        return await self._note("restore", id)

    async def delete(self, id: str) -> None:
        await self._note("delete", id)


class TestAct:
    async def test_adds(self) -> None:
        tasks = FakeTasks()
        done = await assistant.act(intents.Add("milk"), tasks, [])
        assert tasks.calls == [("add", "milk")]
        assert [(action.kind, action.task_id) for action in done.actions] == [("add", "milk")]
        assert "milk" in done.reply

    async def test_says_when_it_is_due(self) -> None:
        tasks = FakeTasks()
        tasks.understood = {"due_date": "2031-05-06", "due_time": "09:00:00", "recurrence": {"rule": "x"}}
        done = await assistant.act(intents.Add("milk"), tasks, [])
        assert done.reply == "Added “milk”, due 2031-05-06 at 09:00, again and again."

    async def test_says_why_something_can_not_be_added(self) -> None:
        done = await assistant.act(intents.Add("x" * 501), FakeTasks(), [])
        assert "too long" in done.reply
        assert done.actions == []

    async def test_lists_what_is_open(self) -> None:
        done = await assistant.act(intents.List(), FakeTasks("milk", "bread", done=("eggs",)), [])
        assert done.reply == "1. milk\n2. bread"
        assert done.shown == ["milk", "bread"]

    async def test_says_how_many_it_did_not_list(self) -> None:
        done = await assistant.act(intents.List(), FakeTasks(*(f"task {n}" for n in range(25))), [])
        assert done.reply.endswith("… and 5 more.")

    async def test_completes_the_one_that_is_meant(self) -> None:
        tasks = FakeTasks("milk", "bread")
        await assistant.act(intents.Complete("2"), tasks, ["bread", "milk"])
        assert tasks.calls == [("complete", "milk")]

    async def test_changes_nothing_when_several_could_be_meant(self) -> None:
        tasks = FakeTasks("buy milk", "buy bread")
        done = await assistant.act(intents.Delete("buy"), tasks, [])
        assert tasks.calls == []
        assert done.shown == ["buy milk", "buy bread"]
        assert "Which one" in done.reply

    async def test_changes_nothing_when_none_could_be_meant(self) -> None:
        tasks = FakeTasks("milk")
        done = await assistant.act(intents.Complete("bread"), tasks, [])
        assert (tasks.calls, done.actions) == ([], [])

    async def test_does_not_complete_what_is_done(self) -> None:
        tasks = FakeTasks(done=("milk",))
        await assistant.act(intents.Complete("milk"), tasks, [])
        assert tasks.calls == []

    @pytest.mark.parametrize("intent", [intents.Unclear(), intents.Help()])
    async def test_explains_itself(self, intent: intents.Intent) -> None:
        assert "add" in (await assistant.act(intent, FakeTasks(), [])).reply


class TestUndo:
    async def test_takes_back_the_last_first(self) -> None:
        tasks = FakeTasks("milk")
        added = await assistant.act(intents.Add("bread"), tasks, [])
        deleted = await assistant.act(intents.Delete("milk"), tasks, [])
        tasks.calls.clear()
        done = await assistant.undo([*added.actions, *deleted.actions], tasks)
        assert tasks.calls == [("restore", "milk"), ("delete", "bread")]
        assert done.reply == "Undone: “milk”, “bread”."

    def test_is_offered_only_for_changes(self) -> None:
        assert not assistant.can_undo([])
