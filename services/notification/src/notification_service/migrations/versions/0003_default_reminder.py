"""A task is known to have reminders of its own, so that a new default can be told to the others."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

TASK = sa.table("known_task", sa.column("id"), sa.column("user_id"), sa.column("has_reminders"))
REMINDER = sa.table(
    "reminder", sa.column("task_id"), sa.column("kind"), sa.column("state"), sa.column("minutes_before")
)
PERSON = sa.table("person", sa.column("id"), sa.column("default_reminder"))


def upgrade() -> None:
    own = sa.Column("has_reminders", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("known_task", own)
    default = sa.select(PERSON.c.default_reminder).where(PERSON.c.id == TASK.c.user_id).scalar_subquery()
    is_own = (
        REMINDER.c.task_id == TASK.c.id,
        REMINDER.c.kind == "task",
        REMINDER.c.state != "cancelled",
        sa.func.coalesce(REMINDER.c.minutes_before, -1) != sa.func.coalesce(default, -2),
    )
    op.execute(sa.update(TASK).where(sa.exists().where(*is_own)).values(has_reminders=sa.true()))
