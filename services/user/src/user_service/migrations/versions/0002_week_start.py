"""Where a user's week starts; null: as in the country of the zone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("user_account", sa.Column("week_start", sa.String))
