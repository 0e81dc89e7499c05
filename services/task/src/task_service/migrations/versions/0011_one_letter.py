"""The search index knows single letters, which are words in Chinese, and is asked for fewer runs.

PostgreSQL only. A page of one user's tasks is read sooner than a parallel worker has started; that none is
started is said of the tables, so it holds whoever connects and through whatever.
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_GRAMS = """
CREATE OR REPLACE FUNCTION task_grams(owner text, body text) RETURNS bigint[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(hashtextextended(owner || gram, 0)), '{}')
    FROM (SELECT sign AS one,
                 sign || lead(sign) OVER run AS two,
                 sign || lead(sign) OVER run || lead(sign, 2) OVER run AS three
          FROM unnest(string_to_array(body, NULL)) WITH ORDINALITY AS letters(sign, place)
          WINDOW run AS (ORDER BY place)) AS runs,
         unnest(ARRAY[one, two, three]) AS gram
    WHERE gram IS NOT NULL
$$
"""
_RUNS = """
CREATE FUNCTION task_runs(owner text, sought text) RETURNS bigint[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(hashtextextended(owner || substr(sought, place, 3), 0))
    FROM generate_series(1, greatest(char_length(sought) - 2, 1)) AS place
$$
"""
_INDEX = """
CREATE INDEX task_text_grams ON task_text
    USING gin (task_grams(user_id, title || chr(10) || labels || chr(10) || notes)) WITH (fastupdate = off)
"""


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute("DROP INDEX task_text_grams")
    for statement in (_GRAMS, _RUNS, _INDEX):
        op.execute(sa.text(statement))
    for table in ("task", "task_text", "task_label", "label"):
        op.execute(f"ALTER TABLE {table} SET (parallel_workers = 0)")
