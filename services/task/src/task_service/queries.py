"""Lists of tasks: what is asked for, read and checked, becomes one statement."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Generic, TypeVar

from sqlalchemy.ext.asyncio import AsyncSession

from contracts.folding import search_key
from servicekit.auth import Principal
from servicekit.database import Database
from servicekit.errors import Invalid
from servicekit.paging import decode_cursor, encode_cursor, page_of
from servicekit.prepared import Row
from task_service.filtering import keyset, repository
from task_service.filtering.ast import All, Node
from task_service.filtering.columns import TASK
from task_service.filtering.compiler import Condition, Scope, condition, demanded, searched
from task_service.filtering.date_values import Clock
from task_service.filtering.sorting import NEWEST_FIRST, Sort, parse_sort, values_of
from task_service.filtering.validation import read_filter, read_sort, told
from task_service.models import Task
from task_service.structure import filters

T = TypeVar("T")

MAX_WORDS = 20
_NEWEST = parse_sort(NEWEST_FIRST)


@dataclass(frozen=True, slots=True)
class Asked:
    """The parameters of a list, as they were sent."""

    filter: str | None = None
    q: str | None = None
    sort: str | None = None
    saved: str | None = None
    trash: bool = False


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """One page."""

    tasks: Sequence[T]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class _List:
    """Which list it is: what the cursor behind a page of it keeps."""

    sort: Sort
    now: datetime
    bound_to: str

    def page(self, rows: Sequence[T], limit: int, read: Callable[[T], Callable[[str], Any]]) -> Found[T]:
        """Cut what was found to a page; `read` gives what reads the fields of a row."""
        shown, end = page_of(rows, limit)
        if end is None:
            return Found(shown, None)
        last = [self.now, *keyset.values(self.sort, read(end))]
        return Found(shown, encode_cursor(last, bound_to=self.bound_to))


async def find(
    session: AsyncSession, user: Principal, asked: Asked, limit: int, cursor: str | None
) -> Found[Task]:
    """A page of the user's tasks. Raises `Invalid`, naming the parameter and the position in it."""
    wanted, which = await _wanted(session, user, asked, limit, cursor)
    return which.page(await repository.listed(session, wanted), limit, lambda task: partial(getattr, task))


async def find_rows(
    session: AsyncSession, user: Principal, asked: Asked, limit: int, cursor: str | None, names: Sequence[str]
) -> Found[Row]:
    """As `find`, with these fields of each task, and those that the order needs."""
    wanted, which = await _wanted(session, user, asked, limit, cursor)
    columns = dict.fromkeys([*names, *keyset.needed(which.sort)])
    return which.page(await repository.rows(session, wanted, list(columns)), limit, _reading)


async def first_page(database: Database, user: Principal, limit: int) -> Found[Row]:
    """What `find_rows` gives if nothing is asked for."""
    rows = await repository.FIRST_PAGE.rows(database, {"user_id": user.user_id, "limit": limit + 1})
    return _List(_NEWEST, datetime.now(UTC), _bound_to(user, Asked())).page(rows, limit, _reading)


async def _wanted(
    session: AsyncSession, user: Principal, asked: Asked, limit: int, cursor: str | None
) -> tuple[repository.Wanted, _List]:
    saved = await filters.resolve(session, user, asked.saved) if asked.saved else None
    sort = read_sort("?sort", asked.sort or (saved.sort if saved else None) or NEWEST_FIRST)
    node = _both(_node("?saved", saved.filter) if saved else None, _node("?filter", asked.filter))
    bound_to = _bound_to(user, asked)
    now, last = _behind(cursor, bound_to, sort) if cursor else (datetime.now(UTC), None)
    words = _words(asked.q)
    scope = Scope(user.user_id, Clock(now, user.time_zone, user.week_start))
    conditions: list[Condition] = [TASK.deleted_at.is_(None)]
    if asked.trash:
        conditions = [TASK.deleted_at.is_not(None), TASK.taken_back.is_(False)]
    texts, terms = demanded(node) if node else ([], [])
    conditions += told("?filter", "filter-invalid", lambda: [condition(term, scope) for term in terms])
    conditions += [keyset.behind(sort, last)] if last else []
    texts += map(searched, words)
    by_title = "title" in sort.fields
    wanted = repository.Wanted(user.user_id, conditions, texts, keyset.order(sort), limit + 1, by_title)
    return wanted, _List(sort, now, bound_to)


def _reading(row: Row) -> Callable[[str], Any]:
    return row.__getitem__


def _bound_to(user: Principal, asked: Asked) -> str:
    return f"tasks {user.user_id} {asked}"


def _both(first: Node | None, second: Node | None) -> Node | None:
    return All((first, second)) if first and second else first or second


def _node(pointer: str, text: str | None) -> Node | None:
    return read_filter(pointer, text) if text and text.strip() else None


def _words(q: str | None) -> list[str]:
    if "\x00" in (q or ""):
        raise Invalid.field("?q", "The character U+0000 is in no task.", code="search-invalid")
    words = list(dict.fromkeys(search_key(q or "").split()))
    if len(words) > MAX_WORDS:
        raise Invalid.field("?q", f"A search has at most {MAX_WORDS} words.", code="search-too-long")
    return words


def _behind(cursor: str, bound_to: str, sort: Sort) -> tuple[datetime, list[Any]]:
    """When the first page was asked for, and the sort values of the last row seen.

    All pages mean the same by `now` and `today`, so that a list does not change under its reader.
    """
    now, *stored = decode_cursor(cursor, bound_to=bound_to, values=len(sort.fields) + 1)
    try:
        return values_of(["created"], [now])[0], values_of(sort.fields, stored)
    except (ValueError, OverflowError) as error:
        raise Invalid.field("?cursor", "This is not a cursor.", code="cursor-invalid") from error
