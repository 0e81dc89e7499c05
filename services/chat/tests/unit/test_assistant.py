"""What the assistant does and says, with the task service at the end of a fake port."""

from typing import Any, cast

import pytest
from chat_service.assistant import actions, intents
from chat_service.schemas import PendingAction
from chat_service.task_client import FoundTasks, TaskClient

from contracts.api.tasks import TaskRead
from servicekit.dapr.sidecar import Sidecar
from servicekit.errors import Invalid, NotFound
from servicekit.security.auth import Principal

ADA = Principal("ada", "user", "UTC", "token", 2**40)


def _make_task(title: str, *, done: bool = False) -> TaskRead:
    """One whose id is its title, so far as the assistant reads it."""
    fields = {"id": title, "title": title, "done": done}
    return cast(TaskRead, fields | {"due_date": None, "due_time": None, "recurrence": None})


class FakeTasks(TaskClient):
    """The task service, as far as the assistant sees it."""

    def __init__(self, *titles: str, done: tuple[str, ...] = ()) -> None:
        super().__init__(Sidecar(1), ADA, "m")
        names = [*titles, *done]
        self.tasks = [_make_task(name, done=name in done) for name in names]
        self.calls: list[tuple[str, str]] = []
        self.parsed: dict[str, object] = {}
        self.filters: list[str] = []
        self.is_complete = True

    async def list_all_tasks(self, filter: str = "") -> FoundTasks:
        self.filters.append(filter)
        done = {"not done": False, "done": True}.get(filter)
        found = [task for task in self.tasks if done is None or task["done"] is done]
        return FoundTasks(found, self.is_complete)

    async def read_task(self, id: str) -> TaskRead:
        found = next((task for task in self.tasks if task["id"] == id), None)
        if found is None:
            raise NotFound
        return found

    async def quick_add(self, text: str, marks: str | None = None) -> TaskRead:
        assert marks is None  # what people say has the signs they prefer
        if len(text) > 500:
            raise Invalid("title is too long")
        self.calls.append(("add", text))
        return cast(TaskRead, {**_make_task(text), **self.parsed})

    async def _note(self, verb: str, id: str) -> TaskRead:
        self.calls.append((verb, id))
        return _make_task(id)

    async def complete_task(self, id: str) -> TaskRead:
        return await self._note("complete", id)

    async def reopen_task(self, id: str) -> TaskRead:
        return await self._note("reopen", id)

    async def restore_task(self, id: str) -> TaskRead:
        return await self._note("restore", id)

    async def delete_task(self, id: str) -> None:
        await self._note("delete", id)


