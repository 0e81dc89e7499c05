"""What differs between environments: each says it, alike, and as Terraform and charts/todo do."""

from typing import Any

import pytest
import yaml

from delivery.environments import list_environments
from devstack.helmfile import MONITORING_HELMFILE, read_helmfile, read_releases
from devstack.paths import ROOT
from tests.terraform.configuration import environment as tfvars
from tests.terraform.configuration import variables

ENVIRONMENTS = list_environments()
KIND = "kind"
"""The cluster of nightly.yml, which no release of ours goes to."""
FOLDERS = ROOT / "monitoring" / "environments"


def values(environment: str, release: str) -> dict[str, Any]:
    [found] = [
        each.values for each in read_releases(MONITORING_HELMFILE, environment) if each.name == release
    ]
    return found


def test_are_those_there_are() -> None:
    assert list(read_helmfile(MONITORING_HELMFILE, "staging")["environments"]) == [*ENVIRONMENTS, KIND]
    assert {path.name for path in FOLDERS.iterdir()} == {*ENVIRONMENTS, KIND}


def test_say_the_same_things() -> None:
    shapes = [
        {path.name: _shape(yaml.safe_load(path.read_text())) for path in (FOLDERS / each).iterdir()}
        for each in ENVIRONMENTS
    ]
    assert all(shape == shapes[0] for shape in shapes)


def _shape(content: Any) -> Any:
    return (
        {key: _shape(value) for key, value in content.items()} if isinstance(content, dict) else type(content)
    )


@pytest.mark.parametrize("environment", ENVIRONMENTS)
class TestEnvironment:
    def test_is_on_every_alert(self, environment: str) -> None:
        labels = values(environment, "prometheus")["prometheus"]["prometheusSpec"]["externalLabels"]
        assert labels == {"environment": environment, "cluster": name_of(environment)}

    def test_keeps_logs_where_terraform_says(self, environment: str) -> None:
        """terraform/spaces.tf: a bucket for each purpose, named after project and environment."""
        assert "logs" in variables()["retention_days"]["default"]
        loki = values(environment, "loki")["loki"]
        bucket, region = f"{name_of(environment)}-logs", spaces_region(environment)
        store = loki["structuredConfig"]["common"]["storage"]["s3"]
        assert store["bucketnames"] == bucket
        assert store["endpoint"] == f"{region}.digitaloceanspaces.com"
        assert store["region"] == region
        assert loki["storage"]["bucketNames"] == {"chunks": bucket, "ruler": bucket}

    def test_keeps_backups_where_terraform_says(self, environment: str) -> None:
        values_of_charts = yaml.safe_load(
            (ROOT / "charts" / "todo" / f"values-{environment}.yaml").read_text()
        )
        assert values_of_charts["global"]["backup"]["store"]["bucket"] == f"{name_of(environment)}-backups"

    def test_has_a_dead_mans_switch_of_its_own(self, environment: str) -> None:
        others = [
            values(each, "observability")["deadMansSwitch"] for each in ENVIRONMENTS if each != environment
        ]
        assert values(environment, "observability")["deadMansSwitch"] not in others

    def test_is_asked_for_where_people_find_it(self, environment: str) -> None:
        own = yaml.safe_load((ROOT / "charts" / "todo" / f"values-{environment}.yaml").read_text())
        assert values(environment, "observability")["publicAddress"] == f"https://{own['host']}"

    def test_sends_every_trace_to_the_collector(self, environment: str) -> None:
        """Which decides: what the first hop leaves out could be what failed."""
        shared = yaml.safe_load((ROOT / "charts" / "todo" / "values.yaml").read_text())["global"][
            "monitoring"
        ]
        own = yaml.safe_load((ROOT / "charts" / "todo" / f"values-{environment}.yaml").read_text())["global"]
        assert (shared | own["monitoring"])["traceSampleRatio"] == 1
        assert own["monitoring"]["otlpEndpoint"] == "http://collector.monitoring:4318"


def test_the_cluster_that_is_made_every_night_needs_no_bucket() -> None:
    """All of Loki's settings for S3 are replaced, so nothing waits for a key that leads nowhere."""
    found = values(KIND, "loki")
    assert found["loki"]["structuredConfig"]["common"]["storage"]["s3"] is None
    stores = {each["object_store"] for each in found["loki"]["structuredConfig"]["schema_config"]["configs"]}
    assert stores == {found["loki"]["storage"]["type"]} == {"filesystem"}
    assert found["singleBinary"]["extraEnvFrom"] == []


def name_of(environment: str) -> str:
    """`local.name` of Terraform."""
    return f"{tfvars(environment).get('project', variables()['project']['default'])}-{environment}"


def spaces_region(environment: str) -> str:
    return str(tfvars(environment).get("spaces_region", variables()["spaces_region"]["default"]))
