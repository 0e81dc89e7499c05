"""Accounts and refresh tokens."""

import sqlalchemy as sa
from alembic import op

from servicekit.migrations import create_servicekit_tables

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_servicekit_tables()
    op.create_table(
        "user_account",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("email", sa.String, nullable=False, unique=True),
        sa.Column("password_hash", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.String, primary_key=True),
        sa.Column("family", sa.String, nullable=False, index=True),
        sa.Column(
            "user_id",
            sa.String,
            sa.ForeignKey("user_account.id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True)),
    )
