"""Plans an import: which tasks are new, in which order they are added, and under which ids."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from uuid import NAMESPACE_URL, uuid5

from servicekit.uuids import is_valid_id
from task_service.hierarchy import levels
from task_service.import_export.nesting import resolve_nesting
from task_service.import_export.parsed_file import ImportedTask, ParsedFile
from task_service.tasks.recurrence_settings import derive_occurrence_id


def derive_id(user_id: str, format: str, key: str) -> str:
    """The id an entry of a file gets: deterministic (UUIDv5), so that importing again adds nothing."""
    return str(uuid5(uuid5(NAMESPACE_URL, f"todo/import/{user_id}"), f"{format} {key}"))


def collect_possible_ids(user_id: str, source: ParsedFile) -> set[str]:
    """Ids under which the user may have what a file holds: its own, and those importing gives."""
    found: set[str] = set()
    for draft in source.tasks:
        series = _later_series(draft)
        found |= {key for key in (draft.key, draft.parent, series) if key and is_valid_id(key)}
        found.add(derive_id(user_id, source.format, draft.key))
        if series:
            found.add(
                derive_occurrence_id(derive_id(user_id, source.format, series), draft.series["occurrence"])
            )
    return found


def _later_series(draft: ImportedTask) -> str | None:
    """The series whose later occurrence a task is, by its id."""
    series, number = draft.series.get("series_id"), draft.series.get("occurrence", 1)
    is_later = series is not None and draft.key == derive_occurrence_id(series, number)
    return str(series) if is_later else None


@dataclass(slots=True)
class ImportPlan:
    """The drafts of a source that are new, parents first, each with its id and that of its parent."""

    user_id: str
    source: ParsedFile
    known: Collection[str]
    """Those of `collect_possible_ids` that are tasks of the user."""
    new: list[ImportedTask] = field(default_factory=list)
    parents: dict[str, str] = field(default_factory=dict)
    """Key → id of the parent."""
    below: Counter[str] = field(default_factory=Counter)
    below_done: Counter[str] = field(default_factory=Counter)
    """Id of a parent → how many new tasks lie below it, and how many of them are done."""
    _drafts: dict[str, ImportedTask] = field(default_factory=dict)
    _above: dict[str, tuple[str | None, int]] = field(default_factory=dict)
    """Key → that of its parent, and how many lie above."""

    def __post_init__(self) -> None:
        for draft in self.source.tasks:
            if draft.key in self._drafts:
                self.source.report.add(draft.where, "Skipped: a task with the same id came before.")
            else:
                self._drafts[draft.key] = draft
        parents = {key: draft.parent for key, draft in self._drafts.items()}
        self._above = resolve_nesting(
            parents, levels.OF_TASKS, is_elsewhere=lambda key: is_valid_id(key) and key in self.known
        )
        new = [draft for draft in self._drafts.values() if self.task_id(draft.key) not in self.known]
        self.new = sorted(new, key=lambda draft: self._above[draft.key][1])
        for draft in self.new:
            self._assign_parent(draft)

    @property
    def skipped(self) -> int:
        return len(self.source.tasks) - len(self.new)

    def task_id(self, key: str) -> str:
        """Of the task itself if the user has it, as when a file comes back where it is from.

        A later occurrence has the id that completing the one before it would give, so that it is not
        made again.
        """
        if key in self.known:
            return key
        draft = self._drafts.get(key)
        series = _later_series(draft) if draft else None
        if draft and series:
            return derive_occurrence_id(self.series_id(series), draft.series["occurrence"])
        return derive_id(self.user_id, self.source.format, key)

    def series_id(self, key: str) -> str:
        return key if key in self.known else derive_id(self.user_id, self.source.format, key)

    def _assign_parent(self, draft: ImportedTask) -> None:
        above, level = self._above[draft.key]
        parent = self.task_id(above) if above else None
        if draft.parent and not parent:
            self.source.report.add(draft.where, "The parent task is missing; it is now at the top level.")
        if not parent:
            return
        if level >= levels.OF_TASKS:
            self.source.report.add(
                draft.where, f"It was nested deeper than {levels.OF_TASKS} levels; it was moved up."
            )
        self.parents[draft.key] = parent
        self.below[parent] += 1
        self.below_done[parent] += draft.done
