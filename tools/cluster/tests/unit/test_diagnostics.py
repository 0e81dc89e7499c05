"""What is written down about a cluster that others can no longer look at."""

from pathlib import Path

import pytest

from cluster import diagnostics
from cluster.cluster import Cluster
from cluster.diagnostics import QUESTIONS, collect_diagnostics
from cluster.paths import ClusterFolder

PODS = """todo   task-1    Running     true,true   0,0
todo   task-2    Running     true,false  0,0
todo   user-1    Running     true        2
todo   chat-1    Pending     <none>      <none>
todo   migrate   Succeeded   false       0
"""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    calls: list[tuple[str, ...]] = []

    def kubectl(_: Cluster, *arguments: str, check: bool = True) -> str:
        assert not check
        calls.append(arguments)
        return PODS if "--no-headers" in arguments else " ".join(arguments)

    monkeypatch.setattr(Cluster, "kubectl", kubectl)
    monkeypatch.setattr(Cluster, "helm", kubectl)
    return calls


@pytest.fixture
def written(calls: list[tuple[str, ...]], tmp_path: Path) -> Path:
    target = tmp_path / "diagnostics"
    collect_diagnostics(Cluster(ClusterFolder(tmp_path, "127.0.0.1")), target)
    return target


def test_has_a_file_for_each_question(written: Path) -> None:
    assert {f"{name}.txt" for name in [*QUESTIONS, "releases"]} <= {each.name for each in written.iterdir()}
    assert "describe pods" in (written / "pods-described.txt").read_text()


def test_has_the_logs_of_what_is_not_well(written: Path) -> None:
    logs = {each.name for each in written.glob("log-*")}
    assert logs == {f"log-todo-{pod}.txt" for pod in ("task-2", "user-1", "chat-1")}
    assert "--previous" in (written / "log-todo-user-1.txt").read_text()


def test_shows_no_secret() -> None:
    questions = [word for question in diagnostics.QUESTIONS.values() for word in question]
    assert not any("secret" in word or "configmap" in word for word in questions)
