"""Reminders: when to remind of a task."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("task", sa.Column("reminders", sa.JSON, nullable=False, server_default="[]"))
