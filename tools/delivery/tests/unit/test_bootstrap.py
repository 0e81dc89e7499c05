"""The bootstrap: its steps, in order, each repeatable; with fakes of Terraform and doctl."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from delivery import bootstrap
from delivery.bootstrap import Bootstrap
from delivery.environments import CHARTS, load_environment
from devstack.errors import CommandError
from tools.delivery.tests.unit.recorded import INFRASTRUCTURE, FakeAccess, Recorder, pairs, revisions
from tools.install_monitoring import REQUIRED

OUTPUTS = {
    "cluster_id": "c-1",
    "gateway_address": "192.0.2.7",
    "data_values": {"postgres": {"enabled": False}},
    "todo_values": {"host": "todo.example.org"},
    "secrets": {"postgres-task": {"username": "task", "password": "p"}},
    "bucket_keys": {"logs": {"access_key": "a", "secret_key": "s"}},
}
PROGRAM = f"""#!{sys.executable}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
here.joinpath("calls").open("a").write(json.dumps(sys.argv) + "\\n")
if "output" in sys.argv:
    print(here.joinpath("outputs.json").read_text())
"""


@pytest.fixture
def recorded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What terraform and doctl are asked, a line each; `outputs.json` beside it is what Terraform knows."""
    for name in ("terraform", "doctl"):
        (tmp_path / name).write_text(PROGRAM)
        (tmp_path / name).chmod(0o755)
    outputs = {name: {"value": value} for name, value in OUTPUTS.items()}
    (tmp_path / "outputs.json").write_text(json.dumps(outputs))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path / "calls"


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(revisions(("deployed", "Install complete")))


@pytest.fixture
def production(recorder: Recorder) -> Bootstrap:
    access = FakeAccess("production", recorder=recorder)
    return Bootstrap(load_environment("production"), access, tag="abc")


def lines(recorded: Path) -> list[list[str]]:
    return [json.loads(line)[1:] for line in recorded.read_text().splitlines()]


class TestSteps:
    def test_are_done_in_order_and_told(
        self, production: Bootstrap, recorder: Recorder, capsys: pytest.CaptureFixture[str]
    ) -> None:
        production.run(["services", "data"])
        assert [command[2] for command in recorder.commands if command[0] == "upgrade"] == ["data", "todo"]
        output = capsys.readouterr().out
        assert "1/2 data:" in output
        assert "2/2 services:" in output

    def test_that_fail_are_named(self, production: Bootstrap, recorder: Recorder) -> None:
        recorder.refuses = "upgrade"
        with pytest.raises(CommandError, match="Step data failed"):
            production.run(["data", "services"])
        assert not [
            command for command in recorder.commands if command[:3] == ("upgrade", "--install", "todo")
        ]

    def test_that_are_unknown_are_refused(self, production: Bootstrap) -> None:
        with pytest.raises(CommandError, match="there are terraform, access, platform"):
            production.run(["everything"])


class TestTerraform:
    def test_uses_the_state_and_the_variables_of_the_environment(
        self, production: Bootstrap, recorded: Path
    ) -> None:
        assert production.terraform() == "cluster c-1"
        init, _, apply = lines(recorded)[:3]
        assert "-backend-config=environments/production.s3.tfbackend" in init
        assert "-var-file=environments/production.tfvars" in apply
        assert "-auto-approve" not in apply

    def test_keeps_the_address_the_record_has(self, production: Bootstrap, recorded: Path) -> None:
        production.terraform()
        assert "-var=gateway_address=192.0.2.7" in lines(recorded)[2]


class TestValues:
    def test_are_kept_in_the_cluster_without_a_secret(
        self, production: Bootstrap, recorder: Recorder, recorded: Path
    ) -> None:
        assert production.values() == "the ConfigMap infrastructure-values of the namespace production"
        written = json.loads(recorder.given_to("kubectl", "apply"))
        assert written["kind"] == "ConfigMap"
        assert {chart: yaml.safe_load(text) for chart, text in written["data"].items()} == {
            "data": OUTPUTS["data_values"],
            "todo": OUTPUTS["todo_values"],
        }

    def test_reach_the_data_after_the_examples_of_its_file(
        self, production: Bootstrap, recorder: Recorder
    ) -> None:
        production.data()
        command = recorder.the("upgrade")
        assert pairs(command, "--values") == [str(CHARTS / "data" / "values-production.yaml"), "-"]
        assert yaml.safe_load(recorder.given_to("upgrade")) == INFRASTRUCTURE["data"]


class TestAccess:
    def test_saves_a_kubeconfig_without_showing_it(
        self, production: Bootstrap, recorded: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        production.credentials()
        assert lines(recorded)[-1] == ["kubernetes", "cluster", "kubeconfig", "save", "c-1"]
        assert capsys.readouterr().out == ""


class TestSecrets:
    def test_of_managed_databases_come_from_terraform(
        self, production: Bootstrap, recorded: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        called: list[str] = []
        monkeypatch.setattr(bootstrap.Bootstrap, "_module", lambda _, name, *more: called.append(name))
        assert production.secrets().startswith("2 that Terraform knows")
        assert called == ["tools.make_secrets"]
        [secret] = recorder.applied["--namespace=production"]
        assert secret["metadata"]["name"] == "postgres-task"

    def test_of_loki_is_the_key_of_its_bucket_in_the_namespace_of_the_monitoring(
        self, production: Bootstrap, recorded: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bootstrap.Bootstrap, "_module", lambda *_: None)
        production.secrets()
        namespace, secret = recorder.applied["--namespace=monitoring"]
        assert (namespace["kind"], namespace["metadata"]["name"]) == ("Namespace", "monitoring")
        assert secret["metadata"]["name"] == "loki-s3"
        assert set(secret["stringData"]) == REQUIRED["loki-s3"].keys
        assert secret["stringData"] == {"S3_KEY": "a", "S3_SECRET": "s"}


class TestMonitoring:
    def test_is_that_of_the_environment(self, production: Bootstrap, monkeypatch: pytest.MonkeyPatch) -> None:
        called: list[tuple[str, ...]] = []
        monkeypatch.setattr(bootstrap.Bootstrap, "_module", lambda _, *words: called.append(words))
        production.run(["monitoring"])
        assert called == [("tools.install_monitoring", "production")]

    def test_is_there_before_what_it_watches_and_after_its_secrets(self, production: Bootstrap) -> None:
        steps = list(production.steps)
        assert steps.index("secrets") < steps.index("monitoring") < steps.index("services")
        assert steps.index("data") < steps.index("monitoring")


class TestAddress:
    def test_is_put_into_the_record(
        self, production: Bootstrap, recorded: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        kubectl = Recorder.kubectl

        def respond(recorder: Recorder, *arguments: str, stdin: str | None = None) -> str:
            return "198.51.100.9" if "gateway" in arguments else kubectl(recorder, *arguments, stdin=stdin)

        monkeypatch.setattr(Recorder, "kubectl", respond)
        assert production.address() == "todo.example.org is 198.51.100.9"
        assert "-var=gateway_address=198.51.100.9" in next(
            each for each in lines(recorded) if "apply" in each
        )
