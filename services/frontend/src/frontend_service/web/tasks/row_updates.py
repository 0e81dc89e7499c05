"""Single rows of the list: what a change makes of a long list is some rows, not the list again.

A row is told with the list it is in now and the row before it there. So the page can put it in its place
without having the others sent.
"""

import zlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Query
from starlette.responses import Response

from contracts.api.tasks import TaskRead
from frontend_service.web.page_route import page_router
from frontend_service.web.paging import PAGE
from frontend_service.web.rendering import keep_page, render_fragment
from frontend_service.web.request_context import Now, RequestContext, SignedIn
from frontend_service.web.tasks.task_list import Row, TaskList, read_list
from frontend_service.web.tasks.views import AskedView
from servicekit.web.ids import is_valid_id

MOST = 20
"""Rows told at once; for more, the page asks for the list."""

pages = page_router()


@dataclass(frozen=True, slots=True)
class RowUpdate:
    """The row of the task `id`, in the list `place` (`open` or `done`) after the task `after`.

    row: None if it is not in the list. after: empty for the first one.
    """

    id: str
    row: Row | None = None
    place: str = ""
    after: str = ""


@pages.get("/tasks/rows")
async def show_task_rows(
    context: SignedIn,
    now: Now,
    view: AskedView,
    shown: int = PAGE,
    id: Annotated[list[str] | None, Query(max_length=MOST)] = None,
) -> Response:
    """The rows of these tasks in this list, for an open page that heard of their change."""
    tasks = await read_list(context.services.tasks, view, shown, now)
    return show_rows(context, tasks, [each for each in id or () if is_valid_id(each)], "parts/rows.html")


def show_rows(
    context: RequestContext,
    tasks: TaskList,
    ids: Collection[str],
    template: str,
    *,
    series: str = "",
    **values: Any,
) -> Response:
    """series: of which the other rows are told, too."""
    changes = [] if tasks.away else find_row_updates(tasks, ids, series)
    return keep_page(render_fragment(context, template, tasks=tasks, changes=changes, **values))


def find_row_updates(tasks: TaskList, ids: Collection[str], series: str = "") -> Sequence[RowUpdate]:
    """What became of the rows of these tasks: first the ones that left, then the others from top to bottom.

    What hangs together with one of them is told too: the task above it, those below it, and others of its
    `series`. Where there is more than is shown, so are as many of the last rows, which may have moved up.
    """
    shown = [*tasks.open, *tasks.done]
    here = {row.task["id"] for row in shown}
    changed = _add_related([row.task for row in shown], set(ids), series)
    if tasks.more:
        changed |= set(tasks.ids[-len(ids) :])
    gone = [RowUpdate(id) for id in ids if id not in here]
    return [*gone, *_place_rows("open", tasks.open, changed), *_place_rows("done", tasks.done, changed)]


def _add_related(shown: Sequence[TaskRead], ids: set[str], series: str) -> set[str]:
    changed = ids | {task["id"] for task in shown if series and task.get("series_id") == series}
    parents = {task["parent_id"] for task in shown if task["id"] in ids and task["parent_id"]}
    below = changed
    while below:
        below = {task["id"] for task in shown if task["parent_id"] in below} - changed
        changed |= below
    return changed | parents


def _place_rows(place: str, rows: Sequence[Row], changed: Collection[str]) -> Iterator[RowUpdate]:
    before = ""
    for row in rows:
        id = row.task["id"]
        if id in changed:
            yield RowUpdate(id, row, place, before)
        before = id


def fingerprint(tasks: TaskList) -> str:
    """What `static/js/parts/rows.js` makes of the rows on the page: the same if they show the same."""
    lines = [
        f"{place} {row.task['id']} {row.state}\n"
        for place, rows in (("open", tasks.open), ("done", tasks.done))
        for row in rows
    ]
    return f"{zlib.crc32(''.join(lines).encode()):08x}"
