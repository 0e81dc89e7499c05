"""Changes of many tasks that go on after their request."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "fan_out",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.Column("via", sa.JSON),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("leased_until", moment, nullable=False),
        sa.Column("created_at", moment, nullable=False),
    )
    op.create_index("fan_out_next", "fan_out", ["leased_until"])
    op.create_index("fan_out_of_user", "fan_out", ["user_id", "kind", "subject"])
    op.create_table(
        "fan_out_task",
        sa.Column("job_id", sa.String, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("task_id", sa.String, nullable=False),
    )
    op.create_index("fan_out_task_of_user", "fan_out_task", ["user_id"])
