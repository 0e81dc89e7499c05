"""What pods wrote is kept when they are gone."""

import shutil
from pathlib import Path

import pytest

from cluster.paths import ClusterFolder
from tests.cluster import pod_logs
from tests.system.waiting import until

POD = "pods-node/todo_task-1_uid/task"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ClusterFolder:
    monkeypatch.setattr(pod_logs, "KEPT", tmp_path / "kept")
    return ClusterFolder(tmp_path / "cluster")


def written(folder: ClusterFolder, name: str, text: str) -> Path:
    file = folder.run.logs / POD / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_a_log_outlives_its_pod_whole(folder: ClusterFolder) -> None:
    with pod_logs.pod_logs(folder) as kept:
        log = written(folder, "0.log", "started\n")
        until((kept / POD / "0.log").exists)
        with log.open("a") as more:
            more.write("failed\n")
        shutil.rmtree(folder.run.logs)
        written(folder, "1.log", "started again\n")
        until((kept / POD / "1.log").exists)
    assert (kept / POD / "0.log").read_text() == "started\nfailed\n"
    assert (kept / POD / "1.log").read_text() == "started again\n"


def test_nothing_of_an_earlier_run_is_taken_for_this_one_s(folder: ClusterFolder) -> None:
    earlier = pod_logs.KEPT / POD / "0.log"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("failed\n")
    with pod_logs.pod_logs(folder):
        pass
    assert not earlier.exists()
