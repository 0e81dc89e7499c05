"""Queries for lists of tasks: parameters are parsed and validated, then one statement reads a page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, TypeVar

from contracts.folding import search_key
from servicekit.errors import Invalid
from servicekit.persistence.database import Database
from servicekit.persistence.prepared_queries import Row
from servicekit.security.auth import Principal
from servicekit.web.pagination import decode_cursor, encode_cursor, paginate
from task_service.filtering import keyset, repository
from task_service.filtering.ast import And, Node
from task_service.filtering.columns import TASK
from task_service.filtering.compiler import (
    Condition,
    QueryContext,
    compile_condition,
    match_search_word,
    split_required_terms,
)
from task_service.filtering.date_values import UserClock
from task_service.filtering.sorting import NEWEST_FIRST, Sort, decode_values, parse_sort
from task_service.filtering.validation import report_position, validate_filter, validate_sort
from task_service.models import Task
from task_service.saved_filters import use_cases as filters
from task_service.unit_of_work.unit import UnitOfWork

T = TypeVar("T")

MAX_WORDS = 20
_NEWEST = parse_sort(NEWEST_FIRST)


@dataclass(frozen=True, slots=True)
class ListParams:
    """The query parameters of a list, as they were sent."""

    filter: str | None = None
    q: str | None = None
    sort: str | None = None
    saved: str | None = None
    trash: bool = False


@dataclass(frozen=True, slots=True)
class TaskPage(Generic[T]):
    """One page."""

    tasks: Sequence[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class _ListCursor:
    """What a cursor stores: the sort order, when the first page was read, and the list it belongs to."""

    sort: Sort
    now: datetime
    scope: str

    def make_page(
        self, rows: Sequence[T], limit: int, read: Callable[[T], Callable[[str], Any]]
    ) -> TaskPage[T]:
        """Cut the rows, one more than `limit` if there are more, to a page with a cursor for the next.

        read: returns a getter of the attributes of a row, by name.
        """
        shown, end = paginate(rows, limit)
        if end is None:
            return TaskPage(shown, None)
        last = [self.now, *keyset.key_values(self.sort, read(end))]
        return TaskPage(shown, encode_cursor(last, scope=self.scope))


async def find_tasks(unit: UnitOfWork, params: ListParams, limit: int, cursor: str | None) -> TaskPage[Task]:
    """A page of the user's tasks. Raises `Invalid`, naming the parameter and the position in it."""
    list_query, list_cursor = await _build_query(unit, params, limit, cursor)
    return list_cursor.make_page(
        await unit.task_lists.list_tasks(list_query), limit, lambda task: partial(getattr, task)
    )


async def find_rows(
    unit: UnitOfWork, params: ListParams, limit: int, cursor: str | None, names: Sequence[str]
) -> TaskPage[Row]:
    """As `find_tasks`, with these fields of each task, and those that the order needs."""
    list_query, list_cursor = await _build_query(unit, params, limit, cursor)
    columns = dict.fromkeys([*names, *keyset.key_fields(list_cursor.sort)])
    return list_cursor.make_page(
        await unit.task_lists.list_rows(list_query, list(columns)), limit, _row_reader
    )


async def find_first_page(database: Database, user: Principal, limit: int) -> TaskPage[Row]:
    """What `find_rows` gives if no parameter is sent."""
    rows = await repository.FIRST_PAGE.rows(database, {"user_id": user.user_id, "limit": limit + 1})
    return _ListCursor(_NEWEST, datetime.now(UTC), _cursor_scope(user, ListParams())).make_page(
        rows, limit, _row_reader
    )


async def _build_query(
    unit: UnitOfWork, params: ListParams, limit: int, cursor: str | None
) -> tuple[repository.ListQuery, _ListCursor]:
    saved = await filters.resolve_filter(unit, params.saved) if params.saved else None
    sort = validate_sort("?sort", params.sort or (saved.sort if saved else None) or NEWEST_FIRST)
    node = _combine_filters(
        _parse_optional_filter("?saved", saved.filter) if saved else None,
        _parse_optional_filter("?filter", params.filter),
    )
    cursor_scope = _cursor_scope(unit.user, params)
    now, last = _decode_position(cursor, cursor_scope, sort) if cursor else (datetime.now(UTC), None)
    words = _search_words(params.q)
    clock = UserClock(now, unit.user.time_zone, unit.user.week_start)
    scope = QueryContext(unit.task_lists, clock)
    conditions: list[Condition] = [TASK.deleted_at.is_(None)]
    if params.trash:
        conditions = [TASK.deleted_at.is_not(None), TASK.taken_back.is_(False)]
    texts, terms = split_required_terms(node) if node else ([], [])
    conditions += report_position(
        "?filter", "filter-invalid", lambda: [compile_condition(term, scope) for term in terms]
    )
    conditions += [keyset.after(sort, last)] if last else []
    texts += map(match_search_word, words)
    by_title = "title" in sort.fields
    list_query = repository.ListQuery(conditions, texts, keyset.order_by(sort), limit + 1, by_title)
    return list_query, _ListCursor(sort, now, cursor_scope)


def _row_reader(row: Row) -> Callable[[str], Any]:
    return row.__getitem__


def _cursor_scope(user: Principal, params: ListParams) -> str:
    """The list a cursor belongs to. Replicas of other versions read it, too: its text, which bears an earlier
    name of `ListParams`, must not change with the names here.
    """
    values = f"filter={params.filter!r}, q={params.q!r}, sort={params.sort!r}, saved={params.saved!r}"
    return f"tasks {user.user_id} Asked({values}, trash={params.trash!r})"


def _combine_filters(first: Node | None, second: Node | None) -> Node | None:
    return And((first, second)) if first and second else first or second


def _parse_optional_filter(pointer: str, text: str | None) -> Node | None:
    return validate_filter(pointer, text) if text and text.strip() else None


def _search_words(q: str | None) -> list[str]:
    if "\x00" in (q or ""):
        raise Invalid.field("?q", "The character U+0000 is not allowed.", code="search-invalid")
    words = list(dict.fromkeys(search_key(q or "").split()))
    if len(words) > MAX_WORDS:
        raise Invalid.field("?q", f"A search can have at most {MAX_WORDS} words.", code="search-too-long")
    return words


def _decode_position(cursor: str, scope: str, sort: Sort) -> tuple[datetime, list[Any]]:
    """When the first page was read, and the key values of the last row, from a cursor. Raises `Invalid`.

    Filters on all pages resolve `now` and `today` to that time, so that the list is stable while it is paged.
    """
    now, *stored = decode_cursor(cursor, scope=scope, values=len(sort.fields) + 1)
    try:
        return decode_values(["created"], [now])[0], decode_values(sort.fields, stored)
    except (ValueError, OverflowError) as error:
        raise Invalid.field("?cursor", "The cursor is not valid.", code="cursor-invalid") from error
