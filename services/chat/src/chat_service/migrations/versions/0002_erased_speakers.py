"""Who has been erased, and gets nothing more."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "erased_speaker",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
    )
