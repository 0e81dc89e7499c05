"""Names of topics and components are spelled once, and every file agrees on who says and hears what."""

import asyncio
import importlib
import re
from typing import Any

import httpx2
import pytest
import yaml
from analytics_service.dead_letters.parsing import LISTENERS

from contracts.catalogue import EVENTS
from contracts.names import BROADCAST, PUBSUB, SECRET_STORE, STATE_STORE, App, Topic
from tests.architecture.sources import ROOT, SERVICES, Module, production

PARTITIONS = {
    Topic.TODO_EVENTS: 6,
    Topic.CHAT_EVENTS: 6,
    Topic.USER_EVENTS: 3,
    Topic.NOTIFICATION_EVENTS: 3,
    Topic.DEAD_LETTERS: 3,
}
PUBLISHERS = {
    Topic.TODO_EVENTS: App.TASK,
    Topic.CHAT_EVENTS: App.CHAT,
    Topic.USER_EVENTS: App.USER,
    Topic.NOTIFICATION_EVENTS: App.NOTIFICATION,
}


def component(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((ROOT / "dapr" / "components" / f"{name}.yaml").read_text())
    return found


def metadata(name: str) -> dict[str, str]:
    return {item["name"]: item.get("value", "") for item in component(name)["spec"]["metadata"]}


def scopes(value: str) -> dict[str, set[str]]:
    """`app=topic,topic;app=` as Dapr reads it."""
    pairs = [entry.partition("=") for entry in value.split(";")]
    return {app: set(filter(None, topics.split(","))) for app, _, topics in pairs}


def subscriptions(service: str) -> list[dict[str, Any]]:
    """What the app of a service tells Dapr when it is asked."""

    async def ask() -> list[dict[str, Any]]:
        app = importlib.import_module(f"{service}_service.main").create()
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://app") as client:
            response = await client.get("/dapr/subscribe")
        return list(response.json()) if response.status_code == 200 else []

    return asyncio.run(ask())


@pytest.mark.parametrize("module", production("services", "libs"), ids=lambda module: module.name)
def test_names_are_spelled_in_contracts_only(module: Module) -> None:
    if module.name.endswith("contracts/names.py"):
        return
    names = {topic.value for topic in Topic if topic is not Topic.DEAD_LETTERS} | {
        PUBSUB,
        STATE_STORE,
        SECRET_STORE,
    }
    assert not names & set(module.strings())


class TestTopics:
    def test_of_kafka_are_those_of_contracts(self) -> None:
        documents = yaml.safe_load_all((ROOT / "kafka" / "topics.yaml").read_text())
        found = {topic["metadata"]["name"]: topic["spec"]["partitions"] for topic in documents}
        assert found == {topic.value: number for topic, number in PARTITIONS.items()}

    def test_carry_the_events_of_one_service(self) -> None:
        assert {event.topic for event in EVENTS} == set(PUBLISHERS)


@pytest.mark.parametrize("service", SERVICES)
class TestSubscriptions:
    def test_have_a_dead_letter_topic(self, service: str) -> None:
        """All but the one that reads the dead letters: those can go nowhere else."""
        for subscription in subscriptions(service):
            if subscription["topic"] == Topic.DEAD_LETTERS:
                assert service == App.ANALYTICS
                assert "deadLetterTopic" not in subscription
                assert subscription["metadata"] == {"rawPayload": "true"}
            else:
                assert subscription["deadLetterTopic"] == Topic.DEAD_LETTERS

    def test_are_those_the_scopes_allow(self, service: str) -> None:
        subscribed: dict[str, set[str]] = {PUBSUB: set(), BROADCAST: set()}
        for subscription in subscriptions(service):
            subscribed[subscription["pubsubname"]].add(subscription["topic"])
        for name in (PUBSUB, BROADCAST):
            allowed = scopes(metadata(name)["subscriptionScopes"]).get(service, set())
            assert subscribed[name] == allowed

    def test_are_those_the_readmes_say(self, service: str) -> None:
        subscribed = {subscription["topic"] for subscription in subscriptions(service)}
        own = (ROOT / "services" / service / "README.md").read_text()
        listens = own.partition("**Listens to**")[2].partition("\n- **")[0].partition("\n\n")[0]
        row = next(
            line
            for line in (ROOT / "README.md").read_text().splitlines()
            if line.startswith(f"| [{service}](services/{service})")
        )
        for cell in (listens, row.split("|")[-2]):
            assert set(re.findall("|".join(Topic), cell)) == subscribed


class TestScopes:
    def test_let_each_service_publish_its_own_topic_and_dead_letters(self) -> None:
        allowed = scopes(metadata(PUBSUB)["publishingScopes"])
        for app in App:
            own = {topic.value for topic, publisher in PUBLISHERS.items() if publisher is app}
            expected = set() if app is App.FRONTEND else own | {Topic.DEAD_LETTERS.value}
            assert allowed[app] == expected

    @pytest.mark.parametrize("name", [PUBSUB, BROADCAST])
    def test_leave_no_app_unrestricted(self, name: str) -> None:
        """Dapr lets an app that is not listed do everything."""
        for app in component(name)["scopes"]:
            assert app in scopes(metadata(name)["publishingScopes"])
            assert app in scopes(metadata(name)["subscriptionScopes"])


class TestReplays:
    def test_go_to_whoever_may_have_given_up(self) -> None:
        """A topic's listeners; and who gives up what it publishes itself: a delivery of a notification."""
        allowed = scopes(metadata(PUBSUB)["subscriptionScopes"])
        topics = [topic for topic in Topic if topic is not Topic.DEAD_LETTERS]
        heard = {topic: {app for app, hears in allowed.items() if topic in hears} for topic in topics}
        heard[Topic.NOTIFICATION_EVENTS] = {App.NOTIFICATION}
        assert {topic: set(apps) for topic, apps in LISTENERS.items()} == heard


class TestComponents:
    def test_are_the_same_files_everywhere_but_the_secret_store(self) -> None:
        local = {path.name for path in (ROOT / "dapr" / "local" / "components").iterdir()}
        assert local == {f"{SECRET_STORE}.yaml"}

    @pytest.mark.parametrize("name", [PUBSUB, BROADCAST, STATE_STORE])
    def test_are_named_like_their_file(self, name: str) -> None:
        assert component(name)["metadata"]["name"] == name

    @pytest.mark.parametrize("name", [PUBSUB, BROADCAST, STATE_STORE])
    def test_say_who_may_use_them(self, name: str) -> None:
        assert component(name)["scopes"]

    @pytest.mark.parametrize("name", [PUBSUB, BROADCAST, STATE_STORE])
    def test_hold_no_address_and_no_secret(self, name: str) -> None:
        for item in component(name)["spec"]["metadata"]:
            if item["name"] in ("brokers", "redisHost") or "assword" in item["name"]:
                assert "value" not in item
