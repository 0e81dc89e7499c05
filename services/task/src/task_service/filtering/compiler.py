"""A filter as one condition of SQL, the same on SQLite and PostgreSQL.

Every comparison is true or false, never unknown: a task without a date is not due before today, and
`not due < today` holds for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import ge, gt, le, lt

from sqlalchemy import ColumnElement, and_, not_, or_, true

from contracts.folding import name_key, search_key
from task_service.filtering import repository
from task_service.filtering.ast import All, Comparison, Node, Not, Operator, Value
from task_service.filtering.columns import LABELS, PROJECT, SEEN, TASK
from task_service.filtering.date_values import Clock, Span, span_of
from task_service.filtering.fields import FIELDS, Type
from task_service.filtering.repository import Sought
from task_service.models import NEVER

Condition = ColumnElement[bool]


@dataclass(frozen=True, slots=True)
class Scope:
    """Who asks, and when."""

    user_id: str
    clock: Clock


def condition(node: Node, scope: Scope) -> Condition:
    """What `node` means. Raises `FilterError` for dates that are on no calendar."""
    if isinstance(node, Comparison):
        positive = node.operator not in ("!=", "not in")
        found = _COMPILERS[FIELDS[node.field].type](node, scope)
        return found if positive else not_(found)
    if isinstance(node, Not):
        return not_(condition(node.term, scope))
    terms = [condition(term, scope) for term in node.terms]
    return and_(*terms) if isinstance(node, All) else or_(*terms)


def searched(word: str) -> Sought:
    """That the search key `word` stands in title, labels or notes."""
    return Sought(word, or_(*(_contains(column, word) for column in (SEEN.title, SEEN.labels, SEEN.notes))))


def demanded(node: Node) -> tuple[list[Sought], list[Node]]:
    """Text without which no task can meet `node`, and what else each has to meet."""
    if isinstance(node, All):
        parts = [demanded(term) for term in node.terms]
        return [text for texts, _ in parts for text in texts], [term for _, terms in parts for term in terms]
    text = _sought(node)
    return ([text], []) if text else ([], [node])


def _sought(node: Node) -> Sought | None:
    if not isinstance(node, Comparison) or FIELDS[node.field].type != "text":
        return None
    if node.operator not in ("=", "~") or node.values[0].kind == "none":
        return None
    return Sought(search_key(node.values[0].text), _matches(_column(node), node.operator, node.values))


def _yes_or_no(node: Comparison, scope: Scope) -> Condition:
    found = {
        "done": TASK.done.is_(True),
        "recurring": TASK.recurrence.is_not(None),
        "overdue": and_(TASK.done.is_(False), TASK.due_by < scope.clock.now),
    }[node.field]
    return found if not node.values or node.values[0].text == "true" else not_(found)


def _number(node: Comparison, _: Scope) -> Condition:
    numbers = [int(value.text) for value in node.values]
    if node.operator in _BEFORE_OR_AFTER:
        return _BEFORE_OR_AFTER[node.operator](TASK.priority, numbers[0])
    return TASK.priority.in_(numbers)


def _moment(node: Comparison, scope: Scope) -> Condition:
    column = _TIMES[node.field]
    is_there = true() if node.field in ("created", "updated") else _is_there(node.field)
    if node.operator == "is":
        return is_there
    if node.values[0].kind == "none":
        return not_(is_there)
    spans = [span_of(value, scope.clock) for value in node.values]
    return and_(is_there, or_(*(_compared(column, node.operator, span) for span in spans)))


def _compared(column: ColumnElement[datetime], operator: Operator, span: Span) -> Condition:
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


def _is_there(field: str) -> Condition:
    return TASK.due_by < NEVER if field == "due" else TASK.completed_at.is_not(None)


def _text(node: Comparison, _: Scope) -> Condition:
    column = _column(node)
    if node.operator == "is":
        return repository.has_text(column != "")
    if node.values[0].kind == "none":
        return repository.has_text(column == "")
    return repository.has_text(_matches(column, node.operator, node.values))


def _column(node: Comparison) -> ColumnElement[str]:
    return SEEN.title if node.field == "title" else SEEN.notes


def _name(node: Comparison, scope: Scope) -> Condition:
    if node.field == "label":
        return _label(node, scope)
    project = TASK.project_id
    if node.operator == "is":
        return project.is_not(None)
    if node.values[0].kind == "none":
        return project.is_(None)
    ids = [value.text for value in node.values] if node.operator != "~" else []
    names = _named(PROJECT.key, PROJECT.search_key, node)
    return and_(project.is_not(None), project.in_(repository.projects(scope.user_id, names, ids)))


def _label(node: Comparison, scope: Scope) -> Condition:
    if node.operator == "is":
        return repository.has_text(SEEN.labels != "")
    if node.values[0].kind == "none":
        return repository.has_text(SEEN.labels == "")
    return TASK.id.in_(repository.labelled(scope.user_id, _named(LABELS.key, LABELS.search_key, node)))


def _named(key: ColumnElement[str], sought: ColumnElement[str], node: Comparison) -> Condition:
    """A name is one by its key; what is contained in one is searched."""
    if node.operator == "~":
        return _contains(sought, node.values[0].text)
    return key.in_([name_key(value.text) for value in node.values])


def _task(node: Comparison, scope: Scope) -> Condition:
    parent = TASK.parent_id
    if node.operator == "is":
        return parent.is_not(None)
    if node.values[0].kind == "none":
        return parent.is_(None)
    titled = repository.titled(scope.user_id, _matches(SEEN.title, "=", node.values))
    ids = [value.text for value in node.values]
    return and_(parent.is_not(None), or_(parent.in_(ids), parent.in_(titled)))


def _matches(column: ColumnElement[str], operator: Operator, values: Sequence[Value]) -> Condition:
    if operator == "~":
        return _contains(column, values[0].text)
    return column.in_([search_key(value.text) for value in values])


def _contains(column: ColumnElement[str], text: str) -> Condition:
    escaped = search_key(text).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return column.like(f"%{escaped}%", escape="\\")


_BEFORE_OR_AFTER: Mapping[Operator, Callable[[ColumnElement[int], int], Condition]] = {
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}
_TIMES: Mapping[str, ColumnElement[datetime]] = {
    "due": TASK.due_by,
    "created": TASK.created_at,
    "updated": TASK.updated_at,
    "completed": TASK.completed_at,
}
_COMPILERS: Mapping[Type, Callable[[Comparison, Scope], Condition]] = {
    "yes or no": _yes_or_no,
    "number": _number,
    "moment": _moment,
    "text": _text,
    "name": _name,
    "task": _task,
}
