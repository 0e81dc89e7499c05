"""An index for the order `title`: the first page reads no more than a page."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    order: list[str | sa.TextClause] = ["user_id", sa.text("substr(title, 1, 100)"), "task_id"]
    op.create_index("task_text_in_order", "task_text", order)
