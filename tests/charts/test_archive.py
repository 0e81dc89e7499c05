"""PostgreSQL is archived to another region, and can be made from an archive or follow one."""

import pytest

from tests.charts.network import Network, Place
from tests.charts.rendering import Object, RenderError, manifests, objects, of_kind
from tests.charts.test_data import POSTGRES
from tests.charts.test_manifests import conforms
from tests.terraform.configuration import TERRAFORM, blocks, environment, variables

PLACES = ["staging", "production"]
RPO_SECONDS = 300
"""The goal of docs/RUNBOOK.md."""
STORE = Place({"app.kubernetes.io/name": "object-store"})
RECOVERED = ("postgres.recovery.server=postgres", "postgres.archive.server=postgres-2")
TIME = "2026-01-31T09:30:00Z"


def cluster(place: str, *settings: str) -> Object:
    return of_kind(objects("data", place, *settings), "Cluster")["postgres"]


@pytest.mark.parametrize("place", PLACES)
class TestArchive:
    def test_is_written_by_postgres(self, place: str) -> None:
        found = objects("data", place)
        [plugin] = cluster(place)["spec"]["plugins"]
        assert plugin["isWALArchiver"] is True
        assert plugin["parameters"]["barmanObjectName"] in of_kind(found, "ObjectStore")
        [backup] = of_kind(found, "ScheduledBackup").values()
        assert backup["spec"]["pluginConfiguration"] == {"name": plugin["name"]}
        assert backup["spec"]["cluster"] == {"name": "postgres"}
        assert backup["spec"]["immediate"] is True

    def test_is_behind_by_less_than_the_goal(self, place: str) -> None:
        """A segment that doesn't fill up goes as well, with time left to try again to send it."""
        timeout = int(cluster(place)["spec"]["postgresql"]["parameters"]["archive_timeout"])
        assert 0 < timeout <= RPO_SECONDS / 2

    def test_is_in_the_bucket_terraform_makes(self, place: str) -> None:
        store = of_kind(objects("data", place), "ObjectStore")["postgres"]["spec"]["configuration"]
        assert store["destinationPath"] == f"s3://todo-{place}-archive/postgres"
        region = environment(place).get("backups_region") or variables()["spaces_region"]["default"]
        assert store["endpointURL"] == f"https://{region}.digitaloceanspaces.com"
        assert "archive" in variables()["retention_days"]["default"]

    def test_is_opened_by_the_secret_terraform_makes(self, place: str) -> None:
        store = of_kind(objects("data", place), "ObjectStore")["postgres"]["spec"]["configuration"]
        keys = store["s3Credentials"]
        assert {each["name"] for each in keys.values()} == {"archive-store"}
        assert {each["key"] for each in keys.values()} == {"access_key", "secret_key"}
        assert 'archive-store = "archive"' in (TERRAFORM / "outputs.tf").read_text()

    def test_is_kept_by_the_bucket_for_longer_than_by_barman(self, place: str) -> None:
        """Else logs would be left whose base backup is gone."""
        retention = of_kind(objects("data", place), "ObjectStore")["postgres"]["spec"]["retentionPolicy"]
        assert retention.endswith("d")
        assert 2 * int(retention[:-1]) < variables()["retention_days"]["default"]["archive"]

    def test_is_outside_and_no_private_address_is(self, place: str) -> None:
        network = Network.of(objects("data", place))
        assert not network.allows("egress", POSTGRES, STORE, 443)
        rules = of_kind(objects("data", place), "NetworkPolicy")["postgres"]["spec"]["egress"]
        [rule] = [each for each in rules if any("ipBlock" in peer for peer in each["to"])]
        assert "10.0.0.0/8" in rule["to"][0]["ipBlock"]["except"]
        assert [port["port"] for port in rule["ports"]] == [443]


