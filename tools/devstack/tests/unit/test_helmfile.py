"""The part of helmfile's format that is read here."""

from pathlib import Path

import pytest

from devstack.errors import CommandError
from devstack.helmfile import MONITORING_HELMFILE, merge_values, read_helmfile, read_releases
from devstack.paths import ROOT

LISTED = """
environments: {{staging: {{}}}}
---
repositories: []
releases:
  - {{name: one, namespace: x, chart: ../charts/observability, version: 0.1.0, values: ["{values}"]}}
"""


@pytest.fixture
def helmfile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of values for staging; the helmfile beside it is still to be written."""
    monkeypatch.setattr("devstack.helmfile.ROOT", tmp_path)
    (tmp_path / "charts" / "observability").mkdir(parents=True)
    (tmp_path / "monitoring").mkdir()
    (tmp_path / "monitoring" / "staging.yaml").write_text("source: here\n")
    return tmp_path / "monitoring" / "helmfile.yaml.gotmpl"


class TestTemplate:
    def test_puts_the_environment_into_names_of_files(self, helmfile: Path) -> None:
        helmfile.write_text(LISTED.format(values="{{ .Environment.Name }}.yaml"))
        [release] = read_releases(helmfile, "staging")
        assert release.values == {"source": "here"}

    @pytest.mark.parametrize(
        "expression", ["{{ .Values.x }}", "{{ if .Environment.Name }}", "{{- .Environment.Name }}"]
    )
    def test_of_another_expression_is_refused(self, helmfile: Path, expression: str) -> None:
        helmfile.write_text(LISTED.format(values=expression))
        with pytest.raises(CommandError, match=r"only {{ \.Environment\.Name }} is understood"):
            read_releases(helmfile, "staging")

    def test_is_none_without_the_ending(self, helmfile: Path) -> None:
        """helmfile 1 leaves a helmfile.yaml as it is."""
        plain = helmfile.with_suffix("")
        plain.write_text(LISTED.format(values="{{ .Environment.Name }}.yaml"))
        with pytest.raises(FileNotFoundError):
            read_releases(plain, "staging")


class TestEnvironments:
    @pytest.mark.parametrize("name", ["", "elsewhere"])
    def test_that_are_not_listed_are_refused(self, name: str) -> None:
        with pytest.raises(CommandError, match=f"the environment '{name}'; it lists staging, production"):
            read_releases(MONITORING_HELMFILE, name)

    def test_are_a_document_of_their_own(self) -> None:
        """helmfile 1 takes them in the same document as releases for a mistake."""
        documents = MONITORING_HELMFILE.read_text().split("\n---\n")
        assert ["environments:" in each for each in documents] == [True, False]
        assert set(read_helmfile(MONITORING_HELMFILE, "staging")) >= {"environments", "releases"}


class TestValues:
    def test_are_merged_as_helm_does(self) -> None:
        base = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
        assert merge_values(base, {"a": {"c": [3]}, "d": {}}) == {"a": {"b": 1, "c": [3]}, "d": {}}
        assert base["a"] == {"b": 1, "c": [1, 2]}

    def test_of_an_environment_come_last(self) -> None:
        releases = {each.name: each for each in read_releases(MONITORING_HELMFILE, "production")}
        spec = releases["prometheus"].values["prometheus"]["prometheusSpec"]
        assert spec["externalLabels"]["environment"] == "production"
        assert spec["replicas"] == 2

    def test_are_of_charts_there_are(self) -> None:
        ours = [
            each for each in read_releases(MONITORING_HELMFILE, "staging") if each.name == "observability"
        ]
        assert [(ROOT / each.chart / "Chart.yaml").exists() for each in ours] == [True]
