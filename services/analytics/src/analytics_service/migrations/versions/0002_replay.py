"""Dead letters can be replayed."""

from uuid import uuid5

import sqlalchemy as sa
from alembic import op
from analytics_service.dead_letters.parsing import DEAD_LETTER_IDS

revision = "0002"
down_revision = "0001"

LETTER = sa.table("dead_letter", sa.column("id", sa.String), sa.column("failed_at"), sa.column("parked_at"))


def upgrade() -> None:
    op.add_column("dead_letter", sa.Column("state", sa.String, nullable=False, server_default="parked"))
    op.add_column("dead_letter", sa.Column("failures", sa.Integer, nullable=False, server_default="1"))
    op.add_column("dead_letter", sa.Column("failed_at", sa.DateTime(timezone=True)))
    op.add_column("dead_letter", sa.Column("replays", sa.Integer, nullable=False, server_default="0"))
    op.add_column("dead_letter", sa.Column("replayed_at", sa.DateTime(timezone=True)))
    op.add_column("dead_letter", sa.Column("outcome", sa.String, nullable=False, server_default=""))
    op.execute(sa.update(LETTER).values(failed_at=LETTER.c.parked_at))
    with op.batch_alter_table("dead_letter") as batch:
        batch.alter_column("failed_at", nullable=False)
    _rename()
    op.create_index("dead_letter_group", "dead_letter", ["state", "topic", "consumer"])


def _rename() -> None:
    """Ids become UUIDs: they are part of a path."""
    connection = op.get_bind()
    for (id,) in connection.execute(sa.select(LETTER.c.id)).all():
        renamed = sa.update(LETTER).where(LETTER.c.id == id).values(id=str(uuid5(DEAD_LETTER_IDS, id)))
        connection.execute(renamed)