class TestWithoutBucket:
    def test_nothing_is_archived(self) -> None:
        found = objects("data", "production", "postgres.archive.bucket=")
        assert not of_kind(found, "ObjectStore")
        assert not of_kind(found, "ScheduledBackup")
        spec = of_kind(found, "Cluster")["postgres"]["spec"]
        assert "plugins" not in spec
        assert "archive_timeout" not in spec["postgresql"]["parameters"]

    def test_nothing_can_be_recovered(self) -> None:
        with pytest.raises(RenderError, match="needs the bucket of an archive"):
            objects("data", "production", "postgres.archive.bucket=", *RECOVERED)


class TestRecovery:
    @pytest.mark.parametrize(
        ("settings", "target"),
        [
            ((), None),
            ((f"postgres.recovery.time={TIME}",), {"targetTime": TIME}),
            (("postgres.recovery.lsn=0/5000028",), {"targetLSN": "0/5000028", "exclusive": True}),
        ],
    )
    def test_goes_as_far_as_it_is_told(self, settings: tuple[str, ...], target: object) -> None:
        text = manifests("data", "production", (*RECOVERED, *settings))
        assert conforms(text) == ""
        spec = cluster("production", *RECOVERED, *settings)["spec"]
        assert spec["bootstrap"]["recovery"].get("recoveryTarget") == target
        [source] = spec["externalClusters"]
        assert source["name"] == spec["bootstrap"]["recovery"]["source"]
        assert source["plugin"]["parameters"]["serverName"] == "postgres"

    def test_begins_an_archive_of_its_own_with_a_base_backup(self) -> None:
        found = objects("data", "production", *RECOVERED)
        [plugin] = of_kind(found, "Cluster")["postgres"]["spec"]["plugins"]
        assert plugin["parameters"]["serverName"] == "postgres-2"
        before = of_kind(objects("data", "production"), "ScheduledBackup").keys()
        assert not before & of_kind(found, "ScheduledBackup").keys()

    def test_never_overwrites_the_archive_it_is_from(self) -> None:
        with pytest.raises(RenderError, match="has to differ"):
            objects("data", "production", "postgres.recovery.server=postgres")

    def test_of_a_drill_writes_nothing(self) -> None:
        drill = ("postgres.recovery.server=postgres", "postgres.archive.active=false")
        found = objects("data", "production", *drill)
        assert "plugins" not in of_kind(found, "Cluster")["postgres"]["spec"]
        assert not of_kind(found, "ScheduledBackup")
        assert "retentionPolicy" not in of_kind(found, "ObjectStore")["postgres"]["spec"]

    @pytest.mark.parametrize(("instances", "waits"), [(1, False), (2, True)])
    def test_waits_for_a_standby_where_there_is_one(self, instances: int, waits: bool) -> None:
        """CloudNativePG refuses a single instance that waits for another."""
        found = cluster("production", *RECOVERED, f"postgres.instances={instances}")
        assert ("synchronous" in found["spec"]["postgresql"]) == waits


class TestReplica:
    """A replica cluster follows the archive of another one for good."""

    SETTINGS = (*RECOVERED, "postgres.recovery.replica=true")

    def test_is_what_the_api_takes(self) -> None:
        assert conforms(manifests("data", "production", self.SETTINGS)) == ""
        spec = cluster("production", *self.SETTINGS)["spec"]
        assert spec["replica"] == {"enabled": True, "source": "archive"}

    def test_makes_no_database_before_it_takes_writes(self) -> None:
        assert not of_kind(objects("data", "production", *self.SETTINGS), "Database")
        assert of_kind(objects("data", "production", *RECOVERED), "Database")

    def test_needs_somebody_to_follow(self) -> None:
        with pytest.raises(RenderError, match="needs the server it follows"):
            objects("data", "production", "postgres.recovery.replica=true")


def test_regions_of_state_and_archive_are_not_those_of_clusters() -> None:
    """Who has lost a region needs both."""
    state = variables(TERRAFORM / "state")["region"]["default"]
    for place in PLACES:
        assert environment(place)["region"] != state
        settings = (TERRAFORM / "environments" / f"{place}.s3.tfbackend").read_text()
        assert f"https://{state}.digitaloceanspaces.com" in settings
    assert environment("production")["backups_region"] != environment("production")["region"]
    assert any("archive" in str(block.get("bucket_regions", "")) for block in blocks("locals"))
