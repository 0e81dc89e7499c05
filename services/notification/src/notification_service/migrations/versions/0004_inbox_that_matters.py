"""The inbox keeps what matters: what a user did stays for webhooks alone, and entries know their day."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

NOTIFICATION = sa.table("notification", sa.column("kind"), sa.column("in_inbox"))
OWN_ACTS = ("task.created", "task.completed", "task.reopened", "task.deleted", "test")


def upgrade() -> None:
    op.add_column("notification", sa.Column("due_date", sa.Date))
    shown = sa.Column("in_inbox", sa.Boolean, nullable=False, server_default=sa.true())
    op.add_column("notification", shown)
    own = sa.update(NOTIFICATION).where(NOTIFICATION.c.kind.in_(OWN_ACTS))
    op.execute(own.values(in_inbox=sa.false()))
    in_inbox = sa.text("in_inbox")
    op.create_index(
        "notification_in_inbox",
        "notification",
        ["user_id", "created_at"],
        sqlite_where=in_inbox,
        postgresql_where=in_inbox,
    )
    op.create_table(
        "quota_use",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("quota_use_of_user", "quota_use", ["user_id", "name", "at"])
