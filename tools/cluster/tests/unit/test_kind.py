"""What is asked of kind, Docker and Helm; programs that write it down stand in for them.

That a cluster comes of it only a machine with Docker shows: CI on GitHub's runners (newcomer.yml).
"""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from cluster import cli, kind, toolbox
from cluster.images import docker
from cluster.images.build import read_base_image
from cluster.kind import KindCluster
from cluster.paths import ClusterFolder
from devstack.errors import CommandError
from devstack.helmfile import read_releases
from devstack.paths import ROOT

RECORDER = """#!/bin/sh
echo "$(basename "$0") $*" >> "$RECORD"
case "$1 $2" in
  "get clusters") cat "$CLUSTERS" ;;
  "create cluster") [ -z "$REFUSE" ] || { echo "port is taken" >&2; exit 1; }; echo todo > "$CLUSTERS" ;;
  "delete cluster") : > "$CLUSTERS" ;;
esac
case "$*" in *--config=-*) cat > "$RECORD.config" ;; esac
case "$*" in *--filename*-*) cat > "$RECORD.applied" ;; esac
case "$*" in *--values*) cat >> "$RECORD.values"; echo "---" >> "$RECORD.values" ;; esac
"""
Calls = Callable[[], list[str]]
NAMING_VOLUMES = [ROOT / "monitoring" / file for file in ("prometheus/prometheus.yaml", "loki/loki.yaml")]


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """A machine with kind, Helm and Docker, and what was asked of them."""
    record, clusters, programs = tmp_path / "record", tmp_path / "clusters", tmp_path / "bin"
    clusters.touch()
    programs.mkdir()
    for name in ("kind", "helm", "docker", "kubectl"):
        program = programs / name
        program.write_text(RECORDER)
        program.chmod(0o755)
    monkeypatch.setenv("RECORD", str(record))
    monkeypatch.setenv("CLUSTERS", str(clusters))
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    monkeypatch.setattr(kind, "ensure_tools", lambda _tools: None)
    monkeypatch.setattr(kind, "find_tool", lambda tool: programs / tool.name)
    monkeypatch.setattr("cluster.cluster.find_tool", lambda tool: programs / tool.name)
    monkeypatch.setattr(kind, "find_built_archive", lambda: None)
    monkeypatch.setattr(type(toolbox.KIND), "find", lambda tool: programs / tool.name)
    return lambda: record.read_text().splitlines()


@pytest.fixture
def cluster(tmp_path: Path) -> KindCluster:
    return KindCluster(ClusterFolder(tmp_path / "state", "127.0.0.1"))


class TestUp:
    def test_creates_the_cluster_once(self, cluster: KindCluster, calls: Calls) -> None:
        cluster.up()
        cluster.up()
        made = [line for line in calls() if line.startswith("kind create")]
        how = f"--kubeconfig={cluster.kubeconfig} --wait=5m --config=-"
        assert made == [f"kind create cluster {how} --name todo"]
        assert f"kind export kubeconfig --kubeconfig={cluster.kubeconfig} --name todo" in calls()

    @pytest.mark.parametrize("workers", [0, 3])
    def test_has_the_workers_it_is_told(
        self, cluster: KindCluster, calls: Calls, tmp_path: Path, workers: int
    ) -> None:
        cluster.up(workers)
        nodes = yaml.safe_load((tmp_path / "record.config").read_text())["nodes"]
        assert [node["role"] for node in nodes] == ["control-plane", *["worker"] * workers]

    def test_has_the_class_of_volumes_that_values_name(
        self, cluster: KindCluster, calls: Calls, tmp_path: Path
    ) -> None:
        cluster.up()
        made = yaml.safe_load((tmp_path / "record.applied").read_text())
        named = {path.name: "do-block-storage" in path.read_text() for path in NAMING_VOLUMES}
        assert made["metadata"]["name"] == "do-block-storage"
        assert all(named.values()), named

    def test_installs_the_charts_of_the_platform(
        self, cluster: KindCluster, calls: Calls, tmp_path: Path
    ) -> None:
        cluster.up()
        charts = [line for line in calls() if line.startswith("helm")]
        releases = {release.name: release for release in read_releases()}
        for name, line in zip(("metrics-server", "dapr", "cloudnative-pg"), charts, strict=True):
            release = releases[name]
            assert f"--install {name} {name} --repo {release.repository}" in line
            assert f"--version {release.version} --namespace {release.namespace}" in line
        metrics, dapr, *_ = yaml.safe_load_all((tmp_path / "record.values").read_text())
        assert metrics == {"args": ["--kubelet-insecure-tls"]}
        assert dapr["global"]["imagePullPolicy"] == "IfNotPresent"

    def test_loads_the_images_that_are_built(
        self, cluster: KindCluster, calls: Calls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(kind, "find_built_archive", lambda: tmp_path / "built.tar")
        cluster.up()
        assert f"kind load image-archive {tmp_path / 'built.tar'} --name todo" in calls()

    def test_fails_with_what_kind_complains_of(
        self, cluster: KindCluster, calls: Calls, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("REFUSE", "1")
        with pytest.raises(CommandError, match="port is taken"):
            cluster.up()
        assert not any(line.startswith("helm") for line in calls())


class TestDown:
    def test_deletes_the_cluster_and_its_kubeconfig(self, cluster: KindCluster, calls: Calls) -> None:
        cluster.up()
        cluster.kubeconfig.touch()
        assert cluster.down()
        assert not cluster.kubeconfig.exists()
        assert not cluster.down()
        assert calls().count("kind delete cluster --name todo") == 1


class TestTheChoice:
    def test_is_kind_where_docker_answers(self, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
        assert docker.is_docker_running()
        monkeypatch.setenv("PATH", "/nowhere")
        assert not docker.is_docker_running()

    @pytest.mark.parametrize(("runs", "way"), [(True, "kind"), (False, "source")])
    def test_can_be_overruled(self, monkeypatch: pytest.MonkeyPatch, runs: bool, way: str) -> None:
        chosen: list[str] = []
        monkeypatch.setattr(cli, "is_docker_running", lambda: runs)
        monkeypatch.setattr("cluster.cluster.Cluster.at", lambda folder: folder)
        monkeypatch.setattr(cli, "_up", lambda _cluster, way, _workers: chosen.append(way))
        for arguments in (["up"], ["up", "--with", "source"], ["up", "--with", "kind"]):
            monkeypatch.setattr("sys.argv", ["cluster", *arguments])
            with pytest.raises(SystemExit):
                cli.main()
        assert chosen == [way, "source", "kind"]


def test_images_are_built_on_the_base_of_the_dockerfile() -> None:
    assert read_base_image().startswith("python:3.13")
    assert "@sha256:" in read_base_image()
