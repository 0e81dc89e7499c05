"""Compiles the AST of a filter to one SQL condition, the same on SQLite and PostgreSQL.

Two-valued logic: SQL's `NOT NULL` is unknown, so a nullable column is always compared together with whether
it is set. A task without a date is not due before today, and `not due < today` holds for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import ge, gt, le, lt

from sqlalchemy import ColumnElement, and_, not_, or_, true

from contracts.folding import name_key, search_key
from servicekit.persistence.ownership import OwnerScope
from task_service.filtering import repository
from task_service.filtering.ast import And, Comparison, Node, Not, Operator, Value
from task_service.filtering.columns import LABELS, PROJECT, SEARCHED, TASK
from task_service.filtering.date_values import TimeRange, UserClock, resolve_range
from task_service.filtering.fields import FIELDS, FieldType
from task_service.filtering.repository import TextPredicate
from task_service.models import NEVER

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class QueryContext:
    """Whose tasks are queried, and what `now` and `today` mean to them."""

    owner: OwnerScope
    clock: UserClock


def compile_condition(node: Node, scope: QueryContext) -> Condition:
    """The SQL condition that holds for a task if `node` does. Raises `FilterError` for impossible dates."""
    if isinstance(node, Comparison):
        positive = node.operator not in ("!=", "not in")
        found = _COMPILERS[FIELDS[node.field].type](node, scope)
        return found if positive else not_(found)
    if isinstance(node, Not):
        return not_(compile_condition(node.term, scope))
    terms = [compile_condition(term, scope) for term in node.terms]
    return and_(*terms) if isinstance(node, And) else or_(*terms)


def match_search_word(word: str) -> TextPredicate:
    """That title, labels or notes contain the search key `word`."""
    return TextPredicate(
        word,
        or_(*(_contains_text(column, word) for column in (SEARCHED.title, SEARCHED.labels, SEARCHED.notes))),
    )


def split_required_terms(node: Node) -> tuple[list[TextPredicate], list[Node]]:
    """Split the top-level conjunction of `node`: the text a task must contain, and all other terms.

    Only terms joined by `and` can be split off; text below an `or` or a `not` is not required. The text
    predicates are what the n-gram index narrows the search by, see `repository`.
    """
    if isinstance(node, And):
        parts = [split_required_terms(term) for term in node.terms]
        return [text for texts, _ in parts for text in texts], [term for _, terms in parts for term in terms]
    text = _as_text_predicate(node)
    return ([text], []) if text else ([], [node])


def _as_text_predicate(node: Node) -> TextPredicate | None:
    if not isinstance(node, Comparison) or FIELDS[node.field].type != "text":
        return None
    if node.operator not in ("=", "~") or node.values[0].kind == "none":
        return None
    return TextPredicate(
        search_key(node.values[0].text), _match_text(_text_column(node), node.operator, node.values)
    )


def _compile_boolean(node: Comparison, scope: QueryContext) -> Condition:
    found = {
        "done": TASK.done.is_(True),
        "recurring": TASK.recurrence.is_not(None),
        "overdue": and_(TASK.done.is_(False), TASK.due_by < scope.clock.now),
    }[node.field]
    return found if not node.values or node.values[0].text == "true" else not_(found)


def _compile_number(node: Comparison, _: QueryContext) -> Condition:
    numbers = [int(value.text) for value in node.values]
    if node.operator in _ORDER_OPERATORS:
        return _ORDER_OPERATORS[node.operator](TASK.priority, numbers[0])
    return TASK.priority.in_(numbers)


def _compile_datetime(node: Comparison, scope: QueryContext) -> Condition:
    column = _DATETIME_COLUMNS[node.field]
    is_there = true() if node.field in ("created", "updated") else _is_set(node.field)
    if node.operator == "is":
        return is_there
    if node.values[0].kind == "none":
        return not_(is_there)
    spans = [resolve_range(value, scope.clock) for value in node.values]
    return and_(is_there, or_(*(_compare_range(column, node.operator, span) for span in spans)))


def _compare_range(column: ColumnElement[datetime], operator: Operator, span: TimeRange) -> Condition:
    if operator == "<":
        return column < span.start
    if operator == ">=":
        return column >= span.start
    if span.is_instant:
        return {"<=": column <= span.start, ">": column > span.start}.get(operator, column == span.start)
    if operator == "<=":
        return column < span.end
    if operator == ">":
        return column >= span.end
    return and_(column >= span.start, column < span.end)


def _is_set(field: str) -> Condition:
    return TASK.due_by < NEVER if field == "due" else TASK.completed_at.is_not(None)


def _compile_text(node: Comparison, _: QueryContext) -> Condition:
    column = _text_column(node)
    if node.operator == "is":
        return repository.matches_text(column != "")
    if node.values[0].kind == "none":
        return repository.matches_text(column == "")
    return repository.matches_text(_match_text(column, node.operator, node.values))


def _text_column(node: Comparison) -> ColumnElement[str]:
    return SEARCHED.title if node.field == "title" else SEARCHED.notes


def _compile_name(node: Comparison, scope: QueryContext) -> Condition:
    if node.field == "label":
        return _compile_label(node, scope)
    project = TASK.project_id
    if node.operator == "is":
        return project.is_not(None)
    if node.values[0].kind == "none":
        return project.is_(None)
    ids = [value.text for value in node.values] if node.operator != "~" else []
    names = _match_name(PROJECT.key, PROJECT.search_key, node)
    return and_(project.is_not(None), project.in_(repository.select_projects(scope.owner, names, ids)))


def _compile_label(node: Comparison, scope: QueryContext) -> Condition:
    if node.operator == "is":
        return repository.matches_text(SEARCHED.labels != "")
    if node.values[0].kind == "none":
        return repository.matches_text(SEARCHED.labels == "")
    return TASK.id.in_(
        repository.select_labelled_tasks(scope.owner, _match_name(LABELS.key, LABELS.search_key, node))
    )


def _match_name(key: ColumnElement[str], search_column: ColumnElement[str], node: Comparison) -> Condition:
    """Equality compares normalised names (`name_key`); `~` searches in their search keys."""
    if node.operator == "~":
        return _contains_text(search_column, node.values[0].text)
    return key.in_([name_key(value.text) for value in node.values])


def _compile_task(node: Comparison, scope: QueryContext) -> Condition:
    parent = TASK.parent_id
    if node.operator == "is":
        return parent.is_not(None)
    if node.values[0].kind == "none":
        return parent.is_(None)
    titled = repository.select_tasks_by_text(scope.owner, _match_text(SEARCHED.title, "=", node.values))
    ids = [value.text for value in node.values]
    return and_(parent.is_not(None), or_(parent.in_(ids), parent.in_(titled)))


def _match_text(column: ColumnElement[str], operator: Operator, values: Sequence[Value]) -> Condition:
    if operator == "~":
        return _contains_text(column, values[0].text)
    return column.in_([search_key(value.text) for value in values])


def _contains_text(column: ColumnElement[str], text: str) -> Condition:
    escaped = search_key(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.like(f"%{escaped}%", escape="\\")


_ORDER_OPERATORS: Mapping[Operator, Callable[[ColumnElement[int], int], Condition]] = {
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
_DATETIME_COLUMNS: Mapping[str, ColumnElement[datetime]] = {
    "due": TASK.due_by,
    "created": TASK.created_at,
    "updated": TASK.updated_at,
    "completed": TASK.completed_at,
}
_COMPILERS: Mapping[FieldType, Callable[[Comparison, QueryContext], Condition]] = {
    "boolean": _compile_boolean,
    "number": _compile_number,
    "datetime": _compile_datetime,
    "text": _compile_text,
    "name": _compile_name,
    "task": _compile_task,
}
