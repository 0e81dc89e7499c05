"""Every Secret that a pod needs is made by something, or asked for before anything is installed."""

import re
from typing import Any

import pytest

from delivery.environments import list_environments
from devstack.errors import CommandError
from devstack.paths import ROOT
from tests.monitoring.secrets import find_references, list_asked_for, list_needed, list_provided
from tools import install_monitoring
from tools.install_monitoring import REQUIRED

KEYS = {name: {*required.keys} for name, required in REQUIRED.items()}


@pytest.mark.parametrize("environment", list_environments())
class TestEachSecret:
    def test_is_provided(self, environment: str) -> None:
        assert list_needed(environment) - list_provided(environment) == set()

    def test_that_a_person_provides_has_its_command_in_a_document(self, environment: str) -> None:
        """Loki's comes from Terraform, by `make deploy`."""
        assert {*REQUIRED} - {"loki-s3"} <= list_asked_for()


class TestReferences:
    @pytest.mark.parametrize(
        "content",
        [
            {"env": [{"name": "X", "valueFrom": {"secretKeyRef": {"name": "found", "key": "x"}}}]},
            {"envFrom": [{"secretRef": {"name": "found"}}]},
            {"volumes": [{"name": "v", "secret": {"secretName": "found"}}]},
            {"volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "found"}}]}}]},
            {"admin": {"existingSecret": "found"}},
            {"alertmanagerSpec": {"secrets": ["found"]}},
            {"roles": [{"passwordSecret": {"name": "found"}}]},
            {"tls": {"certificateRefs": [{"kind": "Secret", "name": "found"}]}},
        ],
    )
    def test_are_found(self, content: dict[str, Any]) -> None:
        assert list(find_references(content)) == ["found"]


class TestInstalling:
    @pytest.fixture
    def steps(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """What is done, in order; nothing of it is."""
        steps: list[str] = []
        monkeypatch.setattr(install_monitoring, "ensure_tools", lambda _: None)
        monkeypatch.setattr(install_monitoring, "apply_manifest", lambda *_: steps.append("namespace"))
        monkeypatch.setattr(
            install_monitoring, "create_missing_secrets", lambda _, needed: steps.append(", ".join(needed))
        )
        monkeypatch.setattr(install_monitoring, "install_release", lambda release: steps.append(release.name))
        return steps

    def test_begins_with_secrets(self, steps: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(install_monitoring, "_read_keys", lambda: KEYS)
        install_monitoring.main(["production"])
        assert steps[:4] == ["namespace", "grafana-admin", "prometheus", "observability"]
        assert steps.index("jaeger") < steps.index("otel-collector")

    @pytest.mark.parametrize("missing", KEYS)
    def test_asks_for_a_missing_one_first(
        self, missing: str, steps: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(install_monitoring, "_read_keys", lambda: {**KEYS, missing: set()})
        with pytest.raises(SystemExit, match=rf"{missing} .*lacks .*\n\s+(kubectl|make) "):
            install_monitoring.main(["production"])
        assert steps == ["namespace"]

    def test_makes_them_up_for_a_cluster_that_notifies_nobody(
        self, steps: list[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        known: dict[str, set[str]] = {}
        monkeypatch.setattr(install_monitoring, "_read_keys", lambda: known)
        monkeypatch.setattr(
            install_monitoring,
            "create_missing_secrets",
            lambda _, needed: known.update({name: set(keys) for name, keys in needed.items()}),
        )
        install_monitoring.main(["kind", "--invent-secrets"])
        assert KEYS.items() <= known.items()
        assert "prometheus" in steps

    def test_says_how_terraforms_is_made(self) -> None:
        assert "make deploy ENV=staging STEPS=secrets" in "".join(
            install_monitoring.list_missing({}, "staging")
        )

    def test_of_no_environment_is_refused(self, steps: list[str]) -> None:
        with pytest.raises(SystemExit, match="the environment ''; it lists staging, production, kind"):
            install_monitoring.main([""])
        assert steps == []

    def test_asks_as_the_document_does(self) -> None:
        text = (ROOT / "docs" / "SETUP.md").read_text()
        for name in {*REQUIRED} - {"loki-s3"}:
            command = REQUIRED[name].command.replace("…", "...")
            assert re.search(re.escape(command), text), command


def test_an_error_of_kubectl_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: str) -> None:
        raise CommandError("the server is away")

    monkeypatch.setattr(install_monitoring, "ensure_tools", lambda _: None)
    monkeypatch.setattr(install_monitoring, "apply_manifest", refuse)
    with pytest.raises(SystemExit, match="the server is away"):
        install_monitoring.main(["staging"])
