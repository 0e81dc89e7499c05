"""An index for searching text: which tasks of a user have two or three letters in a row.

PostgreSQL only; SQLite reads the texts of one user, which lie side by side there, fast enough. No extension
is needed: each run of letters becomes a number together with its user, so that what is looked up never grows
with what others have. `fastupdate` is off: changes not yet sorted in would be read by each search.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_GRAMS = """
CREATE FUNCTION task_grams(owner text, body text) RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(hashtextextended(owner || gram, 0)), '{}')
    FROM (SELECT sign || lead(sign) OVER run AS two,
                 sign || lead(sign) OVER run || lead(sign, 2) OVER run AS three
          FROM unnest(string_to_array(body, NULL)) WITH ORDINALITY AS letters(sign, place)
          WINDOW run AS (ORDER BY place)) AS runs,
         unnest(ARRAY[two, three]) AS gram
    WHERE gram IS NOT NULL
$$
"""
_INDEX = """
CREATE INDEX task_text_grams ON task_text
    USING gin (task_grams(user_id, title || chr(10) || labels || chr(10) || notes)) WITH (fastupdate = off)
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text(_GRAMS))
        op.execute(sa.text(_INDEX))
    trashed = sa.text("deleted_at IS NOT NULL")
    columns = ["user_id", "created_at", "id"]
    op.create_index("task_trash_of_user", "task", columns, postgresql_where=trashed, sqlite_where=trashed)
