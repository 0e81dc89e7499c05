"""What the page of tasks shows: all of them, a list, a project, a label, a filter, or what was searched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Depends, Query

from contracts.api.tasks import TaskDraft

LISTS = {"today": "Today", "upcoming": "Upcoming", "overdue": "Overdue", "inbox": "Inbox"}
"""Built-in filters of the task service, and what the page calls them."""
NEWEST = "-created"
SORTS = {
    NEWEST: "Newest first",
    "due,-priority,created": "Due date",
    "-priority,due": "Priority",
    "position": "My order",
    "title": "Title",
    "-updated": "Changed last",
}
BY_LIST = dict.fromkeys(("today", "upcoming", "overdue"), "due,-priority,created") | {"inbox": "position"}
"""How the task service sorts its built-in filters."""
NAMES = ("list", "project", "label", "saved", "filter", "q", "sort")


@dataclass(frozen=True, slots=True)
class View:
    """The part of the address of the page that says what is shown."""

    list: str = ""
    project: str = ""
    label: str = ""
    saved: str = ""
    filter: str = ""
    q: str = ""
    sort: str = ""

    @property
    def parameters(self) -> dict[str, str]:
        """What was asked for, by its name."""
        return {name: value for name in NAMES if (value := getattr(self, name))}

    @property
    def is_narrowed(self) -> bool:
        """Whether something hides tasks that would be in this list."""
        return bool(self.filter or self.q)

    @property
    def is_ordered(self) -> bool:
        """Whether tasks stand in the order somebody gave them, and can be moved."""
        return self.applied_sort() == "position"

    def applied_sort(self, saved: Mapping[str, str] = MappingProxyType({})) -> str:
        """How the list is sorted; saved: the sorts of saved filters, by id, where they have one."""
        own = BY_LIST.get(self.list) or (saved.get(self.saved) if self.saved else None)
        return self.sort or own or ("position" if self.project else NEWEST)

    @property
    def summary(self) -> Sequence[str]:
        """What narrows or sorts this list, in words; nothing where it is shown as it is."""
        parts = [f"Search: {self.q}"] if self.q else []
        parts += [f"Filter: {self.filter}"] if self.filter else []
        is_own = self.sort == replace(self, sort="").applied_sort()
        return [*parts, f"Sorted by: {describe_sort(self.sort)}"] if self.sort and not is_own else parts

    def query(self, **more: Any) -> str:
        """The address of this view, after the question mark."""
        return urlencode(self.parameters | more)

    def task_query(self) -> str:
        """The query by which the task service lists these tasks."""
        parameters = {"filter": " and ".join(self._filters()), "q": self.q, "sort": self._sort()}
        parameters["saved"] = self.list if self.list in LISTS else self.saved
        return urlencode({name: value for name, value in parameters.items() if value})

    def given(self, now: datetime) -> TaskDraft:
        """The fields that make a new task one of this view."""
        fields = TaskDraft(project_id=self.project) if self.project else TaskDraft()
        if self.label:
            fields["labels"] = [self.label]
        if self.list == "today":
            fields["due_date"] = now.date().isoformat()
        return fields

    def without_search(self) -> "View":
        return replace(self, filter="", q="", sort="")

    def _filters(self) -> Sequence[str]:
        found = [f"project = {_quoted(self.project)}"] if self.project else []
        found += [f"label = {_quoted(self.label)}"] if self.label else []
        if not self.filter.strip():
            return found
        return [*found, f"({self.filter})"] if found else [self.filter]

    def _sort(self) -> str:
        return self.sort or ("position" if self.project else "")


async def parse_view(
    list: Annotated[str, Query(max_length=20)] = "",
    project: Annotated[str, Query(max_length=100)] = "",
    label: Annotated[str, Query(max_length=100)] = "",
    saved: Annotated[str, Query(max_length=100)] = "",
    filter: Annotated[str, Query(max_length=2000)] = "",
    q: Annotated[str, Query(max_length=500)] = "",
    sort: Annotated[str, Query(max_length=200)] = "",
) -> View:
    """The view in the query of a page; `filter` and `sort` are checked by the task service."""
    return View(list, project, label, saved, filter, q.strip(), sort)


def view_title(view: View, names: Mapping[str, str]) -> str:
    """What the page is called; names: of projects and saved filters, by id."""
    if view.list in LISTS:
        return LISTS[view.list]
    return view.label or names.get(view.project or view.saved, "") or "Tasks"


def describe_sort(sort: str) -> str:
    """A sort order, in words; one that this page does not offer as it is written."""
    return SORTS.get(sort, sort)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


AskedView = Annotated[View, Depends(parse_view)]
