"""The one statement of a list, and the parts of filters that ask other tables.

Where text is searched for, up to `CANDIDATE_LIMIT` tasks that contain it are looked up first, by the trigram
index. If these are all, they are the list. If there are more, the text is so frequent that walking through
the tasks in the order asked for meets a page of them soon. Which of the two plans it is, the database finds
out within the one statement.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from servicekit.persistence.prepared_queries import PreparedQuery, Row
from task_service.filtering import keyset
from task_service.filtering.columns import LABEL, LABELS, PROJECT, SEARCHED, TASK, TEXT, select_columns
from task_service.filtering.sorting import NEWEST_FIRST, parse_sort
from task_service.models import Task, TaskText
from task_service.presenters import TASK_FIELDS

CANDIDATE_LIMIT = 400
_TRIGRAMS: ColumnElement[Any] = literal_column(
    "task_grams(seen.user_id, seen.title || chr(10) || seen.labels || chr(10) || seen.notes)"
)
"""As migrations 0009 and 0011 have it in the index."""


@dataclass(frozen=True, slots=True)
class TextPredicate:
    """A search key that stands in title, labels or notes, and the condition on `SEARCHED` that it does."""

    text: str
    matches: ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which tasks of a user, in which order, how many; `by_title`: the order asks `TaskText`."""

    user_id: str | BindParameter[str]
    conditions: Sequence[ColumnElement[bool]]
    text_predicates: Sequence[TextPredicate]
    order: Sequence[ColumnElement[Any]]
    limit: int | BindParameter[int]
    by_title: bool


def select_labelled_tasks(user_id: str, matches: ColumnElement[bool]) -> Select[str]:
    """Ids of tasks with a label that matches."""
    keys = select(LABELS.key).where(LABELS.user_id == user_id, matches)
    return select(LABEL.task_id).where(LABEL.user_id == user_id, LABEL.key.in_(keys))


def select_projects(user_id: str, matches: ColumnElement[bool], ids: Sequence[str]) -> Select[str]:
    """Ids of projects that match, or that have one of these ids."""
    ours = PROJECT.user_id == user_id
    wanted = or_(matches, PROJECT.id.in_(ids)) if ids else matches
    return select(PROJECT.id).where(ours, wanted, PROJECT.deleted_at.is_(None))


def select_tasks_by_text(user_id: str, matches: ColumnElement[bool]) -> Select[str]:
    """Ids of tasks whose text matches."""
    return select(SEARCHED.task_id).where(SEARCHED.user_id == user_id, matches)


def matches_text(matches: ColumnElement[bool]) -> ColumnElement[bool]:
    """That the text of the task at hand matches: asked for one task after the other, never by a join.

    So that a database that expects few matches does not read all texts for a page.
    """
    same = SEARCHED.user_id == TASK.user_id, SEARCHED.task_id == TASK.id
    return select(matches).where(*same).correlate(Task).scalar_subquery()


async def list_tasks(session: AsyncSession, wanted: ListQuery) -> Sequence[Task]:
    """Tasks of one user that meet all conditions and have all texts that are sought."""
    connection = await session.connection()
    return (await session.scalars(_build_query(select(Task), wanted, connection))).all()


async def list_rows(session: AsyncSession, wanted: ListQuery, names: Collection[str]) -> Sequence[Row]:
    """As `list_tasks`, of each task these columns."""
    connection = await session.connection()
    query = _build_query(select(*select_columns(names)), wanted, connection)
    return list((await connection.execute(query)).mappings())


def _build_query(query: Any, wanted: ListQuery, connection: AsyncConnection) -> Any:
    if not wanted.text_predicates:
        return _limit_page(query, wanted, wanted.conditions)
    found = _select_by_either_plan(wanted, indexed=connection.dialect.name == "postgresql")
    return _limit_page(query, wanted, [TASK.id.in_(found)])


def _select_by_either_plan(wanted: ListQuery, *, indexed: bool) -> Select[str]:
    """Ids of a page of tasks, from the texts to the tasks if these are few, else the other way round."""
    hit = _select_candidates(wanted, indexed=indexed).limit(CANDIDATE_LIMIT + 1).cte("hit")
    number = select(func.count()).select_from(hit).scalar_subquery()
    matches = matches_text(and_(*(each.matches for each in wanted.text_predicates)))
    few = select(TASK.id).join(hit, hit.c.task_id == TASK.id).where(number <= CANDIDATE_LIMIT)
    many = select(TASK.id).where(number > CANDIDATE_LIMIT)
    pages = (
        _limit_page(few, wanted, wanted.conditions).subquery(),
        _limit_page(many, wanted, [*wanted.conditions, matches]).subquery(),
    )
    return select(union_all(*(select(page.c.id) for page in pages)).subquery().c.id)


def _select_candidates(wanted: ListQuery, *, indexed: bool) -> Select[str]:
    matches = [each.matches for each in wanted.text_predicates]
    query = select(SEARCHED.task_id).where(SEARCHED.user_id == wanted.user_id, *matches)
    texts = [each.text for each in wanted.text_predicates if each.text]
    for text in texts if indexed else ():
        query = query.where(_TRIGRAMS.op("@>")(func.task_runs(wanted.user_id, text)))
    return query


def _limit_page(query: Any, wanted: ListQuery, conditions: Sequence[ColumnElement[bool]]) -> Any:
    """The user is asked for once: a database takes two such conditions for independent of each other,

    expects next to no tasks, and sorts all of them where it should walk through an index.
    """
    query = query.join(TaskText, TEXT.task_id == TASK.id) if wanted.by_title else query
    owner = TEXT.user_id if wanted.by_title else TASK.user_id
    return query.where(owner == wanted.user_id, *conditions).order_by(*wanted.order).limit(wanted.limit)


def _prepare_first_page() -> PreparedQuery:
    """The list nobody asked anything special of: `user_id`, `limit`."""
    order = keyset.order_by(parse_sort(NEWEST_FIRST))
    of, limit = bindparam("user_id", type_=TASK.user_id.type), bindparam("limit", type_=Integer())
    wanted = ListQuery(of, [], [], order, limit, by_title=False)
    return PreparedQuery(
        _limit_page(select(*select_columns(TASK_FIELDS)), wanted, [TASK.deleted_at.is_(None)])
    )


FIRST_PAGE = _prepare_first_page()
