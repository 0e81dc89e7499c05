"""An index for the order `-priority,due,created`: the first page reads no more than a page."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    live = sa.text("deleted_at IS NULL")
    order: list[str | sa.TextClause] = ["user_id", sa.text("priority DESC"), "due_by", "created_at", "id"]
    op.create_index("task_urgent", "task", order, postgresql_where=live, sqlite_where=live)
