"""PostgreSQL loses all its volumes under load, and is brought back to the minute from its archive.

The real operator and the real plugin, with a store for S3 in place of the provider's. Who writes is a ledger
in place of the services, which knows nothing but what PostgreSQL has acknowledged to it.
"""

import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import pytest
import yaml

from cluster import addons
from cluster.cluster import Cluster
from cluster.images.platform import build_barman_cloud_image, ensure_archive, format_sidecar_name
from cluster.toolbox import KUBECTL, PLUGIN_BARMAN_CLOUD
from contracts.names import App
from delivery.access import Access
from delivery.environments import load_environment
from delivery.restore_drill import RPO_SECONDS, RTO_SECONDS, find_archive, scratch_postgres
from delivery.sql_session import SqlSession, find_primary
from devstack.errors import CommandError
from devstack.toolbox.ensure import ensure_tools, find_tool
from tests.cluster.delivery.environment import Deployed
from tests.cluster.delivery.object_store import install_object_store
from tests.system.waiting import until

pytestmark = pytest.mark.timeout(3600)

NAME = "staging"
SECONDS = 300
WRITING_SECONDS = 10, 75
"""Before and after a moment one goes back to; by the end something of it is in the archive."""
PAUSE_SECONDS = 0.05
SKEW_SECONDS = 1
CLUSTER = "clusters.postgresql.cnpg.io/postgres"
STORE = "objectstores.barmancloud.cnpg.io/postgres"
TABLE = "CREATE TABLE IF NOT EXISTS public.ledger (number bigint PRIMARY KEY)"


@dataclass(slots=True)
class Ledger:
    """Numbers that were written to the database of task: when each was sent, and when acknowledged."""

    access: Access
    sent: dict[int, datetime] = field(default_factory=dict)
    acknowledged: dict[int, datetime] = field(default_factory=dict)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One number after the other, while the block runs."""
        stop = Event()
        thread = Thread(target=self._write, args=[stop])
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    def _write(self, stop: Event) -> None:
        with SqlSession(self.access, find_primary(self.access), App.TASK) as session:
            session.ask(TABLE)
            while not stop.is_set():
                number = len(self.sent)
                self.sent[number] = datetime.now(UTC)
                session.ask(f"INSERT INTO public.ledger VALUES ({number})")
                self.acknowledged[number] = datetime.now(UTC)
                time.sleep(PAUSE_SECONDS)

    def acknowledged_before(self, instant: datetime) -> set[int]:
        return {number for number, when in self.acknowledged.items() if when < instant}

    def sent_after(self, instant: datetime) -> set[int]:
        return {number for number, when in self.sent.items() if when > instant}


def read_ledger(access: Access) -> set[int]:
    """Of PostgreSQL in a namespace."""
    with SqlSession(access, find_primary(access), App.TASK) as session:
        return {int(line) for line in session.ask("SELECT number FROM public.ledger")}


def install_barman_cloud(cluster: Cluster) -> None:
    """Into the namespace of CloudNativePG's operator, which looks for plugins there; it stays."""
    ensure_tools([PLUGIN_BARMAN_CLOUD])
    if format_sidecar_name() not in cluster.images():
        raise CommandError("The image of the sidecar is missing; run `make cluster-images` first.")
    cluster.load_image(ensure_archive(build_barman_cloud_image()))
    cluster.apply(addons.render_barman_cloud())
    cluster.wait_for_rollout("cnpg-system", "deployment/barman-cloud")


def archive_values(where: Deployed, server: str, /, **recovery: str) -> Path:
    """A file of values for charts/data: PostgreSQL alone, and the store of the tests as the archive."""
    store = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": "object-store"}}}
    namespace = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": where.name}}}
    archive = {
        "bucket": "archive",
        "endpoint": f"http://object-store.{where.name}:7070",
        "region": "us-east-1",
        "server": server,
        "peers": [store | namespace],
        "ports": [7070],
        "resources": {"requests": {"cpu": "10m", "memory": "64Mi"}},
    }
    others = {"kafka": {"enabled": False}, "redis": {"enabled": False}}
    file = where.folder / f"archive-{server}.yaml"
    file.write_text(yaml.safe_dump({**others, "postgres": {"archive": archive, "recovery": recovery}}))
    return file


def deploy(where: Deployed, values: Path) -> None:
    steps = ["deploy", "--steps=secrets,data", "--ephemeral", "--wait=15m"]
    where.delivery(*steps, f"--values=data={values}")


def await_base_backup(where: Deployed, server: str) -> None:
    """Without one nothing can be recovered."""

    def first() -> object:
        window = where.system.get(STORE).get("status", {}).get("serverRecoveryWindow", {})
        return window.get(server, {}).get("firstRecoverabilityPoint")

    until(first, seconds=SECONDS)


def lose_volumes(where: Deployed) -> None:
    """Pods, claims and files of every instance, at once, and what the operator knew of them."""
    instances = "--selector=cnpg.io/cluster=postgres"
    claims = where.system.get("persistentvolumeclaims", instances)["items"]
    where.system.kubectl("delete", "persistentvolumeclaims", instances, "--wait=false")
    where.system.kubectl("delete", "pods", instances, "--grace-period=0", "--force", "--wait=false")
    for claim in claims:
        volume = where.system.get("persistentvolumes", claim["spec"]["volumeName"])
        empty_folder(Path(volume["spec"]["local"]["path"]))
    where.system.kubectl("delete", CLUSTER, f"--timeout={SECONDS}s")


