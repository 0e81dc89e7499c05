"""From an intent to what is done and said.

One change whose meaning and target are sure is made at once and can be undone; anything else is asked about
first (`Pending`), or refused in words. Nothing is made of a message that wasn't understood.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chat_service import intents
from chat_service.matching import Match, fold, match
from chat_service.schemas import Pending
from chat_service.tasks import PAGE, PAGES, FoundTasks, Task, TaskClient
from chat_service.vocabulary import View
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
SEVERAL = (
    "I change one task at a time, so I changed nothing. Say which one: its title, or its number after “list”."
)


@dataclass(slots=True)
class Done:
    """What came of one message."""

    reply: str
    actions: list[ChatAction] = field(default_factory=list)
    shown: list[str] | None = None
    """Ids in the order shown, if a list was."""
    pending: Pending | None = None
    """What is done if the next message says yes."""


@dataclass(frozen=True, slots=True)
class _Verb:
    """A change the assistant can make, in words. Its name is that of the method of `TaskClient`."""

    said: str
    asked: str
    among: str
    """The filter its tasks have to match."""
    is_destructive: bool = False


_VERBS: Mapping[str, _Verb] = {
    "complete": _Verb("Done: “{}”.", "Complete", "not done"),
    "reopen": _Verb("Reopened “{}”.", "Reopen", "done"),
    "delete": _Verb("Deleted “{}”. You can undo that.", "Delete", "", is_destructive=True),
}
_VIEWS: Mapping[View, tuple[str, str]] = {
    "open": ("not done", "Nothing to do. Enjoy!"),
    "today": ("not done and due <= today", "Nothing is due today."),
    "tomorrow": ("not done and due = tomorrow", "Nothing is due tomorrow."),
    "overdue": ("not done and overdue", "Nothing is overdue."),
    "done": ("done", "No task is done yet."),
}
"""A filter, and what is said where it finds nothing."""


async def act(
    intent: intents.Intent, tasks: TaskClient, shown: Sequence[str], pending: Pending | None = None
) -> Done:
    """Do what is asked, or say why not."""
    try:
        return await _act(intent, tasks, shown, pending)
    except (Invalid, Forbidden, Conflict) as error:
        return Done(f"That does not work: {error.detail}")
    except NotFound:
        return Done("That task is gone already.")


async def _act(
    intent: intents.Intent, tasks: TaskClient, shown: Sequence[str], pending: Pending | None
) -> Done:
    match intent:
        case intents.Add(title):
            task = await tasks.add(title)
            return Done(f"Added “{task['title']}”{_when(task)}.", [_action("add", task)])
        case intents.List(view):
            query, nothing = _VIEWS[view]
            return _listed(await tasks.all(query), nothing)
        case intents.Search(words):
            return _searched(await tasks.all("not done"), words)
        case intents.Complete(target):
            return await _change("complete", target, tasks, shown)
        case intents.Reopen(target):
            return await _change("reopen", target, tasks, shown)
        case intents.Delete(target):
            return await _change("delete", target, tasks, shown)
        case intents.Confirm():
            return await _confirmed(pending, tasks)
        case intents.Decline():
            return Done("All right, I changed nothing.")
        case intents.Several():
            return Done(SEVERAL)
        case intents.Help():
            return Done(HELP)
        case _:
            return Done(UNCLEAR)


def _when(task: Task) -> str:
    """What was understood of when it is due."""
    if not task.get("due_date"):
        return ""
    clock = f" at {task['due_time'][:5]}" if task.get("due_time") else ""
    return f", due {task['due_date']}{clock}" + (", repeats" if task.get("recurrence") else "")


def _searched(found: FoundTasks, words: str) -> Done:
    wanted = set(fold(words).split())
    items = [task for task in found.items if wanted <= set(fold(task["title"]).split())]
    nothing = f"No open task has “{words}” in its title."
    return _listed(FoundTasks(items, found.is_complete), nothing)


def _listed(found: FoundTasks, nothing: str) -> Done:
    items = found.items
    if not items:
        return Done(nothing + _looked_through(found), shown=[])
    lines = [f"{number}. {_shortened(task['title'])}" for number, task in enumerate(items[:SHOWN], start=1)]
    if len(items) > SHOWN:
        lines.append(f"… and {len(items) - SHOWN}{'' if found.is_complete else ' or'} more.")
    return Done("\n".join(lines), [ChatAction(kind="list")], [task["id"] for task in items[:SHOWN]])


def _looked_through(found: FoundTasks) -> str:
    return "" if found.is_complete else f" I looked through the newest {PAGE * PAGES:,} only."


def _shortened(title: str) -> str:
    return title if len(title) <= TITLE_SHOWN else f"{title[: TITLE_SHOWN - 1]}…"


async def _change(kind: str, target: str, tasks: TaskClient, shown: Sequence[str]) -> Done:
    """Change the one task that `target` surely means; ask where it isn't sure."""
    verb = _VERBS[kind]
    eligible = await tasks.all(verb.among)
    found = match(target, eligible.items, shown)
    if not found.tasks:
        where = {"not done": "open ", "done": "completed "}.get(verb.among, "")
        return Done(f"I know no {where}task called “{target}”.{_looked_through(eligible)}")
    if len(found.tasks) > 1:
        ask = _listed(FoundTasks(found.tasks), "")
        return Done(f"Which one do you mean?\n{ask.reply}", shown=ask.shown)
    task = found.tasks[0]
    if not _is_sure(found, verb):
        question = f"{verb.asked} “{task['title']}”? Say “yes”, and I will."
        return Done(question, pending=Pending.of(kind, task))
    await getattr(tasks, kind)(task["id"])
    return Done(verb.said.format(task["title"]), [_action(kind, task)])


def _is_sure(found: Match, verb: _Verb) -> bool:
    return found.is_exact or (found.is_close and not verb.is_destructive)


async def _confirmed(pending: Pending | None, tasks: TaskClient) -> Done:
    """Make the change that was asked about, if the task still is what it was."""
    if pending is None:
        return Done("There is nothing to confirm, so I changed nothing.")
    task = await tasks.read(pending.task_id)
    if not pending.is_about(task):
        return Done(f"“{pending.title}” has changed meanwhile, so I left it alone. Say again what to do.")
    await getattr(tasks, pending.kind)(task["id"])
    return Done(_VERBS[pending.kind].said.format(task["title"]), [_action(pending.kind, task)])


async def undo(actions: Sequence[ChatAction], tasks: TaskClient) -> Done:
    """Take back what was done, last first."""
    taken_back: list[ChatAction] = []
    for action in reversed(actions):
        opposite = _OPPOSITES.get(action.kind)
        if opposite and action.task_id:
            kind, method = opposite
            await getattr(tasks, method)(action.task_id)
            taken_back.append(action.model_copy(update={"kind": kind}))
    names = ", ".join(f"“{action.title}”" for action in taken_back)
    return Done(f"Undone: {names}.", taken_back)


_OPPOSITES = {
    "add": ("delete", "delete"),
    "complete": ("reopen", "reopen"),
    "reopen": ("complete", "complete"),
    "delete": ("restore", "restore"),
}


def can_undo(actions: Sequence[ChatAction]) -> bool:
    return any(action.kind in _OPPOSITES for action in actions)


def _action(kind: str, task: Task) -> ChatAction:
    return ChatAction.model_validate({"kind": kind, "task_id": task["id"], "title": task["title"]})
