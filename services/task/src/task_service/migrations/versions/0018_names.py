"""Names are compared by what they are, searches by more than before: both keys are computed again.

What told names apart before tells them apart now, so no two become one. Where accents had made one name of
several, one spelling was kept on all tasks, and stays. A row is written only if its keys differ.
"""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

from contracts.folding import name_key, search_key

revision = "0018"
down_revision = "0017"

BATCH = 1000
SEARCHED = ("project", "label")

_TASK = sa.table(
    "task", sa.column("id"), sa.column("title"), sa.column("notes"), sa.column("labels", sa.JSON)
)
_TEXT = sa.table("task_text", *map(sa.column, ("user_id", "task_id", "title", "notes", "labels")))
_LABELLED = sa.table("task_label", *map(sa.column, ("user_id", "key", "task_id")))
_SET_TEXT = (
    _TEXT.update()
    .where(_TEXT.c.user_id == sa.bindparam("by"), _TEXT.c.task_id == sa.bindparam("of"))
    .values(**{name: sa.bindparam(f"new_{name}") for name in ("title", "notes", "labels")})
)
_NEXT = (
    sa.select(_TEXT, *(_TASK.c[name].label(f"written_{name}") for name in ("title", "notes", "labels")))
    .join(_TASK, _TASK.c.id == _TEXT.c.task_id)
    .where(_TASK.c.id > sa.bindparam("last"))
    .order_by(_TASK.c.id)
    .limit(BATCH)
)


def upgrade() -> None:
    bind = op.get_bind()
    by_bytes = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    for table in SEARCHED:
        op.add_column(table, sa.Column("search_key", by_bytes, nullable=False, server_default=""))
    for table in (*SEARCHED, "saved_filter"):
        _rename(bind, table)
    last = ""
    while rows := bind.execute(_NEXT, {"last": last}).mappings().all():
        last = rows[-1]["task_id"]
        _find_again(bind, rows)


def _rename(bind: sa.Connection, name: str) -> None:
    columns = ["id", "name", "key", *(["search_key"] if name in SEARCHED else [])]
    table = sa.table(name, *map(sa.column, columns))
    change = (
        table.update()
        .where(table.c.id == sa.bindparam("of"))
        .values({column: sa.bindparam(f"new_{column}") for column in columns[2:]})
    )
    known = bind.execute(sa.select(table)).mappings().all()
    for start in range(0, len(known), BATCH):
        bind.execute(change, [_keys(row, columns[2:]) for row in known[start : start + BATCH]])


def _keys(row: sa.RowMapping, columns: Sequence[str]) -> dict[str, str]:
    keys = {"key": name_key(row["name"]), "search_key": search_key(row["name"])}
    return {"of": row["id"]} | {f"new_{column}": keys[column] for column in columns}


def _find_again(bind: sa.Connection, rows: Sequence[sa.RowMapping]) -> None:
    texts = [text for row in rows for text in _changed_text(row)]
    if texts:
        bind.execute(_SET_TEXT, texts)
    accented = [row for row in rows if not all(label.isascii() for label in row["written_labels"])]
    if accented:
        ids = [row["task_id"] for row in accented]
        bind.execute(_LABELLED.delete().where(_LABELLED.c.task_id.in_(ids)))
        bind.execute(_LABELLED.insert(), [label for row in accented for label in _labels(row)])


def _changed_text(row: sa.RowMapping) -> Iterator[dict[str, str]]:
    new = {
        "new_title": search_key(row["written_title"]),
        "new_notes": search_key(row["written_notes"]),
        "new_labels": "\n".join(map(search_key, row["written_labels"])),
    }
    if any(row[name.removeprefix("new_")] != value for name, value in new.items()):
        yield {"by": row["user_id"], "of": row["task_id"]} | new


def _labels(row: sa.RowMapping) -> list[dict[str, str]]:
    keys = dict.fromkeys(map(name_key, row["written_labels"]))
    return [{"user_id": row["user_id"], "key": key, "task_id": row["task_id"]} for key in keys]
