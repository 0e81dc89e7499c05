"""What tables hold, as numbers that can be compared: rows, and a checksum over all of their content.

The checksum is the sum of the first 64 bits of the MD5 of each row as text, so the order of rows does not
matter, and neither does PostgreSQL's version. It finds what was lost or damaged; it is no signature.
"""

from collections.abc import Mapping

import asyncpg

from backup.manifest import Content

AS_TEXT = """
SET LOCAL row_security = on;
SET LOCAL DateStyle = 'ISO, YMD';
SET LOCAL IntervalStyle = 'postgres';
SET LOCAL TimeZone = 'UTC';
SET LOCAL extra_float_digits = 1;
SET LOCAL bytea_output = 'hex';
SET LOCAL search_path = public;
"""
"""What the text of a row depends on. pg_restore leaves `row_security = off` behind, with which the owner of
a table that has a policy gets an error in place of its rows.
"""

TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
ORDER BY relname
"""


def build_content_query(table: str) -> str:
    """The query for rows and checksum of one table."""
    row = """('x' || left(md5("the row"::text), 16))::bit(64)::bigint"""
    return f'SELECT count(*), coalesce(sum({row}), 0) FROM public.{quote_identifier(table)} AS "the row"'  # noqa: S608


async def read_fingerprint(connection: asyncpg.Connection) -> dict[str, Content]:
    """Every table of the schema `public`, within the transaction that is open."""
    await connection.execute(AS_TEXT)
    found = {}
    for table in [row["relname"] for row in await connection.fetch(TABLES)]:
        rows, checksum = await connection.fetchrow(build_content_query(table))
        found[table] = Content(rows=rows, checksum=int(checksum))
    return found


def build_comparison_sql(expected: Mapping[str, Content]) -> str:
    """SQL that raises an exception unless the tables hold exactly this."""
    checks = [_build_check(table, content) for table, content in expected.items()]
    names = ", ".join(quote_literal(table) for table in expected)
    more = f"""
DO $do$ DECLARE unexpected text; BEGIN
    SELECT string_agg(relname, ', ') INTO unexpected FROM ({TABLES}) AS found WHERE relname NOT IN ({names});
    IF unexpected IS NOT NULL THEN RAISE EXCEPTION 'The backup has no table %', unexpected; END IF;
END $do$;
"""  # noqa: S608
    return "\n".join([AS_TEXT, *checks, more])


def _build_check(table: str, content: Content) -> str:
    return f"""
DO $do$ DECLARE rows bigint; checksum numeric; BEGIN
    SELECT * INTO rows, checksum FROM ({build_content_query(table)}) AS found;
    IF (rows, checksum) IS DISTINCT FROM ({content.rows}::bigint, {content.checksum}::numeric) THEN
        RAISE EXCEPTION 'Table % holds % rows with checksum %, the backup said % and %',
            {quote_literal(table)}, rows, checksum, {content.rows}, {quote_literal(str(content.checksum))};
    END IF;
END $do$;
"""  # noqa: S608


def quote_identifier(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
