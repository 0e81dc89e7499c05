"""Imports and the private calendar address."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "import_job",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("user_id", sa.String, nullable=False),
        sa.Column("zone", sa.String, nullable=False),
        sa.Column("format", sa.String),
        sa.Column("project", sa.String),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        *(
            sa.Column(name, sa.Integer, nullable=False)
            for name in ("total", "done", "added", "skipped", "more")
        ),
        sa.Column("report", sa.JSON, nullable=False),
        sa.Column("leased_until", moment, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("finished_at", moment),
    )
    open_ = sa.text("status IN ('waiting', 'running')")
    op.create_index("import_open", "import_job", ["created_at"], postgresql_where=open_, sqlite_where=open_)
    op.create_index("import_of_user", "import_job", ["user_id"])
    op.create_table(
        "calendar_feed",
        sa.Column("user_id", sa.String, primary_key=True),
        sa.Column("secret_hash", sa.String, nullable=False, unique=True),
        sa.Column("created_at", moment, nullable=False),
    )
