"""How often an import was tried, so that one that can't succeed ends; where its user's week starts."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for name in ("failures", "interruptions"):
        op.add_column("import_job", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.add_column("import_job", sa.Column("week_start", sa.String))
