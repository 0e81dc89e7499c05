"""Whose signs a user writes in quick add; null: ours."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("user_account", sa.Column("quick_add_marks", sa.String))
