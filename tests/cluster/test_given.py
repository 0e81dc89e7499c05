"""What tests do to a cluster that somebody else made: nothing to namespaces that are not theirs."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from cluster.cluster import Cluster
from cluster.paths import ClusterFolder
from devstack.errors import CommandError
from tests.cluster.given import (
    CLUSTER_NAMESPACE,
    CLUSTER_TEST,
    KIND,
    OURS,
    choose_namespace,
    choose_values,
    claim_namespace,
)

Calls = list[tuple[str, ...]]


@pytest.fixture
def namespaces() -> dict[str, dict[str, str]]:
    """Labels of those there are, by name."""
    return {}


@pytest.fixture
def calls(namespaces: Mapping[str, dict[str, str]], monkeypatch: pytest.MonkeyPatch) -> Calls:
    calls: Calls = []

    def kubectl(_: Cluster, *arguments: str) -> str:
        calls.append(arguments)
        if arguments[:2] == ("get", "crd"):
            return (
                "customresourcedefinition/kafkas.kafka.strimzi.io\n" if "strimzi-system" in namespaces else ""
            )
        if arguments[:2] == ("get", "namespace") and arguments[2] in namespaces:
            return json.dumps({"metadata": {"labels": namespaces[arguments[2]]}})
        return ""

    monkeypatch.setattr(Cluster, "kubectl", kubectl)
    monkeypatch.delenv(CLUSTER_NAMESPACE, raising=False)
    return calls


def given(path: Path, *, ours: bool = False) -> Cluster:
    return Cluster(ClusterFolder(path, "127.0.0.1"), None if ours else path / "kubeconfig")


class TestNamespace:
    def test_of_somebody_else_is_left_alone(
        self, tmp_path: Path, calls: Calls, namespaces: dict[str, dict[str, str]]
    ) -> None:
        namespaces["staging"] = {"environment": "staging"}
        with pytest.raises(CommandError, match="staging is not of these tests"):
            claim_namespace(given(tmp_path), "staging")
        assert [call[0] for call in calls] == ["get"]

    def test_of_an_earlier_run_is_taken_again(
        self, tmp_path: Path, calls: Calls, namespaces: dict[str, dict[str, str]]
    ) -> None:
        namespaces["staging"] = {OURS: "true"}
        claim_namespace(given(tmp_path), "staging")
        assert "create" not in [call[0] for call in calls]

    def test_that_is_missing_is_made_and_marked(self, tmp_path: Path, calls: Calls) -> None:
        claim_namespace(given(tmp_path), "staging")
        assert [call[0] for call in calls] == ["get", "create", "label"]

    def test_on_the_node_that_is_ours_may_be_any(
        self, tmp_path: Path, calls: Calls, namespaces: dict[str, dict[str, str]]
    ) -> None:
        namespaces["todo"] = {}
        claim_namespace(given(tmp_path, ours=True), "todo")
        assert calls

    @pytest.mark.parametrize(("ours", "expected"), [(True, "todo"), (False, "cluster-test")])
    def test_is_chosen(
        self, tmp_path: Path, calls: Calls, monkeypatch: pytest.MonkeyPatch, *, ours: bool, expected: str
    ) -> None:
        assert choose_namespace(given(tmp_path, ours=ours)) == expected
        monkeypatch.setenv(CLUSTER_NAMESPACE, "mine")
        assert choose_namespace(given(tmp_path, ours=ours)) == "mine"


def test_values_are_those_for_the_operators_there_are(
    tmp_path: Path, calls: Calls, namespaces: dict[str, dict[str, str]]
) -> None:
    assert choose_values(given(tmp_path)) == CLUSTER_TEST
    namespaces["strimzi-system"] = {}
    assert choose_values(given(tmp_path)) == KIND
