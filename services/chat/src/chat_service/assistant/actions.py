"""From an intent to what is done and said.

One change whose meaning and target are sure is made at once and can be undone; anything else is asked about
first (`PendingAction`), or refused in words. Nothing is made of a message that could not be parsed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chat_service.assistant import intents
from chat_service.assistant.matching import Match, match_tasks, normalize_words
from chat_service.assistant.vocabulary import View
from chat_service.schemas import PendingAction
from chat_service.task_client import PAGE, PAGES, FoundTasks, StateChange, TaskClient
from contracts.api.tasks import TaskRead
from contracts.chat import ChatAction
from servicekit.errors import Conflict, Forbidden, Invalid, NotFound

SHOWN = 20
TITLE_SHOWN = 100
"""Characters of a title in a list."""
HELP = (
    "I can add, list, find, complete, reopen and delete tasks, one at a time. Try: “add buy milk tomorrow”, "
    "“what do I have to do today”, “complete buy milk”, “delete 2”."
)
UNCLEAR = f"I did not understand that, so I changed nothing. {HELP}"
AMBIGUOUS = (
    "I change one task at a time, so I changed nothing. Say which one: its title, or its number after “list”."
)


@dataclass(slots=True)
class ActionResult:
    """What came of one message."""

    reply: str
    actions: list[ChatAction] = field(default_factory=list)
    shown: list[str] | None = None
    """Ids in the order shown, if a list was."""
    pending: PendingAction | None = None
    """What is done if the next message says yes."""


@dataclass(frozen=True, slots=True)
class _Command:
    """A change the assistant can make, in words. Its key is a `StateChange` of the task service."""

    done_text: str
    question: str
    filter: str
    """The filter its tasks have to match."""
    is_destructive: bool = False


_COMMANDS: Mapping[StateChange, _Command] = {
    "complete": _Command("Done: “{}”.", "Complete", "not done"),
    "reopen": _Command("Reopened “{}”.", "Reopen", "done"),
    "delete": _Command("Deleted “{}”. You can undo that.", "Delete", "", is_destructive=True),
}
_VIEWS: Mapping[View, tuple[str, str]] = {
    "open": ("not done", "Nothing to do. Enjoy!"),
    "today": ("not done and due <= today", "Nothing is due today."),
    "tomorrow": ("not done and due = tomorrow", "Nothing is due tomorrow."),
    "overdue": ("not done and overdue", "Nothing is overdue."),
    "done": ("done", "No task is done yet."),
}
"""A filter, and what is said where it finds nothing."""


async def execute_intent(
    intent: intents.Intent, tasks: TaskClient, shown: Sequence[str], pending: PendingAction | None = None
) -> ActionResult:
    """Do what is asked, or say why not."""
    try:
        return await _execute(intent, tasks, shown, pending)
    except (Invalid, Forbidden, Conflict) as error:
        return ActionResult(f"That does not work: {error.detail}")
    except NotFound:
        return ActionResult("That task no longer exists.")


async def _execute(
    intent: intents.Intent, tasks: TaskClient, shown: Sequence[str], pending: PendingAction | None
) -> ActionResult:
    match intent:
        case intents.Add(title):
            task = await tasks.quick_add(title)
            return ActionResult(f"Added “{task['title']}”{_describe_due(task)}.", [_make_action("add", task)])
        case intents.List(view):
            query, nothing = _VIEWS[view]
            return _list_tasks(await tasks.list_all_tasks(query), nothing)
        case intents.Search(words):
            return _search_tasks(await tasks.list_all_tasks("not done"), words)
        case intents.Complete(target):
            return await _change_task("complete", target, tasks, shown)
        case intents.Reopen(target):
            return await _change_task("reopen", target, tasks, shown)
        case intents.Delete(target):
            return await _change_task("delete", target, tasks, shown)
        case intents.Confirm():
            return await _execute_pending(pending, tasks)
        case intents.Decline():
            return ActionResult("All right, nothing was changed.")
        case intents.Ambiguous():
            return ActionResult(AMBIGUOUS)
        case intents.Help():
            return ActionResult(HELP)
        case _:
            return ActionResult(UNCLEAR)


def _describe_due(task: TaskRead) -> str:
    """What was parsed of when it is due."""
    if not task["due_date"]:
        return ""
    clock = f" at {task['due_time'][:5]}" if task["due_time"] else ""
    return f", due {task['due_date']}{clock}" + (", repeats" if task["recurrence"] else "")


def _search_tasks(found: FoundTasks, words: str) -> ActionResult:
    required = set(normalize_words(words).split())
    items = [task for task in found.items if required <= set(normalize_words(task["title"]).split())]
    nothing = f"No open task has “{words}” in its title."
    return _list_tasks(FoundTasks(items, found.is_complete), nothing)


def _list_tasks(found: FoundTasks, nothing: str) -> ActionResult:
    items = found.items
    if not items:
        return ActionResult(nothing + _describe_search_limit(found), shown=[])
    lines = [
        f"{number}. {_truncate_title(task['title'])}" for number, task in enumerate(items[:SHOWN], start=1)
    ]
    if len(items) > SHOWN:
        lines.append(f"… and {len(items) - SHOWN}{'' if found.is_complete else ' or'} more.")
    return ActionResult("\n".join(lines), [ChatAction(kind="list")], [task["id"] for task in items[:SHOWN]])


def _describe_search_limit(found: FoundTasks) -> str:
    return "" if found.is_complete else f" I looked through the newest {PAGE * PAGES:,} only."


def _truncate_title(title: str) -> str:
    return title if len(title) <= TITLE_SHOWN else f"{title[: TITLE_SHOWN - 1]}…"


async def _change_task(
    kind: StateChange, target: str, tasks: TaskClient, shown: Sequence[str]
) -> ActionResult:
    """Change the one task that `target` surely means; ask where it isn't sure."""
    command = _COMMANDS[kind]
    eligible = await tasks.list_all_tasks(command.filter)
    found = match_tasks(target, eligible.items, shown)
    if not found.tasks:
        where = {"not done": "open ", "done": "completed "}.get(command.filter, "")
        return ActionResult(f"I know no {where}task called “{target}”.{_describe_search_limit(eligible)}")
    if len(found.tasks) > 1:
        ask = _list_tasks(FoundTasks(found.tasks), "")
        return ActionResult(f"Which one do you mean?\n{ask.reply}", shown=ask.shown)
    task = found.tasks[0]
    if not _is_sure(found, command):
        question = f"{command.question} “{task['title']}”? Say “yes”, and I will."
        return ActionResult(question, pending=PendingAction.create(kind, task))
    await tasks.set_state(kind, task["id"])
    return ActionResult(command.done_text.format(task["title"]), [_make_action(kind, task)])