def reuse_volumes(cluster: Cluster) -> None:
    """What claims that are gone have left behind: nobody provisions more volumes here."""
    for volume in json.loads(cluster.kubectl("get", "persistentvolumes", "--output=json"))["items"]:
        if volume["status"]["phase"] == "Released":
            empty_folder(Path(volume["spec"]["local"]["path"]))
            patch = ["--type=merge", '--patch={"spec": {"claimRef": null}}']
            cluster.kubectl("patch", "persistentvolume", volume["metadata"]["name"], *patch)


def empty_folder(folder: Path) -> None:
    """A server that is still at it may write on."""
    for each in folder.iterdir():
        shutil.rmtree(each, ignore_errors=True)


@pytest.fixture(scope="module")
def archived(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    """PostgreSQL of three instances that archives, with a base backup."""
    if cluster.given:
        pytest.skip("the volumes of another cluster are not ours to lose")
    reuse_volumes(cluster)
    install_barman_cloud(cluster)
    made = Deployed(NAME, cluster, tmp_path_factory.mktemp(NAME))
    made.make_namespace()
    install_object_store(made)
    deploy(made, archive_values(made, "postgres"))
    await_base_backup(made, "postgres")
    yield made
    cluster.kubectl("delete", "namespace", NAME, "--wait=false")


@pytest.fixture
def access(archived: Deployed, monkeypatch: pytest.MonkeyPatch) -> Access:
    """With the pinned kubectl, as `Deployed.delivery` has it."""
    monkeypatch.setenv("PATH", str(find_tool(KUBECTL).parent), prepend=os.pathsep)
    return Access(archived.name, archived.cluster.kubeconfig)


class TestArchive:
    def test_is_rehearsed_while_somebody_writes(
        self, archived: Deployed, access: Access, record_property: Callable[[str, object], None]
    ) -> None:
        """What `make restore-drill` does: everything is as it was at one moment."""
        ledger = Ledger(access)
        with ledger.writing():
            values = f"--values=data={archive_values(archived, 'postgres')}"
            output = archived.delivery("restore-drill", values)
        found = re.search(r"RPO (\d+) s \(goal \d+\), RTO (\d+) s", output)
        assert found, output
        record_property("drill", found[0])
        assert int(found[1]) <= RPO_SECONDS
        assert int(found[2]) <= RTO_SECONDS
        assert ledger.acknowledged
        recorded = archived.system.get("configmap", "restore-drill")["data"]
        assert any("compared with what was there" in text for text in recorded.values())
        assert not archived.cluster.kubectl("get", "namespace", f"{NAME}-restore-drill", "--ignore-not-found")

    def test_brings_back_what_was_lost_with_all_volumes(
        self, archived: Deployed, access: Access, record_property: Callable[[str, object], None]
    ) -> None:
        with SqlSession(access, find_primary(access), App.TASK) as session:
            session.ask("DROP TABLE IF EXISTS public.ledger")
        ledger = Ledger(access)
        with ledger.writing():
            time.sleep(WRITING_SECONDS[0])
        moment = datetime.now(UTC)
        time.sleep(2 * SKEW_SECONDS)
        with ledger.writing():
            time.sleep(WRITING_SECONDS[1])
        lost, started = datetime.now(UTC), time.monotonic()
        lose_volumes(archived)
        reuse_volumes(archived.cluster)
        deploy(archived, archive_values(archived, "postgres-2", server="postgres"))
        rto, found = time.monotonic() - started, read_ledger(access)

        missing = [when for number, when in ledger.acknowledged.items() if number not in found]
        rpo = (lost - min(missing, default=lost)).total_seconds()
        record_property("acknowledged", len(ledger.acknowledged))
        record_property("seconds of acknowledged writes that were lost", round(rpo, 1))
        record_property("seconds until everything was back", round(rto, 1))
        assert found == set(range(len(found))), "what is there has no gap"
        assert rpo <= RPO_SECONDS
        assert rto <= RTO_SECONDS
        self._goes_back_to(moment, archived, access, ledger)

    def _goes_back_to(self, moment: datetime, archived: Deployed, access: Access, ledger: Ledger) -> None:
        """The archive of what is gone still goes back to any moment."""
        values = archive_values(archived, "postgres-2")
        environment = load_environment(NAME, [*archived.values, ("data", values)])
        target = {"time": moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")}
        reuse_volumes(archived.cluster)
        with scratch_postgres(access, environment, "postgres", target, "15m") as scratch:
            there = read_ledger(scratch)
        assert there >= ledger.acknowledged_before(moment)
        assert not there & ledger.sent_after(moment)

    def test_of_a_recovered_cluster_is_its_own(self, archived: Deployed, access: Access) -> None:
        await_base_backup(archived, "postgres-2")
        assert find_archive(access) == "postgres-2"
