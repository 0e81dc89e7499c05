"""From charts to environments that work, through releases good and bad, with people at work all the while."""

import asyncio
import json
import socket
import ssl
from contextlib import closing
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from contracts.names import App
from delivery.infrastructure_values import CONFIG_MAP
from tests.cluster.delivery.environment import Deployed
from tests.cluster.delivery.https import ADDRESS, Secured
from tests.cluster.todo.load import Load
from tests.system.addresses import left
from tests.system.waiting import until

pytestmark = pytest.mark.timeout(2400)  # the first test waits for everything


def _is_open(url: str) -> bool:
    where = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((where.hostname, where.port or 80)) == 0


class TestDeployment:
    def test_of_staging_works_for_a_person(self, staging: Deployed) -> None:
        until(lambda: _is_open(staging.system.edge), seconds=30)  # kube-proxy follows a moment later
        output = staging.delivery("smoke", f"--url={staging.system.edge}")
        assert output.count("  ok  ") == 3

    def test_can_be_repeated_and_says_what_it_does(self, staging: Deployed) -> None:
        output = staging.delivery("deploy", "--steps=secrets,data", "--ephemeral")
        assert "1/2 secrets:" in output
        assert "Every Secret is there." in output
        assert "2/2 data:" in output

    def test_of_production_is_apart_from_staging(self, staging: Deployed, production: Deployed) -> None:
        until(lambda: _is_open(production.system.edge), seconds=30)
        output = production.delivery("smoke", f"--url={production.system.edge}")
        assert output.count("  ok  ") == 3
        assert staging.system.secret("session") != production.system.secret("session")


class TestInfrastructureValues:
    def test_reach_the_services(self, staging: Deployed) -> None:
        [container] = staging.system.get("deployment", App.TASK)["spec"]["template"]["spec"]["containers"]
        variables = {each["name"]: each.get("value") for each in container["env"]}
        assert variables["TODO_PUBLIC_URL"] == f"https://{staging.host}"

    def test_that_are_missing_stop_a_release_before_it_begins(self, staging: Deployed) -> None:
        before = staging.revision()
        staging.system.kubectl("delete", "configmap", CONFIG_MAP)
        try:
            output = staging.delivery("release", "--tag=dev", succeeds=False)
        finally:
            staging.publish_infrastructure()
        assert "make deploy ENV=staging STEPS=values" in output
        assert staging.revision() == before


@pytest.mark.usefixtures("own_node")
class TestRelease:
    async def test_by_digest_is_not_noticed(self, staging: Deployed, load: Load) -> None:
        digests = staging.name_by_digest()
        file = staging.folder / "digests.json"
        file.write_text(json.dumps(digests))
        options = [f"--digests={file}", "--tag=dev"]
        output = await asyncio.to_thread(staging.delivery, "release", *options)
        assert all(digest in output for digest in digests.values())
        assert staging.running() == {app: f"local/todo/{app}@{digests[app]}" for app in App}
        assert load.answered > 20

    async def test_that_can_not_start_undoes_itself(self, staging: Deployed, load: Load) -> None:
        """Its settings are refused, so it never becomes ready; nobody notices, and CI sees a failure."""
        before, running = staging.revision(), staging.running()
        bad = staging.folder / "bad.yaml"
        bad.write_text("frontend: {env: {TODO_RATE_LIMIT: '0'}}\n")
        options = ["--tag=dev", "--wait=40s", f"--values=todo={bad}"]
        output = await asyncio.to_thread(staging.delivery, "release", *options, succeeds=False)
        assert "`helm upgrade` failed" in output
        assert staging.revision() == before + 2
        assert staging.running() == running
        assert load.answered > 20


class TestRollback:
    async def test_to_a_chosen_revision_is_not_noticed(self, staging: Deployed, load: Load) -> None:
        before, running = staging.revision(), staging.running()
        chatty = staging.folder / "chatty.yaml"
        chatty.write_text("task: {env: {TODO_LOG_LEVEL: DEBUG}}\n")
        await asyncio.to_thread(staging.delivery, "release", "--tag=dev", f"--values=todo={chatty}")
        output = await asyncio.to_thread(staging.delivery, "rollback", f"--to={before}")
        assert f"Rollback to {before}" in output
        assert staging.running() == running
        assert load.answered > 20

    async def test_to_the_last_good_one_finds_it(self, staging: Deployed, load: Load) -> None:
        """What ran before the rollback above, which is the newest with another content."""
        last = staging.revision()
        output = await asyncio.to_thread(staging.delivery, "rollback")
        assert f"Rollback to {last - 1}" in output
        assert load.answered > 20


@pytest.mark.usefixtures("own_node")
class TestHttps:
    def test_works_for_a_person(self, https: Secured) -> None:
        assert https.smoke().count("  ok  ") == 5

    def test_has_a_certificate_of_the_acme_server(self, https: Secured) -> None:
        certificate = https.certificate()
        [issuer] = certificate.issuer.get_attributes_for_oid(NameOID.COMMON_NAME)
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert str(issuer.value).startswith("Pebble Intermediate CA")
        assert names.get_values_for_type(x509.DNSName) == [https.host]

    def test_was_proven_through_the_gateway(self, https: Secured) -> None:
        """The ACME server itself asked for the challenge, by the name, without TLS."""
        where = ["--namespace", "pebble", "logs", "deployment/pebble"]
        output = https.environment.cluster.kubectl(*where)
        assert f"Attempting to validate w/ HTTP: http://{https.host}:80/.well-known/acme-challenge/" in output

    def test_is_where_everybody_is_led_to(self, https: Secured) -> None:
        with closing(HTTPConnection(ADDRESS, timeout=10)) as plain:
            plain.request("GET", "/projects?view=board", headers={"Host": https.host})
            response = plain.getresponse()
            response.read()
        assert response.status == 301
        assert response.headers["location"] == f"https://{https.host}/projects?view=board"

    async def test_does_not_let_people_make_up_who_they_are(self, https: Secured) -> None:
        """What a request says of its address before the gateway has seen it changes nothing.

        Each replica counts for itself, so of twelve requests one counts three at least.
        """
        made_up = [f"203.0.113.{number}" for number in range(12)]
        trusted = ssl.create_default_context(cafile=str(https.root))
        where = {"headers": {"host": https.host}, "ssl": trusted, "server_hostname": https.host}
        remaining = await left(f"https://{ADDRESS}", *made_up, **where)
        assert max(remaining) - min(remaining) >= 2
