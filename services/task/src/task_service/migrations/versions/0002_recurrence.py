"""Recurrence: how a task recurs, and which of its series it is."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    live = sa.text("deleted_at IS NULL")
    below = sa.text("parent_id IS NOT NULL")
    op.add_column("task", sa.Column("recurrence", sa.JSON(none_as_null=True)))
    op.add_column("task", sa.Column("series_id", sa.String))
    op.add_column("task", sa.Column("occurrence", sa.Integer, nullable=False, server_default="1"))
    op.add_column("task", sa.Column("rule_from", sa.Date))
    op.add_column("task", sa.Column("rule_number", sa.Integer, nullable=False, server_default="1"))
    op.drop_index("task_live", "task")
    newest = ["user_id", "created_at", "id"]
    op.create_index("task_newest", "task", newest, postgresql_where=live, sqlite_where=live)
    parents = ["user_id", "parent_id"]
    op.create_index("task_below", "task", parents, postgresql_where=below, sqlite_where=below)
