"""Entries name the import or the channel they tell of."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("notification", sa.Column("import_id", sa.String))
    op.add_column("notification", sa.Column("channel_id", sa.String))
