"""A repetition in the words of quick add: “every 3rd friday”."""

from dataclasses import dataclass

from frontend_service.clients.service_client import JsonObject, UpstreamError
from frontend_service.clients.task_client import TaskClient
from servicekit.errors import Invalid

EXAMPLE = "Try words like “every 3rd friday” or “every! 10 days”."


@dataclass(frozen=True, slots=True)
class ParsedRecurrence:
    """recurrence: rule and from. when: the first day, and the time if one was said."""

    recurrence: JsonObject
    when: JsonObject


class UnreadablePhrase(Invalid):
    """Words that say no repetition, or more than one."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.by_field = {"words": detail}


async def parse_recurrence_phrase(tasks: TaskClient, words: str) -> ParsedRecurrence:
    """What the words say. Raises `UnreadablePhrase` unless all of them say it, and nothing else."""
    try:
        found = await tasks.parse_quick_add(words)
    except UpstreamError as refusal:
        if refusal.status != 422:
            raise
        raise UnreadablePhrase(refusal.by_field.get("quick", refusal.detail)) from refusal
    task, kinds = found["task"], {span["kind"] for span in found["spans"]}
    if not task["recurrence"]:
        raise UnreadablePhrase(f"This text contains no repetition. {EXAMPLE}")
    if task["title"] or kinds - {"recurrence", "date", "time"}:
        more = f"“{task['title']}”" if task["title"] else "more than that"
        raise UnreadablePhrase(f"Enter only a repetition; this text also contains {more}. {EXAMPLE}")
    recurrence: JsonObject = {"rule": task["recurrence"]["rule"], "from": task["recurrence"]["from"]}
    when: JsonObject = {"due_date": task["due_date"]} if task["due_date"] else {}
    return ParsedRecurrence(recurrence, when | ({"due_time": task["due_time"]} if task["due_time"] else {}))
