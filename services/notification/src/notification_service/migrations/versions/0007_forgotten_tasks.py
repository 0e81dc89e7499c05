"""Tasks that left the trash are forgotten here, too: known ones say since when they are in it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("known_task", sa.Column("deleted_at", sa.DateTime(timezone=True)))
    in_trash = sa.text("deleted_at IS NOT NULL")
    op.create_index(
        "known_task_in_trash", "known_task", ["deleted_at"], sqlite_where=in_trash, postgresql_where=in_trash
    )
