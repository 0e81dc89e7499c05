"""The inbox of a user."""

import sqlalchemy as sa
from alembic import op

from servicekit.migrations import create_servicekit_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_servicekit_tables()
    op.create_table(
        "notification",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("task_id", sa.String),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True)),
    )
    op.create_index("notification_of_user", "notification", ["user_id", "id"])
