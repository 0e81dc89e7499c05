"""A good release and a bad one as canaries: real images, a real gateway, a real Prometheus that is asked."""

import asyncio
import json
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml
from aiohttp.abc import AbstractResolver, ResolveResult

from cluster.certificates import SERVER, create_authority, issue_certificate
from cluster.cluster import Cluster
from cluster.images.build import find_built_archive
from cluster.images.platform import ensure_archive, list_https_images
from cluster.toolbox import HTTPS
from contracts.names import App
from delivery.judge import PROMETHEUS
from devstack.toolbox.ensure import ensure_tools
from tests.cluster.delivery import https
from tests.cluster.delivery.environment import Deployed
from tests.cluster.delivery.https import ADDRESS, install_gateway, remove_gateway
from tests.cluster.delivery.variants import GATEWAY, PACKAGES, break_gateway, read_file, write_variant
from tests.cluster.monitoring.watching import Watching
from tests.cluster.todo.load import Load, people_at_work
from tests.system.waiting import until

pytestmark = [pytest.mark.timeout(2400), pytest.mark.usefixtures("own_node")]

WEIGHT, PAUSE_SECONDS, SETTLED_SECONDS = 20, 0.15, 60
CANARY = {
    "replicas": 1,
    "steps": [{"weight": WEIGHT, "minutes": 1}, {"weight": 50, "minutes": 1}],
    "window": "1m",
    "requests": 20,
    "patience": 3,
}
DEPLOYER = "system:serviceaccount:todo-platform:ci-staging"
STABLE_ERRORS = 'sum(increase(http_requests_total{service="frontend",track="stable",status=~"5.."}[10m]))'
FIRING = 'ALERTS{alertstate="firing",alertname!="Watchdog"}'
ABSENT = {"GatewayDown", "KafkaUnreachable", "PublicAddressDown"}
"""NGINX Gateway Fabric, Strimzi's exporter, and the probe from outside."""