def _is_sure(found: Match, command: _Command) -> bool:
    return found.is_exact or (found.is_close and not command.is_destructive)


async def _execute_pending(pending: PendingAction | None, tasks: TaskClient) -> ActionResult:
    """Make the change that was asked about, if the task still is what it was."""
    if pending is None:
        return ActionResult("There is nothing to confirm, so I changed nothing.")
    task = await tasks.read_task(pending.task_id)
    if not pending.still_applies_to(task):
        return ActionResult(
            f"“{pending.title}” has changed meanwhile, so I left it alone. Say again what to do."
        )
    await tasks.set_state(pending.kind, task["id"])
    return ActionResult(
        _COMMANDS[pending.kind].done_text.format(task["title"]), [_make_action(pending.kind, task)]
    )


async def undo_actions(actions: Sequence[ChatAction], tasks: TaskClient) -> ActionResult:
    """Take back what was done, last first."""
    taken_back: list[ChatAction] = []
    for action in reversed(actions):
        opposite = _OPPOSITES.get(action.kind)
        if opposite and action.task_id:
            kind, method = opposite
            await tasks.set_state(method, action.task_id)
            taken_back.append(action.model_copy(update={"kind": kind}))
    names = ", ".join(f"“{action.title}”" for action in taken_back)
    return ActionResult(f"Undone: {names}.", taken_back)


_OPPOSITES: Mapping[str, tuple[str, StateChange]] = {
    "add": ("delete", "delete"),
    "complete": ("reopen", "reopen"),
    "reopen": ("complete", "complete"),
    "delete": ("restore", "restore"),
}


def can_undo(actions: Sequence[ChatAction]) -> bool:
    return any(action.kind in _OPPOSITES for action in actions)


def _make_action(kind: str, task: TaskRead) -> ChatAction:
    return ChatAction.model_validate({"kind": kind, "task_id": task["id"], "title": task["title"]})
