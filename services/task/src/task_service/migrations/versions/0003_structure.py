"""Structure: projects, labels, saved filters, progress of subtasks, activity, text that is searched.

What becomes overdue is computed in UTC for tasks with a date alone: this service does not know where
their users are until these change something.
"""

from datetime import UTC, datetime, time
from typing import Any

import sqlalchemy as sa
from alembic import op
from task_service.fractional_index import last_of_all

from contracts.folding import name_key, search_key
from servicekit.web.ids import new_id

revision = "0003"
down_revision = "0002"

BATCH = 1000


def upgrade() -> None:
    _extend_tasks()
    _create_structure()
    _create_derived()
    _fill()


_NEVER = {"sqlite": "9999-12-31 23:59:59.999999", "postgresql": "9999-12-31 23:59:59.999999+00"}


def _extend_tasks() -> None:
    dialect = op.get_bind().dialect.name
    never = sa.Column("due_by", sa.DateTime(timezone=True), nullable=False, server_default=_NEVER[dialect])
    op.add_column("task", never)
    op.add_column("task", sa.Column("subtasks_done", sa.Integer, nullable=False, server_default="0"))
    op.add_column("task", sa.Column("subtasks_total", sa.Integer, nullable=False, server_default="0"))
    if dialect == "postgresql":
        op.alter_column("task", "position", type_=sa.String(collation="C"))
    live, trashed = sa.text("deleted_at IS NULL"), sa.text("deleted_at IS NOT NULL")
    op.create_index(
        "task_order", "task", ["user_id", "position", "id"], postgresql_where=live, sqlite_where=live
    )
    op.create_index("task_due", "task", ["user_id", "due_by", "id"], postgresql_where=live, sqlite_where=live)
    op.create_index("task_trash", "task", ["deleted_at"], postgresql_where=trashed, sqlite_where=trashed)
    filed = sa.text("project_id IS NOT NULL")
    op.create_index(
        "task_of_project", "task", ["user_id", "project_id"], postgresql_where=filed, sqlite_where=filed
    )


def _create_structure() -> None:
    nested = sa.Column("parent_id", sa.String), sa.Column("archived", sa.Boolean, nullable=False)
    op.create_table("project", *_named(), *nested, sa.Column("deleted_at", sa.DateTime(timezone=True)))
    op.create_table("label", *_named())
    query = sa.Column("filter", sa.String, nullable=False), sa.Column("sort", sa.String)
    op.create_table("saved_filter", *_named(), *query)
    for name in ("project", "label", "saved_filter"):
        op.create_index(f"{name}_order", name, ["user_id", "position", "id"])
    for name in ("label", "saved_filter"):
        op.create_index(f"{name}_key", name, ["user_id", "key"], unique=True)
    op.create_index("project_key", "project", ["user_id", "key"])


def _named() -> list[sa.Column[Any]]:
    by_bytes = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    return [
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("key", by_bytes, nullable=False),
        sa.Column("colour", sa.String),
        sa.Column("position", by_bytes, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    ]


def _create_derived() -> None:
    by_bytes = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.create_table(
        "task_text",
        sa.Column("user_id", sa.String, primary_key=True),
        sa.Column("task_id", sa.String, primary_key=True),
        sa.Column("title", by_bytes, nullable=False),
        sa.Column("notes", sa.String, nullable=False),
        sa.Column("labels", sa.String, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "task_label",
        sa.Column("user_id", sa.String, primary_key=True),
        sa.Column("key", by_bytes, primary_key=True),
        sa.Column("task_id", sa.String, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("task_label_of", "task_label", ["task_id"])
    op.create_table(
        "activity",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("task_id", sa.String, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("before", sa.JSON, nullable=False),
        sa.Column("after", sa.JSON, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("activity_of_task", "activity", ["task_id", "id"])
    op.create_index("activity_of_user", "activity", ["user_id"])


def _fill() -> None:
    """Derive what is stored twice from the tasks there are, a thousand at a time."""
    bind, last = op.get_bind(), ""
    while rows := bind.execute(_NEXT, {"last": last}).mappings().all():
        last = rows[-1]["id"]
        bind.execute(_TEXT.insert(), [_text(row) for row in rows])
        labelled = [pair for row in rows for pair in _labels(row)]
        if labelled:
            bind.execute(_TASK_LABEL.insert(), labelled)
        dated = [{"of": row["id"], "by": _due_by(row)} for row in rows if row["due_date"]]
        if dated:
            bind.execute(_SET_DUE_BY, dated)
    bind.execute(_COUNT_SUBTASKS)
    _make_labels(bind)


def _plain(name: str) -> sa.ColumnClause[str]:
    return sa.column(name, sa.String)


_TASK = sa.table(
    "task",
    *[sa.column(name, sa.String) for name in ("id", "user_id", "title", "notes")],
    sa.column("labels", sa.JSON),
    sa.column("due_date", sa.Date),
    *[sa.column(name, sa.DateTime(timezone=True)) for name in ("due_at", "due_by")],
)
_TEXT = sa.table("task_text", *map(_plain, ("user_id", "task_id", "title", "notes", "labels")))
_TASK_LABEL = sa.table("task_label", *map(_plain, ("user_id", "key", "task_id")))
_LABEL = sa.table("task_label", *[sa.column(name) for name in ("user_id", "key", "task_id")])
_LABEL = sa.table("label", *[column for column in _named() if column.name != "colour"])
_NEXT = sa.select(_TASK).where(_TASK.c.id > sa.bindparam("last")).order_by(_TASK.c.id).limit(BATCH)
_SET_DUE_BY = _TASK.update().where(_TASK.c.id == sa.bindparam("of")).values(due_by=sa.bindparam("by"))
_COUNT_SUBTASKS = sa.text(
    """UPDATE task SET
        subtasks_total = (SELECT count(*) FROM task AS below
                          WHERE below.parent_id = task.id AND below.deleted_at IS NULL),
        subtasks_done = (SELECT count(*) FROM task AS below
                         WHERE below.parent_id = task.id AND below.deleted_at IS NULL AND below.done)
    WHERE id IN (SELECT parent_id FROM task)"""
)


def _text(row: sa.RowMapping) -> dict[str, str]:
    labels = "\n".join(search_key(label) for label in row["labels"])
    own = {"user_id": row["user_id"], "task_id": row["id"]}
    return own | {"title": search_key(row["title"]), "notes": search_key(row["notes"]), "labels": labels}


def _labels(row: sa.RowMapping) -> list[dict[str, str]]:
    keys = {name_key(label) for label in row["labels"]}
    return [{"user_id": row["user_id"], "key": key, "task_id": row["id"]} for key in keys]


def _due_by(row: sa.RowMapping) -> datetime:
    return row["due_at"] or datetime.combine(row["due_date"], time.max, UTC)


def _make_labels(bind: sa.Connection) -> None:
    """A label for each name; of its spellings, the one of the oldest task."""
    found: dict[tuple[str, str], str] = {}
    for row in bind.execute(sa.select(_TASK.c.user_id, _TASK.c.labels).order_by(_TASK.c.id)):
        for name in row.labels:
            found.setdefault((row.user_id, name_key(name)), name)
    now = datetime.now(UTC)
    for (user_id, key), name in found.items():
        own = {"id": new_id(), "user_id": user_id, "name": name, "key": key, "position": last_of_all()}
        bind.execute(_LABEL.insert(), own | {"version": 1, "created_at": now, "updated_at": now})
