"""New revisions hold up no writer, and leave the last release what it uses.

Those up to the last release (`docs/api/released/schemas`) run on empty databases only: it was the first one.
"""

from pathlib import Path
from types import ModuleType

import pytest

from contracts.names import App
from tests.architecture.revisions import list_faults, list_new_revisions, render_revision
from tools.maintenance.released_schema import STORING

HEAD = """
import sqlalchemy as sa
from alembic import op
from migrator import create_index_concurrently, execute_separately
revision = "9999"
"""
FAULTS = {
    "an index that is made while writers wait": (
        'op.create_index("task_of", "task", ["user_id"])',
        "Use `create_index_concurrently`",
    ),
    "an index made in SQL": ('op.execute("CREATE INDEX a ON task (id)")', "Use `create_index_concurrently`"),
    "a unique constraint": (
        'op.create_unique_constraint("one", "task", ["title"])',
        "create_index_concurrently(…, unique=True)",
    ),
    "a column the last release doesn't write": (
        'op.add_column("task", sa.Column("size", sa.Integer, nullable=False))',
        "Add a `server_default`",
    ),
    "a column that may no longer be empty": (
        'op.alter_column("task", "size", nullable=False)',
        "Add `CHECK (… IS NOT NULL) NOT VALID`",
    ),
    "a column that is dropped": (
        'op.drop_column("task", "title")',
        "Drop it once a release no longer uses it",
    ),
    "a table that is dropped": ('op.drop_table("task")', "Drop it once a release no longer uses it"),
    "a column that is renamed": (
        'op.alter_column("task", "title", new_column_name="name")',
        "expand and contract",
    ),
    "a table that is renamed": ('op.rename_table("task", "todo")', "expand and contract"),
    "a column of another type": (
        'op.alter_column("task", "version", type_=sa.BigInteger)',
        "expand and contract",
    ),
    "a foreign key that is checked at once": (
        'op.create_foreign_key("fk", "task", "project", ["project_id"], ["id"])',
        "Add it `NOT VALID`",
    ),
    "several tables in one transaction": (
        '[op.add_column(name, sa.Column("x", sa.Integer)) for name in ("task", "label")]',
        "one transaction locks label, task",
    ),
    "several policies in one transaction": (
        '[op.execute(f"CREATE POLICY own ON {name} USING (true)") for name in ("task", "label")]',
        "one transaction locks label, task",
    ),
    "several tables in one block": (
        'execute_separately(["DO $$ BEGIN ALTER TABLE a ADD x int; ALTER TABLE b ADD x int; END $$"])',
        "one transaction locks a, b",
    ),
    "a commit half-way": (
        'op.add_column("task", sa.Column("x", sa.Integer)); create_index_concurrently("a", "task", ["x"])',
        "a revision of its own",
    ),
    "a statement that fails the second time": (
        'execute_separately(["ALTER TABLE a ADD COLUMN x int"])',
        "Make it do nothing the second time",
    ),
}
RIGHT = {
    "a nullable column": 'op.add_column("task", sa.Column("size", sa.Integer))',
    "a column with a default": (
        'op.add_column("task", sa.Column("size", sa.Integer, nullable=False, server_default="0"))'
    ),
    "an index beside writers": 'create_index_concurrently("task_of", "task", ["user_id"])',
    "a new table with its index": (
        'op.create_table("more", sa.Column("id", sa.String, primary_key=True), '
        'sa.Column("of", sa.String, index=True, nullable=False)); '
        'op.add_column("task", sa.Column("size", sa.Integer))'
    ),
    "several tables, one after the other": (
        'execute_separately(f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS x int" for name in ("a", "b"))'
    ),
}


def faults_of(body: str, folder: Path, head: str = "") -> list[str]:
    module = ModuleType("revision")
    exec(f"{HEAD}{head}\ndef upgrade():\n    {body}\n", module.__dict__)
    return list_faults(render_revision(module), folder)


@pytest.mark.parametrize("app", STORING)
def test_new_revisions_can_run_while_the_last_release_works(app: App, tmp_path: Path) -> None:
    faults = [fault for revision in list_new_revisions(app) for fault in list_faults(revision, tmp_path)]
    assert not faults, "\n".join(faults)


class TestFaults:
    @pytest.mark.parametrize(("body", "advice"), FAULTS.values(), ids=FAULTS)
    def test_are_found_and_say_what_to_do(self, body: str, advice: str, tmp_path: Path) -> None:
        found = faults_of(body, tmp_path)
        assert any(advice in each for each in found), found

    @pytest.mark.parametrize("body", RIGHT.values(), ids=RIGHT)
    def test_are_none_where_there_are_none(self, body: str, tmp_path: Path) -> None:
        assert faults_of(body, tmp_path) == []


class TestContract:
    """The second step of expand and contract: what no release uses any more goes."""

    DROP = 'op.drop_column("task", "title")'

    def test_may_drop_what_a_release_there_was_no_longer_used(self, tmp_path: Path) -> None:
        assert faults_of(self.DROP, tmp_path, 'REMOVES = {"task.title": "0.1.0"}') == []

    @pytest.mark.parametrize("removes", ['{"task.title": "99.0.0"}', '{"task.notes": "0.1.0"}', "{}"])
    def test_may_drop_nothing_else(self, removes: str, tmp_path: Path) -> None:
        [fault] = faults_of(self.DROP, tmp_path, f"REMOVES = {removes}")
        assert "name that release in `REMOVES`" in fault
