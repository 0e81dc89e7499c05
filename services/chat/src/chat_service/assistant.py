"""From an intent to what is done and said."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from chat_service import intents
from chat_service.matching import candidates, fold
from chat_service.tasks import Task, TaskClient
from contracts.chat import ChatAction
from servicekit.errors import Forbidden, Invalid, NotFound

SHOWN = 20
HELP = (
    "I can add, list, complete, reopen and delete tasks. Try: “add buy milk”, “what do I have to do”, "
    "“complete buy milk”, “delete 2”."
)


@dataclass(slots=True)
class Done:
    """What came of one message."""

    reply: str
    actions: list[ChatAction] = field(default_factory=list)
    shown: list[str] | None = None
    """Ids in the order shown, if a list was."""


async def act(intent: intents.Intent, tasks: TaskClient, shown: Sequence[str]) -> Done:
    """Do what is asked, or say why not."""
    try:
        return await _act(intent, tasks, shown)
    except (Invalid, Forbidden) as error:
        return Done(f"That does not work: {error.detail}")
    except NotFound:
        return Done("That task is gone already.")


async def _act(intent: intents.Intent, tasks: TaskClient, shown: Sequence[str]) -> Done:
    match intent:
        case intents.Add(title):
            task = await tasks.add(title)
            return Done(f"Added “{task['title']}”{_when(task)}.", [_action("add", task)])
        case intents.List(words):
            return _listed([task for task in await tasks.all() if not task["done"]], words)
        case intents.Complete(target):
            return await _change(target, tasks, shown, False, "complete", tasks.complete, "Done: “{}”.")
        case intents.Reopen(target):
            return await _change(target, tasks, shown, True, "reopen", tasks.reopen, "Open again: “{}”.")
        case intents.Delete(target):
            return await _change(
                target, tasks, shown, None, "delete", tasks.delete, "Deleted “{}”. You can undo that."
            )
        case intents.Help():
            return Done(HELP)
        case _:
            return Done(f"I did not understand that. {HELP}")


def _when(task: Task) -> str:
    """What was understood of when it is due."""
    if not task.get("due_date"):
        return ""
    clock = f" at {task['due_time'][:5]}" if task.get("due_time") else ""
    return f", due {task['due_date']}{clock}" + (", again and again" if task.get("recurrence") else "")


def _listed(tasks: Sequence[Task], words: str) -> Done:
    wanted = set(fold(words).split())
    found = [task for task in tasks if wanted <= set(fold(task["title"]).split())]
    if not found:
        return Done(f"There is no open task with “{words}”." if words else "Nothing to do. Enjoy!", shown=[])
    lines = [f"{number}. {task['title']}" for number, task in enumerate(found[:SHOWN], start=1)]
    if len(found) > SHOWN:
        lines.append(f"… and {len(found) - SHOWN} more.")
    return Done("\n".join(lines), [ChatAction(kind="list")], [task["id"] for task in found[:SHOWN]])


async def _change(
    target: str,
    tasks: TaskClient,
    shown: Sequence[str],
    done: bool | None,
    kind: str,
    change: Callable[[str], Awaitable[object]],
    said: str,
) -> Done:
    """Change the one task that `target` means, among those that are `done` or not."""
    eligible = [task for task in await tasks.all() if done is None or task["done"] is done]
    found = candidates(target, eligible, shown)
    if not found:
        return Done(f"I find no such task: “{target}”.")
    if len(found) > 1:
        ask = _listed(found, "")
        return Done(f"Which one do you mean?\n{ask.reply}", shown=ask.shown)
    await change(found[0]["id"])
    return Done(said.format(found[0]["title"]), [_action(kind, found[0])])


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
