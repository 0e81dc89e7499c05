"""Secrets that were saved bring a namespace back to what it had, on the API server itself."""

from collections.abc import Iterator

import pytest
import yaml

from cluster.cluster import Cluster
from tests.cluster.delivery.environment import Deployed

KEYS = {"session", "token-signing", "notification", "dapr-api", "postgres-task"}
RELEASE = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "sh.helm.release.v1.other.v1"},
    "type": "helm.sh/release.v1",
    "stringData": {"release": "of Helm"},
}


@pytest.fixture(scope="module")
def environment(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """A namespace with nothing in it but Secrets."""
    made = Deployed("staging", cluster, tmp_path_factory.mktemp("secrets"))
    made.make_namespace()
    made.delivery("deploy", "--steps=secrets", "--ephemeral")
    made.system.kubectl("create", "--filename", "-", stdin=yaml.safe_dump(RELEASE))
    yield made
    cluster.kubectl("delete", "namespace", made.name, "--wait=false")


def contents(environment: Deployed) -> dict[str, tuple[str, dict[str, str], dict[str, str]]]:
    """Type, labels and data of every Secret."""
    return {
        each["metadata"]["name"]: (each["type"], each["metadata"].get("labels", {}), each["data"])
        for each in environment.system.get("secrets")["items"]
    }


def test_are_what_they_were(environment: Deployed) -> None:
    """After all were lost, and `make secrets` has made others under the same names."""
    before = contents(environment)
    assert set(before) >= KEYS
    saved = environment.folder / "secrets.json"
    saved.write_text(environment.delivery("save-secrets"))
    assert RELEASE["metadata"] not in [
        each["metadata"] for each in yaml.safe_load(saved.read_text())["items"]
    ]
    lost = [name for name in before if name != "sh.helm.release.v1.other.v1"]
    environment.system.kubectl("delete", "secrets", *lost)
    environment.delivery("deploy", "--steps=secrets", "--ephemeral")
    later = '{"data": {"previous": "bGF0ZXI="}}'
    environment.system.kubectl("patch", "secret", "session", "--type=merge", f"--patch={later}")
    assert contents(environment)["session"] != before["session"]
    output = environment.delivery("restore-secrets", f"--file={saved}")
    assert f"{len(lost)} Secrets" in output
    assert contents(environment) == before


@pytest.mark.parametrize(
    "text",
    [
        "nothing",
        '{"items": []}',
        '{"items": [{"kind": "Secret", "metadata": {"name": "session"}, "kinds": "x"}]}',
    ],
    ids=["no file", "an empty one", "a damaged one"],
)
def test_are_not_lost_to_a_file_that_is_wrong(environment: Deployed, text: str) -> None:
    before = contents(environment)
    file = environment.folder / "wrong.json"
    file.write_text(text)
    environment.delivery("restore-secrets", f"--file={file}", succeeds=False)
    assert contents(environment) == before
