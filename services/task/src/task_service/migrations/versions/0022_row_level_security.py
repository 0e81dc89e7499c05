"""Hide the rows of everybody else from a transaction that says whose rows it is about (decision 39).

A transaction says so with the lock of its user. One that says nothing sees all: reads, workers, and replicas
of the release before. The owner of a table would be exempt, so it is forced. Texts are left out: their n-gram
index can't be used behind a policy, as the operator of arrays is not leakproof.

One table at a time: a transaction that held some of them and waited for the next would stop all writers. A
table that has its policy is not locked again.
"""

from alembic import op

from migrator import execute_separately

revision = "0022"
down_revision = "0021"

TABLES = (
    *("task", "project", "label", "saved_filter", "task_label", "activity", "change", "change_counter"),
    *("account_usage", "fan_out", "fan_out_task", "import_job", "calendar_feed"),
)
_HIDE_ROWS = """
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = '"{table}"'::regclass AND polname = 'owner') THEN
        ALTER TABLE "{table}" ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
        CREATE POLICY owner ON "{table}"
        USING (user_id = coalesce((SELECT nullif(current_setting('todo.user_id', true), '')), user_id));
    END IF;
END $$
"""


def upgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        execute_separately(_HIDE_ROWS.format(table=table) for table in TABLES)
