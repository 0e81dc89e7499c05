"""What a drill asks of the cluster, what it compares, and that nothing is left of it."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from backup.manifest import Content

from contracts.names import App
from delivery import restore_drill
from delivery.access import Access
from delivery.environments import load_environment
from delivery.infrastructure_values import CONFIG_MAP
from delivery.restore_drill import KEPT_RESULTS, Mark, Result, find_archive, record_result, run_restore_drill
from delivery.sql_session import compare_fingerprints
from devstack.errors import CommandError
from tools.delivery.tests.unit.recorded import INFRASTRUCTURE, config_map

SCRATCH = "staging-restore-drill"
TABLES = {"task": Content(rows=3, checksum=7)}
CLUSTER: dict[str, Any] = {
    "spec": {
        "plugins": [{"name": restore_drill.ARCHIVER, "parameters": {"serverName": "postgres-2"}}],
        "managed": {"roles": [{"name": "task", "passwordSecret": {"name": "postgres-task"}}]},
    }
}
STORE: dict[str, Any] = {
    "spec": {"configuration": {"s3Credentials": {"accessKeyId": {"name": "archive-store", "key": "k"}}}},
    "status": {"serverRecoveryWindow": {"postgres-2": {"firstRecoverabilityPoint": "2026-01-30T01:00:00Z"}}},
}


@dataclass(frozen=True, slots=True)
class Archived(Access):
    """A cluster whose PostgreSQL archives; it notes what it is asked."""

    requests: list[tuple[str, tuple[str, ...], str | None]] = field(default_factory=list)
    objects: dict[str, Any] = field(default_factory=lambda: {"cluster": CLUSTER, "store": STORE})
    fails: str = ""

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        self.requests.append((self.namespace, arguments, stdin))
        match arguments:
            case ("get", what, *_) if what.startswith("clusters"):
                return json.dumps(self.objects["cluster"])
            case ("get", what, *_) if what.startswith("objectstores"):
                return json.dumps(self.objects["store"])
            case ("get", "secret", name, *_):
                return json.dumps(
                    {"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "data": {"n": name}}
                )
            case ("get", "configmap", name, *_) if name == CONFIG_MAP:
                return config_map(INFRASTRUCTURE)
            case ("get", "configmap", *_):
                return json.dumps(self.objects["record"]) if "record" in self.objects else ""
        return ""

    def helm(self, *arguments: str, stdin: str | None = None) -> str:
        self.requests.append((self.namespace, ("helm", *arguments), stdin))
        if arguments[0] == self.fails:
            raise CommandError("Helm has failed")
        return "kind: Cluster" if arguments[0] == "get" else ""

    def made(self, namespace: str) -> list[tuple[str, ...]]:
        return [arguments for where, arguments, _ in self.requests if where == namespace]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> dict[App, dict[str, Content]]:
    """What the recovered databases hold; the moment held `TABLES`."""
    held = {App.TASK: dict(TABLES)}
    monkeypatch.setattr(restore_drill, "mark_moment", lambda _: Mark("0/50", 42.0, {App.TASK: TABLES}))
    monkeypatch.setattr(restore_drill, "read_fingerprints", lambda _: held)
    return held


def settings(install: Sequence[str]) -> dict[str, str]:
    """What is set on the command line of Helm."""
    pairs = itertools.pairwise(install)
    return dict(value.split("=", 1) for flag, value in pairs if flag in ("--set", "--set-string"))


class TestDrill:
    def test_recovers_to_the_moment_and_compares(self, found: dict[App, dict[str, Content]]) -> None:
        access = Archived("staging")
        result = run_restore_drill(access, load_environment("staging"))
        [install] = [each for each in access.made(SCRATCH) if each[:2] == ("helm", "install")]
        given = settings(install)
        assert given["postgres.recovery.server"] == "postgres-2"
        assert given["postgres.recovery.lsn"] == "0/50"
        assert given["postgres.archive.active"] == "false"
        assert given["kafka.enabled"] == given["redis.enabled"] == "false"
        assert result.met
        assert result.rpo_seconds == 42
        assert result.rows == {App.TASK: found[App.TASK]["task"].rows}

    def test_names_tables_that_differ(self, found: dict[App, dict[str, Content]]) -> None:
        found[App.TASK]["task"] = Content(rows=2, checksum=5)
        result = run_restore_drill(Archived("staging"), load_environment("staging"))
        assert not result.met
        assert result.differences == ["task.task had 3 rows, and 2 after the recovery"]

    @pytest.mark.usefixtures("found")
    def test_takes_the_keys_it_needs_and_no_others(self) -> None:
        access = Archived("staging")
        run_restore_drill(access, load_environment("staging"))
        made = [
            json.loads(given)
            for where, _, given in access.requests
            if where == SCRATCH and given and given[0] == "{"
        ]
        assert {each["metadata"]["name"] for each in made} == {"archive-store", "postgres-task"}

    @pytest.mark.usefixtures("found")
    def test_leaves_nothing_behind_even_if_it_fails(self) -> None:
        for fails in ("", "install"):
            access = Archived("staging", fails=fails)
            try:
                run_restore_drill(access, load_environment("staging"))
            except CommandError:
                assert fails
            assert ("delete", "namespace", SCRATCH) in [each[:3] for each in access.made("staging")]

    @pytest.mark.usefixtures("found")
    def test_of_a_time_in_the_past_compares_nothing(self) -> None:
        access = Archived("staging")
        result = run_restore_drill(access, load_environment("staging"), "2026-01-31T09:30:00Z")
        [install] = [each for each in access.made(SCRATCH) if each[:2] == ("helm", "install")]
        assert settings(install)["postgres.recovery.time"] == "2026-01-31T09:30:00Z"
        assert result.rpo_seconds is None
        assert "as it was then" in result.lines[1]


class TestArchive:
    def test_is_the_folder_that_is_written_to(self) -> None:
        assert find_archive(Archived("staging")) == "postgres-2"

    def test_has_to_be_there(self) -> None:
        access = Archived("staging", objects={"cluster": {"spec": {}}, "store": STORE})
        with pytest.raises(CommandError, match="archives nothing"):
            find_archive(access)

    def test_needs_a_base_backup(self) -> None:
        access = Archived("staging", objects={"cluster": CLUSTER, "store": {}})
        with pytest.raises(CommandError, match="no base backup of postgres-2"):
            find_archive(access)

    def test_has_to_reach_back_so_far(self) -> None:
        with pytest.raises(CommandError, match="reaches back to 2026-01-30"):
            find_archive(Archived("staging"), "2026-01-29T00:00:00Z")


class TestRecord:
    def test_keeps_the_last_results(self) -> None:
        past = {f"20260101T0000{number:02}Z": "text" for number in range(KEPT_RESULTS)}
        access = Archived("staging", objects={"record": {"data": past}})
        result = Result(datetime(2026, 2, 1, tzinfo=UTC), "0/50", 42.0, 60.0, {App.TASK: 3})
        record_result(access, result)
        kept = json.loads(access.requests[-1][2] or "")["data"]
        assert len(kept) == KEPT_RESULTS
        assert "RPO 42 s" in kept["20260201T000000Z"]
        assert "20260101T000000Z" not in kept

    def test_says_when_a_goal_was_missed(self) -> None:
        late = Result(datetime(2026, 2, 1, tzinfo=UTC), "0/50", 301.0, 60.0, {})
        slow = Result(datetime(2026, 2, 1, tzinfo=UTC), "0/50", 42.0, 3601.0, {})
        assert not late.met
        assert not slow.met


class TestComparison:
    def test_sees_tables_that_are_new_or_gone(self) -> None:
        lines = compare_fingerprints({"task": TABLES}, {"task": {"other": Content(rows=0, checksum=0)}})
        assert lines == [
            "task.other had no rows, and 0 after the recovery",
            "task.task had 3 rows, and no after the recovery",
        ]