class TestAct:
    async def test_adds(self) -> None:
        tasks = FakeTasks()
        done = await actions.execute_intent(intents.Add("milk"), tasks, [])
        assert tasks.calls == [("add", "milk")]
        assert [(action.kind, action.task_id) for action in done.actions] == [("add", "milk")]
        assert "milk" in done.reply

    async def test_says_when_it_is_due(self) -> None:
        tasks = FakeTasks()
        tasks.parsed = {"due_date": "2031-05-06", "due_time": "09:00:00", "recurrence": {"rule": "x"}}
        done = await actions.execute_intent(intents.Add("milk"), tasks, [])
        assert done.reply == "Added “milk”, due 2031-05-06 at 09:00, repeats."

    async def test_says_why_something_can_not_be_added(self) -> None:
        done = await actions.execute_intent(intents.Add("x" * 501), FakeTasks(), [])
        assert "too long" in done.reply
        assert done.actions == []

    async def test_lists_what_is_open(self) -> None:
        done = await actions.execute_intent(intents.List(), FakeTasks("milk", "bread", done=("eggs",)), [])
        assert done.reply == "1. milk\n2. bread"
        assert done.shown == ["milk", "bread"]

    async def test_says_how_many_it_did_not_list(self) -> None:
        done = await actions.execute_intent(intents.List(), FakeTasks(*(f"task {n}" for n in range(25))), [])
        assert done.reply.endswith("… and 5 more.")

    async def test_completes_the_one_that_is_meant(self) -> None:
        tasks = FakeTasks("milk", "bread")
        await actions.execute_intent(intents.Complete("2"), tasks, ["bread", "milk"])
        assert tasks.calls == [("complete", "milk")]

    async def test_changes_nothing_when_several_could_be_meant(self) -> None:
        tasks = FakeTasks("buy milk", "buy bread")
        done = await actions.execute_intent(intents.Delete("buy"), tasks, [])
        assert tasks.calls == []
        assert done.shown == ["buy milk", "buy bread"]
        assert "Which one" in done.reply

    @pytest.mark.parametrize(
        ("view", "filter"),
        [
            ("today", "not done and due <= today"),
            ("tomorrow", "not done and due = tomorrow"),
            ("done", "done"),
        ],
    )
    async def test_lists_what_is_asked_for_and_nothing_else(self, view: Any, filter: str) -> None:
        tasks = FakeTasks("milk", done=("eggs",))
        await actions.execute_intent(intents.List(view), tasks, [])
        assert tasks.filters == [filter]

    async def test_says_that_it_did_not_look_through_all(self) -> None:
        tasks = FakeTasks("milk")
        tasks.is_complete = False
        for intent in (intents.Search("bread"), intents.Complete("bread")):
            assert "newest 2,000 only" in (await actions.execute_intent(intent, tasks, [])).reply

    @pytest.mark.parametrize(
        "title", ["Call mum about everything", "delete all old tasks", "Buy milk and bread"]
    )
    async def test_asks_before_it_deletes_what_is_not_named_in_full(self, title: str) -> None:
        tasks = FakeTasks(title)
        done = await actions.execute_intent(intents.Delete(title.rpartition(" ")[2]), tasks, [])
        assert (tasks.calls, done.actions) == ([], [])
        assert done.pending
        assert title in done.reply
        confirmed = await actions.execute_intent(intents.Confirm(), tasks, [], done.pending)
        assert tasks.calls == [("delete", title)]
        assert [action.kind for action in confirmed.actions] == ["delete"]

    async def test_asks_before_it_completes_what_is_hardly_named(self) -> None:
        tasks = FakeTasks("Buy window cleaner")
        done = await actions.execute_intent(intents.Complete("window"), tasks, [])
        assert (tasks.calls, bool(done.pending)) == ([], True)

    @pytest.mark.parametrize(
        "changes", [{"title": "Keep this"}, {"done": True}, {"id": "gone"}], ids=["title", "done", "gone"]
    )
    async def test_leaves_alone_what_changed_before_the_yes(self, changes: dict[str, Any]) -> None:
        tasks = FakeTasks("Buy window cleaner")
        pending = PendingAction.create("complete", tasks.tasks[0])
        tasks.tasks[0] = cast(TaskRead, {**tasks.tasks[0], **changes})
        done = await actions.execute_intent(intents.Confirm(), tasks, [], pending)
        assert (tasks.calls, done.actions) == ([], [])

    @pytest.mark.parametrize("intent", [intents.Confirm(), intents.Decline(), intents.Ambiguous()])
    async def test_changes_nothing_without_a_question(self, intent: intents.Intent) -> None:
        tasks = FakeTasks("milk")
        done = await actions.execute_intent(intent, tasks, [])
        assert (tasks.calls, done.actions, done.pending) == ([], [], None)

    async def test_changes_nothing_when_none_could_be_meant(self) -> None:
        tasks = FakeTasks("milk")
        done = await actions.execute_intent(intents.Complete("bread"), tasks, [])
        assert (tasks.calls, done.actions) == ([], [])

    async def test_does_not_complete_what_is_done(self) -> None:
        tasks = FakeTasks(done=("milk",))
        await actions.execute_intent(intents.Complete("milk"), tasks, [])
        assert tasks.calls == []

    @pytest.mark.parametrize("intent", [intents.Unknown(), intents.Help()])
    async def test_explains_itself(self, intent: intents.Intent) -> None:
        assert "add" in (await actions.execute_intent(intent, FakeTasks(), [])).reply


class TestUndo:
    async def test_takes_back_the_last_first(self) -> None:
        tasks = FakeTasks("milk")
        added = await actions.execute_intent(intents.Add("bread"), tasks, [])
        deleted = await actions.execute_intent(intents.Delete("milk"), tasks, [])
        tasks.calls.clear()
        done = await actions.undo_actions([*added.actions, *deleted.actions], tasks)
        assert tasks.calls == [("restore", "milk"), ("delete", "bread")]
        assert done.reply == "Undone: “milk”, “bread”."

    def test_is_offered_only_for_changes(self) -> None:
        assert not actions.can_undo([])
