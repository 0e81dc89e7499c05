"""What comes late of an erased user is not kept."""

import orjson
import sqlalchemy as sa
from alembic import op
from analytics_service.dead_letters.parsing import find_user

revision = "0003"
down_revision = "0002"

LETTER = sa.table(
    "dead_letter", sa.column("id", sa.String), sa.column("event", sa.String), sa.column("user_id", sa.String)
)


def upgrade() -> None:
    op.create_table(
        "erased_user",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.add_column("dead_letter", sa.Column("user_id", sa.String, nullable=False, server_default=""))
    connection = op.get_bind()
    for id, event in connection.execute(sa.select(LETTER.c.id, LETTER.c.event)).all():
        owner = sa.update(LETTER).where(LETTER.c.id == id).values(user_id=find_user(orjson.loads(event)))
        connection.execute(owner)
    op.create_index("dead_letter_user", "dead_letter", ["user_id"])
