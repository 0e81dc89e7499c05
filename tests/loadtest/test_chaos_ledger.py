"""The ledger finds what was planted: a lost write, a doubled effect, a late reminder."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from loadtest.chaos import ledger
from loadtest.chaos.ledger import ClientRecord, StoredState, StoredTask

DUE = datetime(2026, 11, 30, 12, tzinfo=UTC)
USER = "ada"


def record_of_two() -> ClientRecord:
    """A task that was completed after an edit, and one with a reminder."""
    record = ClientRecord(USER, has_webhook=True)
    record.note_task({"id": "milk", "title": "milk", "notes": "2 l", "done": True, "version": 3})
    record.note_task({"id": "bread", "title": "bread", "notes": "", "done": False, "version": 1})
    record.reminders["bread"] = DUE
    return record


def state_of_two() -> StoredState:
    """What the stores hold when all went well."""
    versions = [("milk", 1), ("milk", 2), ("milk", 3), ("bread", 1)]
    calls = [("milk", ledger.CREATED), ("milk", ledger.COMPLETED)]
    calls += [("bread", ledger.CREATED), ("bread", ledger.REMINDER)]
    return StoredState(
        tasks={
            USER: {"milk": StoredTask("milk", "2 l", True, 3), "bread": StoredTask("bread", "", False, 1)}
        },
        events={(id, version): {f"{id}.{version}"} for id, version in versions},
        counts={(USER, "tasks_created"): 2, (USER, "tasks_completed"): 1},
        calls={call: {f"delivery of {call}"} for call in calls},
        entries={"bread": 1},
        reminded_at={"bread": DUE + timedelta(seconds=2)},
    )


def found(record: ClientRecord, state: StoredState) -> Counter[str]:
    return ledger.count_findings(ledger.compare_all([record], state))


def test_agrees_when_all_is_well() -> None:
    assert ledger.compare_all([record_of_two()], state_of_two()) == []


class TestLostWrite:
    def test_of_a_task_that_is_gone(self) -> None:
        state = state_of_two()
        del state.tasks[USER]["milk"]
        assert found(record_of_two(), state)[ledger.LOST] == 1

    def test_of_a_version_that_is_gone(self) -> None:
        state = state_of_two()
        state.tasks[USER]["milk"] = StoredTask("milk", "2 l", False, 2)
        assert found(record_of_two(), state)[ledger.LOST] == 1

    def test_of_content_that_is_another(self) -> None:
        state = state_of_two()
        state.tasks[USER]["milk"] = StoredTask("milk", "1 l", True, 3)
        assert found(record_of_two(), state) == {ledger.LOST: 1}


class TestDoubledEffect:
    def test_of_a_task_nobody_was_told_of(self) -> None:
        state = state_of_two()
        state.tasks[USER]["milk again"] = StoredTask("milk", "", False, 1)
        assert found(record_of_two(), state)[ledger.DOUBLED] == 1

    def test_of_a_change_that_was_made_twice(self) -> None:
        state = state_of_two()
        state.tasks[USER]["milk"] = StoredTask("milk", "2 l", True, 4)
        assert found(record_of_two(), state)[ledger.DOUBLED] == 1

    def test_of_a_version_with_two_events(self) -> None:
        state = state_of_two()
        state.events = {**state.events, ("milk", 2): {"one", "another"}}
        assert found(record_of_two(), state) == {ledger.DOUBLED: 1}

    def test_of_a_count(self) -> None:
        state = state_of_two()
        state.counts = {**state.counts, (USER, "tasks_completed"): 2}
        assert found(record_of_two(), state) == {ledger.DOUBLED: 1}

    def test_of_a_call(self) -> None:
        state = state_of_two()
        state.calls = {**state.calls, ("milk", ledger.CREATED): {"one", "another"}}
        assert found(record_of_two(), state) == {ledger.DOUBLED: 1}


class TestMissingEffect:
    def test_of_an_event_a_count_and_a_call(self) -> None:
        state = state_of_two()
        state.events = {key: ids for key, ids in state.events.items() if key != ("milk", 3)}
        state.counts = {(USER, "tasks_created"): 2}
        state.calls = {**state.calls, ("milk", ledger.COMPLETED): set()}
        assert found(record_of_two(), state) == {ledger.MISSING: 3}

    def test_of_a_call_is_none_without_a_webhook(self) -> None:
        record, state = record_of_two(), state_of_two()
        record.has_webhook, state.calls = False, {}
        assert not found(record, state)


class TestReminder:
    @pytest.mark.parametrize("seconds", [61, -2])
    def test_that_is_late_or_early(self, seconds: int) -> None:
        state = state_of_two()
        state.reminded_at = {"bread": DUE + timedelta(seconds=seconds)}
        assert found(record_of_two(), state) == {ledger.REMINDED: 1}

    @pytest.mark.parametrize("entries", [0, 2])
    def test_that_never_came_or_came_twice(self, entries: int) -> None:
        state = state_of_two()
        state.entries = {"bread": entries}
        assert found(record_of_two(), state) == {ledger.REMINDED: 1}

    def test_that_nobody_was_called_for(self) -> None:
        state = state_of_two()
        state.reminded_at = {}
        assert found(record_of_two(), state) == {ledger.REMINDED: 1}


class TestUnansweredWrite:
    """It may have been done or not, once."""

    def test_of_a_change(self) -> None:
        record, state = record_of_two(), state_of_two()
        state.tasks[USER]["bread"] = StoredTask("bread", "white", False, 2)
        state.events = {**state.events, ("bread", 2): {"bread.2"}}
        assert found(record, state) == {ledger.DOUBLED: 1}
        record.unanswered.add("bread")
        assert not found(record, state)
        state.tasks[USER]["bread"] = StoredTask("bread", "white", False, 3)
        state.events = {**state.events, ("bread", 3): {"bread.3"}}
        assert found(record, state) == {ledger.DOUBLED: 1}

    def test_of_a_creation(self) -> None:
        record, state = record_of_two(), state_of_two()
        record.unanswered.add("cheese")
        state.tasks[USER]["cheese"] = StoredTask("cheese", "", False, 1)
        state.events = {**state.events, ("cheese", 1): {"cheese.1"}}
        state.counts = {**state.counts, (USER, "tasks_created"): 3}
        state.calls = {**state.calls, ("cheese", ledger.CREATED): {"one"}}
        assert not found(record, state)
