"""Stores of different size for `flat`: users with 500 tasks each, among them one with ten thousand.

The tasks are made by the database itself, each user's scattered among those of all others, and user by
user the same in a store of any size.
"""

from sqlalchemy import text

from servicekit.persistence.database import Database

SMALL = 500
"""Tasks of every user but one."""
LARGE = 10_000
_MADE = """
    INSERT INTO made {series} SELECT n,
        CASE WHEN :large AND n % 20 = 1 AND n < 200000 THEN 'large'
             WHEN n % :users = 0 THEN 'small' ELSE 'user-' || (n % :users) END,
        CASE WHEN :large AND n % 20 = 1 AND n < 200000 THEN n / 20 ELSE n / :users END
    FROM s
"""
_SERIES = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < :size - 1)",
    "postgresql": "WITH s(n) AS (SELECT generate_series(0, CAST(:size AS integer) - 1))",
}
_TASK = """
    INSERT INTO task (id, user_id, title, notes, done, priority, labels, due_date, due_by, position,
                      version, created_at, updated_at, occurrence, rule_number)
    SELECT {id}, user_id, {title}, '', k % 5 < 3, (k / 7) % 5, {labels},
           CASE WHEN k % 2 = 0 THEN {day} END, CASE WHEN k % 2 = 0 THEN {day_end} ELSE {never} END,
           {id} || 'V', 1, {made}, {made}, 1, 1
    FROM made
"""
_TEXT = """
    INSERT INTO task_text (user_id, task_id, title, notes, labels)
    SELECT user_id, {id}, {title}, '', CASE WHEN k % 3 = 0 THEN 'l' || (k % 20) ELSE '' END FROM made
"""
_LABEL = """
    INSERT INTO task_label (user_id, key, task_id)
    SELECT user_id, 'l' || (k % 20), {id} FROM made WHERE k % 3 = 0
"""
_NAMES = """
    INSERT INTO label (id, user_id, name, key, position, version, created_at, updated_at)
    SELECT DISTINCT user_id || ' l' || (k % 20), user_id, 'l' || (k % 20), 'l' || (k % 20), 'l' || (k % 20),
           1, {begun}, {begun}
    FROM made WHERE k % 3 = 0
"""
_TITLE = "CASE WHEN k % 50 = 0 THEN 'harbour violin ' ELSE 'milk paper ' END || k"
_WORDS = {
    "sqlite": {
        "id": "printf('%032x', n)",
        "title": _TITLE,
        "labels": """CASE WHEN k % 3 = 0 THEN '["l' || (k % 20) || '"]' ELSE '[]' END""",
        "day": "date('2026-05-01', (k * 7919 % 400) || ' days')",
        "day_end": "date('2026-05-01', (k * 7919 % 400) || ' days') || ' 21:59:59.999999'",
        "never": "'9999-12-31 23:59:59.999999'",
        "begun": "'2026-01-01 00:00:00.000000'",
        "made": "strftime('%Y-%m-%d %H:%M:%S', '2026-01-01', k || ' minutes') || '.000000'",
    },
    "postgresql": {
        "id": "lpad(to_hex(n), 32, '0')",
        "title": _TITLE,
        "labels": """(CASE WHEN k % 3 = 0 THEN '["l' || (k % 20) || '"]' ELSE '[]' END)::json""",
        "day": "date '2026-05-01' + k * 7919 % 400",
        "day_end": "timestamptz '2026-05-01 21:59:59.999999Z' + k * 7919 % 400 * interval '1 day'",
        "never": "timestamptz '9999-12-31 23:59:59.999999Z'",
        "begun": "timestamptz '2026-01-01Z'",
        "made": "timestamptz '2026-01-01Z' + k * interval '1 minute'",
    },
}


async def insert_tasks(database: Database, size: int, *, with_large: bool) -> None:
    """Write `size` tasks past the service; `with_large`: also those of the user with many."""
    dialect = database.engine.dialect.name
    values = {"size": size, "users": size // SMALL, "large": with_large}
    async with database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE made (n integer, user_id varchar, k integer)"))
        await connection.execute(text(_MADE.format(series=_SERIES[dialect])), values)
        for statement in (_TASK, _TEXT, _LABEL, _NAMES):
            await connection.execute(text(statement.format(**_WORDS[dialect]).replace(":", "\\:")))
        await connection.execute(text("DROP TABLE made"))
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("ANALYZE"))
