"""A calendar address knows where its user lives: `today` and floating ends of recurrences need it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("calendar_feed", sa.Column("time_zone", sa.String, nullable=False, server_default="UTC"))
