"""What is to be added, in which order and under which ids."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, uuid5

from servicekit.ids import is_id
from task_service.transfer.source import Draft, Source
from task_service.tree import MAX_LEVELS


def id_of(user_id: str, format: str, key: str) -> str:
    """The id a thing of a file gets: always the same, so that importing again adds nothing."""
    return str(uuid5(uuid5(NAMESPACE_URL, f"todo/import/{user_id}"), f"{format} {key}"))


@dataclass(slots=True)
class Plan:
    """The drafts of a source that are new, parents first, each with its id and that of its parent."""

    user_id: str
    source: Source
    known: Collection[str]
    """Ids of tasks the user has, as far as they could be among these."""
    new: list[Draft] = field(default_factory=list)
    parents: dict[str, str] = field(default_factory=dict)
    """Key → id of the parent."""
    below: Counter[str] = field(default_factory=Counter)
    below_done: Counter[str] = field(default_factory=Counter)
    """Id of a parent → how many new tasks lie below it, and how many of them are done."""
    _drafts: dict[str, Draft] = field(default_factory=dict)
    _levels: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for draft in self.source.tasks:
            if draft.key in self._drafts:
                self.source.report.say(draft.where, "There is a task of the same id before; left out.")
            else:
                self._drafts[draft.key] = draft
        new = [draft for draft in self._drafts.values() if self.id(draft.key) not in self.known]
        self.new = sorted(new, key=lambda draft: self._level(draft.key))
        for draft in self.new:
            self._place(draft)

    @property
    def skipped(self) -> int:
        return len(self.source.tasks) - len(self.new)

    def id(self, key: str) -> str:
        """Of the task itself if the user has it, as when a file comes back where it is from."""
        return key if key in self.known else id_of(self.user_id, self.source.format, key)

    def _place(self, draft: Draft) -> None:
        above = self._above(draft)
        if draft.parent and not above:
            self.source.report.say(draft.where, "The task it lay below is not there; it is at the top.")
        if not above:
            return
        parent = above[min(len(above), MAX_LEVELS - 1) - 1]
        if len(above) >= MAX_LEVELS:
            self.source.report.say(draft.where, f"It lay deeper than {MAX_LEVELS} levels; it is higher now.")
        self.parents[draft.key] = parent
        self.below[parent] += 1
        self.below_done[parent] += draft.done

    def _above(self, draft: Draft) -> Sequence[str]:
        """Ids of what it lies below, from the top; none if that goes round in a circle."""
        found: list[str] = []
        seen, key = {draft.key}, draft.parent
        while key:
            if key in seen:
                return []
            seen.add(key)
            if key not in self._drafts:
                return [key, *found] if is_id(key) and key in self.known else found
            found.insert(0, self.id(key))
            key = self._drafts[key].parent
        return found

    def _level(self, key: str) -> int:
        """How deep it lies; a circle ends where it began."""
        path: list[str] = []
        while key in self._drafts and key not in self._levels and key not in path:
            path.append(key)
            key = self._drafts[key].parent or ""
        level = self._levels.get(key, 0)
        for each in reversed(path):
            level += 1
            self._levels[each] = level
        return self._levels.get(path[0] if path else key, 0)
