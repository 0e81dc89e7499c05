"""The feed of changes."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "change",
        sa.Column("user_id", sa.String, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("deleted", sa.Boolean, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("change_in_order", "change", ["user_id", "seq"])
    gone = sa.text("deleted")
    op.create_index("change_gone", "change", ["at"], postgresql_where=gone, sqlite_where=gone)
    op.create_table(
        "change_counter",
        sa.Column("user_id", sa.String, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
        sa.Column("forgotten", sa.BigInteger, nullable=False),
    )
    for kind, table, deleted in KINDS:
        op.execute(_FILL.format(kind=kind, table=table, gone=deleted))
    op.execute(_COUNT)


KINDS = (
    ("project", "project", "deleted_at IS NOT NULL"),
    ("label", "label", "FALSE"),
    ("filter", "saved_filter", "FALSE"),
    ("task", "task", "deleted_at IS NOT NULL"),
)
_FILL = """
INSERT INTO change (user_id, kind, id, seq, deleted, at)
SELECT user_id, '{kind}', id,
       row_number() OVER (PARTITION BY user_id ORDER BY updated_at, id)
       + (SELECT count(*) FROM change WHERE change.user_id = {table}.user_id),
       {gone}, updated_at
FROM {table}
"""
_COUNT = """
INSERT INTO change_counter (user_id, last, forgotten)
SELECT user_id, count(*), 0 FROM change GROUP BY user_id
"""
