"""The search index costs a third: its runs of letters are made in one pass, and sorted in some at a time.

PostgreSQL only. The function gives the runs it gave. In PL/pgSQL its plan is made once a connection, not
once a statement, and it does without a window and its sort. `fastupdate` with the smallest list there is: the
runs of some thirty tasks wait, and what they have in common is sorted in together. A search reads these eight
pages as well, which can't be measured; those of the usual list, 4 MiB, could.
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

_GRAMS = """
CREATE OR REPLACE FUNCTION task_grams(owner text, body text) RETURNS bigint[]
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    letters text[] := string_to_array(body, NULL);
BEGIN
    RETURN (
        SELECT coalesce(array_agg(hashtextextended(owner || one, 0)), '{}')
            || array_agg(hashtextextended(owner || one || two, 0)) FILTER (WHERE two IS NOT NULL)
            || array_agg(hashtextextended(owner || one || two || three, 0)) FILTER (WHERE three IS NOT NULL)
        FROM unnest(letters, letters[2:], letters[3:]) AS run(one, two, three)
    );
END
$$
"""
_SOME_AT_A_TIME = "ALTER INDEX task_text_grams SET (fastupdate = on, gin_pending_list_limit = 64)"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(sa.text(_GRAMS.replace(":=", r"\:=")))
        op.execute(_SOME_AT_A_TIME)
