"""Counts and dead letters."""

import sqlalchemy as sa
from alembic import op

from servicekit.migrations import create_servicekit_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_servicekit_tables()
    op.create_table(
        "count",
        sa.Column("user_id", sa.String, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("value", sa.Integer, nullable=False),
    )
    op.create_table(
        "dead_letter",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("event_id", sa.String, nullable=False),
        sa.Column("consumer", sa.String, nullable=False),
        sa.Column("topic", sa.String, nullable=False),
        sa.Column("cause", sa.String, nullable=False),
        sa.Column("event", sa.String, nullable=False),
        sa.Column("parked_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("dead_letter_newest", "dead_letter", ["parked_at", "id"])
