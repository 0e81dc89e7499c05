"""Tasks."""

import sqlalchemy as sa
from alembic import op

from servicekit.migrations import create_servicekit_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_servicekit_tables()
    op.create_table(
        "task",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("notes", sa.String, nullable=False),
        sa.Column("done", sa.Boolean, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
        sa.Column("project_id", sa.String),
        sa.Column("parent_id", sa.String),
        sa.Column("due_date", sa.Date),
        sa.Column("due_time", sa.Time),
        sa.Column("time_zone", sa.String),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("position", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True)),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
    )
    live = sa.text("deleted_at IS NULL")
    op.create_index("task_live", "task", ["user_id", "id"], postgresql_where=live, sqlite_where=live)