class Resolver(AbstractResolver):
    """Knows the gateway."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        number = socket.AI_NUMERICHOST
        return [
            ResolveResult(
                hostname=host, host=ADDRESS, port=port, family=socket.AF_INET, proto=0, flags=number
            )
        ]

    async def close(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Edge:
    """Staging behind a gateway; `root` is the certificate to trust."""

    environment: Deployed
    root: Path
    watching: Watching

    @property
    def url(self) -> str:
        return f"https://{self.environment.host}"

    def connect(self) -> aiohttp.TCPConnector:
        context = ssl.create_default_context(cafile=str(self.root))
        return aiohttp.TCPConnector(resolver=Resolver(), ssl=context)

    @asynccontextmanager
    async def people(self, *, may_fail: bool = False) -> AsyncIterator[Load]:
        connector = self.connect()
        async with people_at_work(
            self.url, pause=PAUSE_SECONDS, may_fail=may_fail, connector=connector
        ) as load:
            yield load

    async def read_page(self) -> str:
        """Status of a page for who is signed out, by way of the gateway; else why there is none."""
        try:
            async with (
                aiohttp.ClientSession(connector=self.connect()) as session,
                session.get(f"{self.url}/sign-in") as response,
            ):
                return str(response.status)
        except aiohttp.ClientError as error:
            return str(error)

    def weights(self) -> dict[str, int]:
        """What the route gives to each Service."""
        rules = self.environment.system.get("httproute", App.FRONTEND)["spec"]["rules"]
        return {each["name"]: each["weight"] for rule in rules for each in rule.get("backendRefs", [])}

    def image(self, name: str) -> str:
        return self.environment.running().get(name, "").rpartition(":")[2]

    def options(self, tag: str) -> list[str]:
        """Of a release whose edge has this image."""
        values: dict[str, Any] = {**https.VALUES, "frontend": {"canary": CANARY, "image": {"tag": tag}}}
        file = self.environment.folder / f"{tag}.yaml"
        file.write_text(yaml.safe_dump(values))
        return ["--tag=dev", f"--values=todo={file}"]

    def firing(self) -> set[str]:
        """Alerts that fire, but those of what this cluster has not, which fire after minutes without it."""
        return {each["metric"]["alertname"] for each in self.watching.query(FIRING)} - ABSENT


@pytest.fixture(scope="module")
def watching(cluster: Cluster) -> Iterator[Watching]:
    made = Watching(cluster)
    made.install()
    yield made
    made.uninstall()


@pytest.fixture(scope="module")
def edge(staging: Deployed, watching: Watching) -> Iterator[Edge]:
    """With the images of two more releases: a good one, and one whose edge fails."""
    ensure_tools(HTTPS)
    cluster, folder = staging.cluster, staging.folder
    cluster.load_image(*(ensure_archive(image) for image in list_https_images()))
    built = find_built_archive()
    assert built
    bad = {GATEWAY: break_gateway(read_file(built, App.FRONTEND, GATEWAY))}
    for tag, files in {"good": {f"{PACKAGES}/good.py": ""}, "bad": bad}.items():
        write_variant(built, App.FRONTEND, tag, files, folder / f"{tag}.tar")
        cluster.load_image(folder / f"{tag}.tar")
    install_gateway(staging)
    authority = create_authority("test")
    leaf = issue_certificate(authority, staging.host, [SERVER], hosts=[staging.host])
    authority.write(folder, "authority")
    leaf.write(folder, "leaf")
    pair = [f"--cert={folder / 'leaf.crt'}", f"--key={folder / 'leaf.key'}"]
    staging.system.kubectl("create", "secret", "tls", "todo-tls", *pair)
    made = Edge(staging, folder / "authority.crt", watching)
    staging.delivery("release", *made.options("dev"))
    cluster.wait_for_rollout(staging.name, "deployment/traefik")
    until(lambda: made.weights() == {App.FRONTEND: 100}, seconds=30)
    until(lambda: asyncio.run(made.read_page()), lambda seen: seen == "200", seconds=180)  # Traefik knows it
    yield made
    remove_gateway(staging)


def record(record_property: Callable[[str, object], None], name: str, load: Load, output: str) -> None:
    record_property(name, load.summary)
    record_property("delivery", output)


class TestGoodRelease:
    async def test_is_promoted_though_its_run_was_killed_and_nobody_notices(
        self, edge: Edge, record_property: Callable[[str, object], None]
    ) -> None:
        before = await asyncio.to_thread(edge.environment.system.pods, App.TASK)
        options = edge.options("good")
        async with edge.people() as load:
            run = edge.environment.start_delivery("canary", *options)
            try:
                began = partial(until, lambda: edge.weights().get("frontend-canary") == WEIGHT, seconds=600)
                await asyncio.to_thread(began)
            finally:
                run.kill()
                await asyncio.to_thread(run.wait)
            assert edge.image(App.FRONTEND) == "dev"
            output = await asyncio.to_thread(edge.environment.delivery, "canary", *options)
        record(record_property, "a good release", load, output)
        assert edge.weights() == {App.FRONTEND: 100}
        assert edge.image(App.FRONTEND) == "good"
        assert edge.image("frontend-canary") == ""
        after = await asyncio.to_thread(edge.environment.system.pods, App.TASK)
        assert names(before) & names(after), "what has not changed was not restarted"
        assert templates(before) == templates(after)  # its autoscaler may have changed how many there are
        assert not load.failures
        assert load.answered > 500


class TestBadRelease:
    async def test_goes_back_by_itself(
        self, edge: Edge, record_property: Callable[[str, object], None]
    ) -> None:
        firing, running = edge.firing(), edge.environment.running()
        async with edge.people(may_fail=True) as load:
            started = time.monotonic()
            output = await asyncio.to_thread(
                edge.environment.delivery, "canary", *edge.options("bad"), succeeds=False
            )
            seconds = time.monotonic() - started
            failed, answered = len(load.failures), load.answered
            await asyncio.sleep(SETTLED_SECONDS)
            errors = await asyncio.to_thread(edge.watching.query, STABLE_ERRORS)
            firing_after = await asyncio.to_thread(edge.firing)
        record(record_property, f"a bad release, {seconds:.0f} s", load, output)
        assert "The canary went back: " in output
        assert re.search(r"\d\d\.\d\d% failed", output)
        assert edge.weights() == {App.FRONTEND: 100}
        assert edge.environment.running() == running
        assert load.failures, "the release was bad"
        assert all(": 500 " in each for each in load.failures), load.failures
        assert failed < answered * WEIGHT / 100, "no more than the canary's share"
        assert len(load.failures) == failed, "none once it has gone back"
        assert [each["value"][1] for each in errors] in ([], ["0"])
        assert firing_after <= firing


class TestJudge:
    @pytest.mark.parametrize(
        ("path", "allowed"),
        [(PROMETHEUS, True), (PROMETHEUS.replace("prometheus-operated", "grafana"), False)],
        ids=["Prometheus", "others"],
    )
    def test_is_all_of_the_monitoring_that_whoever_releases_may_ask(
        self, watching: Watching, path: str, *, allowed: bool
    ) -> None:
        command = ["get", "--raw", f"{path}?query=vector(1)", f"--as={DEPLOYER}"]
        response = watching.cluster.kubectl(*command, check=False)
        assert bool(response) == allowed
        assert not allowed or json.loads(response)["status"] == "success"


def names(pods: Sequence[Mapping[str, Any]]) -> set[str]:
    return {each["metadata"]["name"] for each in pods}


def templates(pods: Sequence[Mapping[str, Any]]) -> set[str]:
    """Which ReplicaSets they are of: a release that restarts a service makes another one."""
    return {each["metadata"]["labels"]["pod-template-hash"] for each in pods}
