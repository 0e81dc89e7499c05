"""What each account keeps, counted, and how large each entry of its history is."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

COUNTED = (
    *("tasks", "trashed_tasks", "bytes_of_text", "bytes_in_trash"),
    *("projects", "trashed_projects", "labels", "filters", "bytes_of_history"),
)
_SIZE = {
    "sqlite": "length(CAST({} AS BLOB))",
    "postgresql": "octet_length(CAST({} AS text))",
}


def upgrade() -> None:
    columns = [sa.Column(name, sa.BigInteger, nullable=False) for name in COUNTED]
    op.create_table("account_usage", sa.Column("user_id", sa.String, primary_key=True), *columns)
    op.add_column("activity", sa.Column("size", sa.Integer, nullable=False, server_default="0"))
    trashed = sa.text("deleted_at IS NOT NULL")
    op.create_index(
        "task_trash_in_order",
        "task",
        ["user_id", "deleted_at", "id"],
        postgresql_where=trashed,
        sqlite_where=trashed,
    )
    size = _SIZE[op.get_bind().dialect.name]
    activity = sa.table("activity", sa.column("size"))
    op.execute(activity.update().values(size=sa.text(f"{size.format('before')} + {size.format('after')}")))
    _fill(f"({size.format('title')} + {size.format('notes')})")


def _fill(text: str) -> None:
    live, trashed = (f"CASE WHEN deleted_at IS {what} THEN {{}} ELSE 0 END" for what in ("NULL", "NOT NULL"))
    counted = {
        "task": {
            "tasks": live.format(1),
            "trashed_tasks": trashed.format(1),
            "bytes_of_text": live.format(text),
            "bytes_in_trash": trashed.format(text),
        },
        "project": {"projects": live.format(1), "trashed_projects": trashed.format(1)},
        "label": {"labels": "1"},
        "saved_filter": {"filters": "1"},
        "activity": {"bytes_of_history": "size"},
    }
    each = sa.union_all(
        *(
            sa.select(
                sa.column("user_id"), *(sa.literal_column(of.get(name, "0")).label(name) for name in COUNTED)
            ).select_from(sa.table(table))
            for table, of in counted.items()
        )
    ).subquery()
    sums = sa.select(each.c.user_id, *(sa.func.sum(each.c[name]) for name in COUNTED)).group_by(
        each.c.user_id
    )
    usage = sa.table("account_usage", sa.column("user_id"), *(sa.column(name) for name in COUNTED))
    op.execute(usage.insert().from_select(["user_id", *COUNTED], sums))
