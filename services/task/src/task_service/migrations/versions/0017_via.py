"""Which API token made a change, in the activity; of an import, until it is done."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.add_column("activity", sa.Column("via", sa.JSON))
    op.add_column("import_job", sa.Column("via", sa.JSON))
