"""The one statement of a list, and the subqueries of filters on other tables.

Where text is searched for, up to `CANDIDATE_LIMIT` tasks that contain it are looked up first, by the n-gram
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
from sqlalchemy.ext.asyncio import AsyncConnection

from servicekit.persistence.ownership import ANY_OWNER, OwnedRepository, OwnerScope
from servicekit.persistence.prepared_queries import PreparedQuery, Row
from task_service.filtering import keyset
from task_service.filtering.columns import LABEL, LABELS, PROJECT, SEARCHED, TASK, TEXT, select_columns
from task_service.filtering.sorting import NEWEST_FIRST, parse_sort
from task_service.models import Task, TaskText
from task_service.tasks.presenters import TASK_FIELDS

CANDIDATE_LIMIT = 400
_NGRAMS: ColumnElement[Any] = literal_column(
    "task_grams(seen.user_id, seen.title || chr(10) || seen.labels || chr(10) || seen.notes)"
)
"""The expression of the GIN index on n-grams, to the letter as in migrations 0009 and 0011 (ADR 21)."""


@dataclass(frozen=True, slots=True)
class TextPredicate:
    """A search key that a task must contain, and the exact condition on `SEARCHED`.

    The n-gram index only finds candidates that have all trigrams of `text`; `matches` checks them.
    """

    text: str
    matches: ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which tasks, in which order, how many; `by_title`: sorting needs the column of `TaskText`."""

    conditions: Sequence[ColumnElement[bool]]
    text_predicates: Sequence[TextPredicate]
    order: Sequence[ColumnElement[Any]]
    limit: int | BindParameter[int]
    by_title: bool


def select_labelled_tasks(owner: OwnerScope, matches: ColumnElement[bool]) -> Select[str]:
    """Ids of tasks with a label that matches."""
    keys = owner.select(LABELS.key, of=LABELS).where(matches)
    return owner.select(LABEL.task_id, of=LABEL).where(LABEL.key.in_(keys))


def select_projects(owner: OwnerScope, matches: ColumnElement[bool], ids: Sequence[str]) -> Select[str]:
    """Ids of projects that match, or that have one of these ids."""
    condition = or_(matches, PROJECT.id.in_(ids)) if ids else matches
    return owner.select(PROJECT.id, of=PROJECT).where(condition, PROJECT.deleted_at.is_(None))


def select_tasks_by_text(owner: OwnerScope, matches: ColumnElement[bool]) -> Select[str]:
    """Ids of tasks whose text matches."""
    return owner.select(SEARCHED.task_id, of=SEARCHED).where(matches)


def matches_text(matches: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether the text of the current task matches, as a correlated scalar subquery.

    Not a join: a planner that underestimates the matches would read all texts for one page.
    """
    same = SEARCHED.user_id == TASK.user_id, SEARCHED.task_id == TASK.id
    return select(matches).where(*same).correlate(Task).scalar_subquery()


class TaskListRepository(OwnedRepository):
    """Lists of the tasks of one owner."""

    async def list_tasks(self, list_query: ListQuery) -> Sequence[Task]:
        """A page of the tasks that meet all conditions and text predicates."""
        connection = await self.session.connection()
        return (await self.session.scalars(_build_query(self, (Task,), list_query, connection))).all()

    async def list_rows(self, list_query: ListQuery, names: Collection[str]) -> Sequence[Row]:
        """As `list_tasks`, with only these columns of each task."""
        connection = await self.session.connection()
        query = _build_query(self, select_columns(names), list_query, connection)
        return list((await connection.execute(query)).mappings())


def _build_query(
    owner: OwnerScope, what: Sequence[Any], list_query: ListQuery, connection: AsyncConnection
) -> Select[Any]:
    if not list_query.text_predicates:
        return _select_page(owner, what, list_query, list_query.conditions)
    found = _select_by_either_plan(owner, list_query, indexed=connection.dialect.name == "postgresql")
    return _select_page(owner, what, list_query, [TASK.id.in_(found)])


def _select_by_either_plan(owner: OwnerScope, list_query: ListQuery, *, indexed: bool) -> Select[str]:
    """Ids of a page of tasks by the better of two plans, each empty where the other applies.

    Few candidates: from the n-gram index to their tasks. Many: along the index of the sort order, checking
    each task until the page is full. Up to `CANDIDATE_LIMIT` + 1 candidates are counted to decide.
    """
    hit = _select_candidates(owner, list_query, indexed=indexed).limit(CANDIDATE_LIMIT + 1).cte("hit")
    number = select(func.count()).select_from(hit).scalar_subquery()
    matches = matches_text(and_(*(each.matches for each in list_query.text_predicates)))
    ids = (TASK.id,)
    few = _select_page(owner, ids, list_query, [number <= CANDIDATE_LIMIT, *list_query.conditions])
    many = _select_page(owner, ids, list_query, [number > CANDIDATE_LIMIT, *list_query.conditions, matches])
    pages = few.join(hit, hit.c.task_id == TASK.id).subquery(), many.subquery()
    return select(union_all(*(select(page.c.id) for page in pages)).subquery().c.id)


def _select_candidates(owner: OwnerScope, list_query: ListQuery, *, indexed: bool) -> Select[str]:
    matches = [each.matches for each in list_query.text_predicates]
    query = owner.select(SEARCHED.task_id, of=SEARCHED).where(*matches)
    texts = [each.text for each in list_query.text_predicates if each.text]
    for text in texts if indexed else ():
        query = query.where(_NGRAMS.op("@>")(func.task_runs(owner.user_id, text)))
    return query


def _select_page(
    owner: OwnerScope, what: Sequence[Any], list_query: ListQuery, conditions: Sequence[ColumnElement[bool]]
) -> Select[Any]:
    """A query with owner, conditions, order and limit.

    The owner is compared on one table only: a planner multiplies the selectivities of two such conditions as
    if they were independent, expects next to no rows, and sorts all of them instead of walking an index.
    """
    query = owner.select(*what, of=TEXT if list_query.by_title else TASK)
    if list_query.by_title:
        query = query.join(TaskText, TEXT.task_id == TASK.id)
    return query.where(*conditions).order_by(*list_query.order).limit(list_query.limit)


def _prepare_first_page() -> PreparedQuery:
    """The first page of the default list, prepared once, as it is the most frequent: `user_id`, `limit`."""
    order = keyset.order_by(parse_sort(NEWEST_FIRST))
    list_query = ListQuery([], [], order, bindparam("limit", type_=Integer()), by_title=False)
    conditions = [TASK.deleted_at.is_(None)]
    return PreparedQuery(_select_page(ANY_OWNER, select_columns(TASK_FIELDS), list_query, conditions))


FIRST_PAGE = _prepare_first_page()
