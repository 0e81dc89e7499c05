"""Deliveries know where they go, and those that wait are found by their user."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("delivery", sa.Column("host", sa.String, nullable=False, server_default=""))
    due = sa.text("state = 'due'")
    op.create_index(
        "delivery_waiting", "delivery", ["user_id", "next_at"], sqlite_where=due, postgresql_where=due
    )
