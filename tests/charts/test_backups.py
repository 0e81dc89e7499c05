"""Every database is backed up, what is kept can be read by few, and whether it can be restored is tried."""

from typing import Any

import pyrage
import pytest
from backup.encryption import parse_recipients
from backup.settings import KafkaSettings, Settings, StoreSettings

from contracts.names import App
from tests.charts.network import Network, Place
from tests.charts.rendering import Pod, objects, of_kind, pods
from tests.charts.test_data import POSTGRES, pod
from tests.charts.test_policies import containers
from tests.terraform.configuration import blocks

PLACES = ["staging", "production"]
WITH_DATABASE = sorted(set(App) - {App.FRONTEND})
PARTS = ("backup", "restore-test", "restore")
HAVE_THE_KEY = {"restore-test", "restore"}
HAVE_A_LOGIN = {"backup", "restore"}
STORE = Place({"app.kubernetes.io/name": "object-store"})
BROKER = Place({"strimzi.io/name": "todo-kafka"})
RECIPIENT = str(pyrage.x25519.Identity.generate().to_public())


def jobs(place: str) -> dict[str, Pod]:
    """Pods of what runs by the clock, by name."""
    return {
        each.owner["metadata"]["name"]: each
        for each in pods(objects("todo", place))
        if each.owner["kind"] == "CronJob"
    }


def container(job: Pod) -> dict[str, Any]:
    """The one that runs `backup`; a restore goes on to migrate."""
    [found] = [each for each in containers(job) if each["name"] == "backup"]
    return found


def secrets(job: Pod) -> set[str]:
    """Secrets a pod gets, as variables or as files."""
    variables = [variable for each in containers(job) for variable in each["env"]]
    references = [each.get("valueFrom", {}).get("secretKeyRef", {}) for each in variables]
    files = [each.get("secret", {}) for each in job.spec["volumes"]]
    return {each["name"] for each in references if each} | {each["secretName"] for each in files if each}


