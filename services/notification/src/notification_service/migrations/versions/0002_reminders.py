"""Reminders, and the channels they are sent on."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("notification", sa.Column("text", sa.String, nullable=False, server_default=""))
    op.add_column("notification", sa.Column("reminder_id", sa.String))
    op.add_column("notification", sa.Column("due_at", TIME))
    op.add_column("notification", sa.Column("late", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "person",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("email", sa.String, nullable=False),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("time_zone", sa.String, nullable=False),
        sa.Column("quiet_from", sa.Time),
        sa.Column("quiet_to", sa.Time),
        sa.Column("day_starts_at", sa.Time, nullable=False),
        sa.Column("default_reminder", sa.Integer),
        sa.Column("digest_at", sa.Time),
        sa.Column("erased_at", TIME),
    )
    op.create_table(
        "known_task",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("due_date", sa.Date),
        sa.Column("due_at", TIME),
        sa.Column("time_zone", sa.String),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    is_open = sa.text("is_open")
    op.create_index(
        "known_task_due",
        "known_task",
        ["user_id", "due_date"],
        sqlite_where=is_open,
        postgresql_where=is_open,
    )
    _create_reminders()
    _create_channels()


def _create_reminders() -> None:
    op.create_table(
        "reminder",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("task_id", sa.String),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("minutes_before", sa.Integer),
        sa.Column("at", TIME),
        sa.Column("remind_at", TIME),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("fired_at", TIME),
        sa.Column("late", sa.Boolean, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    planned = sa.text("state = 'planned'")
    op.create_index(
        "reminder_planned", "reminder", ["remind_at"], sqlite_where=planned, postgresql_where=planned
    )
    op.create_index("reminder_of_user", "reminder", ["user_id", "id"])
    op.create_index("reminder_of_task", "reminder", ["task_id"])
    op.create_table(
        "wake_up",
        sa.Column("at", TIME, primary_key=True),
        sa.Column("is_set", sa.Boolean, nullable=False),
    )


def _create_channels() -> None:
    op.create_table(
        "channel",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("target", sa.String, nullable=False),
        sa.Column("keys", sa.JSON, nullable=False),
        sa.Column("kinds", sa.JSON, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
    )
    op.create_index("channel_of_user", "channel", ["user_id", "kind", "target"], unique=True)
    op.create_table(
        "delivery",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("notification_id", sa.String, nullable=False),
        sa.Column("reminder_id", sa.String),
        sa.Column("channel_id", sa.String),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_at", TIME),
        sa.Column("error", sa.String, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("sent_at", TIME),
        sa.Column("delivered_at", TIME),
        sa.Column("opened_at", TIME),
    )
    due = sa.text("state = 'due'")
    op.create_index("delivery_due", "delivery", ["next_at"], sqlite_where=due, postgresql_where=due)
    op.create_index("delivery_of_notification", "delivery", ["notification_id"])
    op.create_index("delivery_of_reminder", "delivery", ["reminder_id"])
    op.create_index("delivery_of_channel", "delivery", ["channel_id", "id"])
    op.create_index("delivery_of_user", "delivery", ["user_id"])
    op.create_table(
        "attempt",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("delivery_id", sa.String, nullable=False, index=True),
        sa.Column("channel_id", sa.String, nullable=False, index=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("milliseconds", sa.Integer, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("error", sa.String, nullable=False),
    )
