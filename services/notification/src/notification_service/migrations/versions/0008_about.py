"""Notifications of projects, labels and filters name them, and what of them has changed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("notification", sa.Column("about", sa.JSON, nullable=False, server_default="{}"))