@pytest.mark.parametrize("place", [*PLACES, "cluster-test"])
class TestJobs:
    def test_are_there_for_every_database(self, place: str) -> None:
        assert set(jobs(place)) == {f"{part}-{name}" for part in PARTS for name in WITH_DATABASE}

    def test_get_what_the_program_asks_for(self, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
        for name, job in jobs(place).items():
            with monkeypatch.context() as environment:
                for each in container(job)["env"]:
                    environment.setenv(each["name"], each.get("value", RECIPIENT))
                settings, store, kafka = Settings(), StoreSettings(), KafkaSettings()
            part, _, database = name.rpartition("-")
            assert job.labels["app.kubernetes.io/component"] == part
            assert (settings.identity_file is not None) == (part in HAVE_THE_KEY), name
            assert bool(settings.recipients) == (part == "backup"), name
            assert store.bucket
            variables = {each["name"]: each.get("value") for each in container(job)["env"]}
            assert variables["PGDATABASE"] == database
            assert ("PGHOST" in variables) == (part in HAVE_A_LOGIN), name
            assert kafka.sasl_username == (database if part == "restore" else ""), name
            if part == "backup":
                assert parse_recipients(settings.recipients)

    def test_hold_the_secrets_of_their_part_alone(self, place: str) -> None:
        """Who makes backups can't read old ones; who tries them can't reach a database."""
        own = {part: set[str]() for part in PARTS}
        own |= {part: {"postgres-ca"} for part in HAVE_A_LOGIN}
        if place in PLACES:
            own["restore"] = {"postgres-ca", "todo-cluster-ca-cert"}
        for name, job in jobs(place).items():
            part, _, database = name.rpartition("-")
            expected = {"backup-store"}
            expected |= {"backup-identity"} if part in HAVE_THE_KEY else {"backup-recipients"}
            expected |= {f"postgres-{database}"} if part in HAVE_A_LOGIN else set()
            expected |= {f"kafka-{database}"} if part == "restore" else set()
            expected |= own[part]
            assert secrets(job) == expected, name

    def test_run_as_often_as_the_alerts_expect(self, place: str) -> None:
        """BackupStale waits for 26 hours, RestoreTestStale for eight days."""
        for name, each in of_kind(objects("todo", place), "CronJob").items():
            minute, hour, day, month, weekday = each["spec"]["schedule"].split()
            assert each["spec"]["suspend"] is (not name.startswith(("backup-", "restore-test-")))
            if not each["spec"]["suspend"]:
                assert (minute.isdigit(), hour.isdigit(), day, month) == (True, True, "*", "*")
                assert weekday == ("*" if name.startswith("backup-") else "0")
            assert each["spec"]["timeZone"] == "Etc/UTC"
            assert each["spec"]["concurrencyPolicy"] == "Forbid"

    def test_reach_the_store_and_as_little_else_as_can_be(self, place: str) -> None:
        network = Network.of(objects("todo", "cluster-test"))
        for name in WITH_DATABASE:
            for part in PARTS:
                place_of_job = pod(name, part)
                assert network.allows("egress", place_of_job, STORE, 7070)
                database = Place({"cnpg.io/cluster": "postgres"})
                assert network.allows("egress", place_of_job, database, 5432) == (part in HAVE_A_LOGIN)
                broker = Place({"app.kubernetes.io/name": "kafka"})
                assert network.allows("egress", place_of_job, broker, 9092) == (part == "restore")
                assert not network.allows("egress", place_of_job, pod("task"), 50002)
                assert not network.allows("ingress", place_of_job, pod("task"), 8000)
            assert not network.allows("egress", pod(name), STORE, 7070)


@pytest.mark.parametrize("place", PLACES)
class TestRestore:
    def test_ends_with_the_schema_of_the_release(self, place: str) -> None:
        for name, job in jobs(place).items():
            part, _, database = name.rpartition("-")
            first, *then = [each["name"] for each in job.spec.get("initContainers", [])] + [
                each["name"] for each in job.spec["containers"]
            ]
            assert (first, then) == ("backup", ["migrate"] if part == "restore" else [])
            commands = [each["command"] for each in job.spec["containers"]]
            assert (["migrate", database] in commands) == (part == "restore")


@pytest.mark.parametrize("place", PLACES)
class TestStore:
    def test_is_the_bucket_terraform_makes(self, place: str) -> None:
        [name] = [block["name"] for block in blocks("locals") if "name" in block]
        assert name == "${var.project}-${var.environment}"
        for job in jobs(place).values():
            [bucket] = [each for each in container(job)["env"] if each["name"] == "BACKUP_STORE_BUCKET"]
            assert bucket["value"] == f"todo-{place}-backups"

    def test_is_outside_and_no_private_address_is(self, place: str) -> None:
        for name in jobs(place):
            rules = of_kind(objects("todo", place), "NetworkPolicy")[name]["spec"]["egress"]
            [block] = [peer["ipBlock"] for rule in rules for peer in rule["to"] if "ipBlock" in peer]
            assert "10.0.0.0/8" in block["except"]

    def test_is_not_left_open_by_the_database(self, place: str) -> None:
        network = Network.of([*objects("data", place), *objects("todo", place)])
        for name in WITH_DATABASE:
            assert network.lets_through(pod(name, "backup"), POSTGRES, 5432)
            assert not network.lets_through(pod(name, "restore-test"), POSTGRES, 5432)

    def test_that_is_brought_back_reaches_kafka(self, place: str) -> None:
        """To set back what its service has heard."""
        network = Network.of([*objects("data", place), *objects("todo", place)])
        for name in WITH_DATABASE:
            reaching = [part for part in PARTS if network.allows("egress", pod(name, part), BROKER, 9093)]
            assert reaching == ["restore"]


def test_can_be_switched_off() -> None:
    assert not of_kind(objects("todo", "production", "global.backup.enabled=false"), "CronJob")


def test_runs_the_image_of_the_release_or_one_by_digest() -> None:
    assert {container(job)["image"] for job in jobs("production").values()} == {
        "registry.digitalocean.com/todo/backup:1.2.3"
    }
    digest = f"sha256:{'ab' * 32}"
    found = list(pods(objects("todo", "production", f"global.backup.image.digest={digest}")))
    images = {container(job)["image"] for job in found if job.owner["kind"] == "CronJob"}
    assert images == {f"registry.digitalocean.com/todo/backup@{digest}"}
