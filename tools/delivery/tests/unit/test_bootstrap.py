"""The bootstrap: its steps, in order, each repeatable; with fakes of Terraform and doctl."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from delivery import bootstrap, terraform
from delivery.bootstrap import Bootstrap
from delivery.environments import load_environment
from devstack.errors import CommandError
from tools.delivery.tests.unit.recorded import FakeAccess, Recorder, revisions

OUTPUTS = {
    "cluster_id": "c-1",
    "gateway_address": "192.0.2.7",
    "data_values": {"postgres": {"enabled": False}},
    "todo_values": {"host": "todo.example.org"},
    "secrets": {"postgres-task": {"username": "task", "password": "p"}},
}
PROGRAM = f"""#!{sys.executable}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
here.joinpath("asked").open("a").write(json.dumps(sys.argv) + "\\n")
if "output" in sys.argv:
    print(here.joinpath("outputs.json").read_text())
"""


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What terraform and doctl are asked, a line each; `outputs.json` beside it is what Terraform knows."""
    for name in ("terraform", "doctl"):
        (tmp_path / name).write_text(PROGRAM)
        (tmp_path / name).chmod(0o755)
    outputs = {name: {"value": value} for name, value in OUTPUTS.items()}
    (tmp_path / "outputs.json").write_text(json.dumps(outputs))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr(terraform, "VALUES", tmp_path / "values")
    return tmp_path / "asked"


@pytest.fixture
def recorder() -> Recorder:
    return Recorder(revisions(("deployed", "Install complete")))


@pytest.fixture
def production(recorder: Recorder) -> Bootstrap:
    access = FakeAccess("production", recorder=recorder)
    return Bootstrap(load_environment("production"), access, tag="abc")


def lines(asked: Path) -> list[list[str]]:
    return [json.loads(line)[1:] for line in asked.read_text().splitlines()]


class TestSteps:
    def test_are_done_in_order_and_told(
        self, production: Bootstrap, recorder: Recorder, capsys: pytest.CaptureFixture[str]
    ) -> None:
        production.run(["services", "data"])
        assert [command[2] for command in recorder.asked if command[0] == "upgrade"] == ["data", "todo"]
        told = capsys.readouterr().out
        assert "1/2 data:" in told
        assert "2/2 services:" in told

    def test_that_fail_are_named(self, production: Bootstrap, recorder: Recorder) -> None:
        recorder.refuses = "upgrade"
        with pytest.raises(CommandError, match="Step data failed"):
            production.run(["data", "services"])
        assert not [command for command in recorder.asked if command[:3] == ("upgrade", "--install", "todo")]

    def test_that_are_unknown_are_refused(self, production: Bootstrap) -> None:
        with pytest.raises(CommandError, match="there are terraform, access, platform"):
            production.run(["everything"])


class TestTerraform:
    def test_uses_the_state_and_the_variables_of_the_environment(
        self, production: Bootstrap, asked: Path
    ) -> None:
        assert production.terraform() == "cluster c-1"
        init, _, apply = lines(asked)[:3]
        assert "-backend-config=environments/production.s3.tfbackend" in init
        assert "-var-file=environments/production.tfvars" in apply
        assert "-auto-approve" not in apply

    def test_keeps_the_address_the_record_has(self, production: Bootstrap, asked: Path) -> None:
        production.terraform()
        assert "-var=gateway_address=192.0.2.7" in lines(asked)[2]

    def test_writes_what_the_charts_are_to_know_and_no_secret(
        self, production: Bootstrap, asked: Path, tmp_path: Path
    ) -> None:
        production.terraform()
        written = {path.name: yaml.safe_load(path.read_text()) for path in (tmp_path / "values").iterdir()}
        assert written == {
            "data-production.yaml": OUTPUTS["data_values"],
            "todo-production.yaml": OUTPUTS["todo_values"],
        }


class TestAccess:
    def test_saves_a_kubeconfig_without_showing_it(
        self, production: Bootstrap, asked: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        production.credentials()
        assert lines(asked)[-1] == ["kubernetes", "cluster", "kubeconfig", "save", "c-1"]
        assert capsys.readouterr().out == ""


class TestSecrets:
    def test_of_managed_databases_come_from_terraform(
        self, production: Bootstrap, asked: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        called: list[str] = []
        monkeypatch.setattr(bootstrap.Bootstrap, "_module", lambda _, name, *more: called.append(name))
        assert production.secrets().startswith("1 that Terraform knows")
        assert called == ["tools.make_secrets"]


class TestAddress:
    def test_is_put_into_the_record(
        self, production: Bootstrap, asked: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Recorder, "kubectl", lambda *_, **__: "198.51.100.9")
        assert production.address() == f"{load_environment('production').host} is 198.51.100.9"
        assert "-var=gateway_address=198.51.100.9" in lines(asked)[-1]
