"""A canary of the edge: beside the pods there are, and apart from them in all that counts pods."""

from typing import Any

import pytest
import yaml

from contracts.names import App
from tests.charts.network import Network, Place, selects
from tests.charts.rendering import (
    CHARTS,
    NAMESPACE,
    Object,
    Pod,
    RenderError,
    build_dependencies,
    helm,
    manifests,
    objects,
    of_kind,
    parse,
    pods,
)
from tests.charts.test_manifests import conforms
from tests.charts.test_services import APP, GATEWAY, SIDECAR

CANARY = ("frontend.canary.enabled=true", "frontend.canary.weight=25")
EDGE, NAME = App.FRONTEND, "frontend-canary"
PROMETHEUS = Place({"app.kubernetes.io/name": "prometheus"}, "monitoring")


@pytest.fixture(params=["staging", "production"])
def found(request: pytest.FixtureRequest) -> list[Object]:
    return objects("todo", request.param, *CANARY)


def edges(found: list[Object]) -> dict[str, Pod]:
    deployments = of_kind(found, "Deployment")
    return {name: next(pods([each])) for name, each in deployments.items() if name in (EDGE, NAME)}


def test_conforms() -> None:
    assert conforms(manifests("todo", "production", CANARY)) == ""


class TestPods:
    def test_of_a_canary_belong_to_it_alone(self, found: list[Object]) -> None:
        """Deployment, Service, budget and autoscaler of each select its own pods and not the other's."""
        pod = edges(found)
        for own, other in ((EDGE, NAME), (NAME, EDGE)):
            selectors = [
                of_kind(found, "Deployment")[own]["spec"]["selector"],
                of_kind(found, "PodDisruptionBudget")[own]["spec"]["selector"],
                {"matchLabels": of_kind(found, "Service")[own]["spec"]["selector"]},
            ]
            assert all(selects(each, pod[own].labels) for each in selectors)
            assert not any(selects(each, pod[other].labels) for each in selectors)
            scaler = of_kind(found, "HorizontalPodAutoscaler")[own]["spec"]
            assert scaler["scaleTargetRef"]["name"] == own
            assert scaler["minReplicas"] > 1

    def test_are_the_same_app_to_dapr_and_to_prometheus(self, found: list[Object]) -> None:
        stable, canary = edges(found)[EDGE], edges(found)[NAME]
        assert stable.annotations == canary.annotations
        names = {each.labels["app.kubernetes.io/name"] for each in (stable, canary)}
        assert names == {EDGE}
        assert {each.labels["app.kubernetes.io/part-of"] for each in (stable, canary)} == {"todo"}

    def test_differ_in_nothing_but_the_label(self, found: list[Object]) -> None:
        templates = {name: of_kind(found, "Deployment")[name]["spec"]["template"] for name in (EDGE, NAME)}
        text = yaml.safe_dump(templates[EDGE]).replace("component: service", "component: canary")
        assert yaml.safe_load(text) == templates[NAME]

    def test_beside_a_canary_stay_what_they_were(self) -> None:
        """They come out of the release that ran, to the last byte, whatever the new one has."""
        before = of_kind(objects("todo", "production"), "Deployment")[EDGE]["spec"]["template"]
        values = {"canary": {"enabled": True, "stable": yaml.safe_dump(before)}, "env": {"NEW": "1"}}
        kept = _render({"frontend": values})
        templates = {name: of_kind(kept, "Deployment")[name]["spec"]["template"] for name in (EDGE, NAME)}
        assert templates[EDGE] == before
        assert {"name": "NEW", "value": "1"} in templates[NAME]["spec"]["containers"][0]["env"]


class TestNetwork:
    def test_is_the_same_for_a_canary(self, found: list[Object]) -> None:
        network = Network.of(found)
        stable, canary = (Place(each.labels) for each in edges(found).values())
        labels = {"app.kubernetes.io/component": "service"}
        for app in App:
            other = Place(labels | {"app.kubernetes.io/name": app})
            for port in (APP, SIDECAR, 9090):
                allowed = network.lets_through(stable, other, port)
                assert network.lets_through(canary, other, port) == allowed
                allowed = network.lets_through(other, stable, port)
                assert network.lets_through(other, canary, port) == allowed
        assert network.lets_through(canary, Place(labels | {"app.kubernetes.io/name": "task"}), SIDECAR)
        assert network.lets_through(GATEWAY, canary, APP)
        assert network.lets_through(PROMETHEUS, canary, APP)

    def test_lets_a_canary_read_its_secret(self, found: list[Object]) -> None:
        policies = of_kind(found, "CiliumNetworkPolicy")
        selector = policies["frontend-kubernetes-api"]["spec"]["endpointSelector"]
        assert all(selects(selector, each.labels) for each in edges(found).values())

    def test_lets_a_canary_reach_a_kafka_of_the_charts(self) -> None:
        kafka = Place({"app.kubernetes.io/name": "kafka"})
        network = Network.of([*objects("data", "cluster-test"), *objects("todo", "cluster-test")])
        canary = Place({"app.kubernetes.io/name": EDGE, "app.kubernetes.io/component": "canary"})
        assert network.lets_through(canary, kafka, 9092)


class TestRoute:
    @pytest.mark.parametrize(
        ("settings", "weights"),
        [((), {EDGE: 100}), (CANARY, {EDGE: 75, NAME: 25}), (CANARY[:1], {EDGE: 100, NAME: 0})],
        ids=["no canary", "a canary", "one that has just begun"],
    )
    def test_gives_each_its_share(self, settings: tuple[str, ...], weights: dict[str, int]) -> None:
        found = objects("todo", "production", *settings)
        rules = of_kind(found, "HTTPRoute")[EDGE]["spec"]["rules"]
        [served] = [rule["backendRefs"] for rule in rules if "backendRefs" in rule]
        assert {each["name"]: each["weight"] for each in served} == weights
        assert {each["name"] for each in served} <= set(of_kind(found, "Service"))

    def test_leads_to_a_service_that_outlives_the_canary(self) -> None:
        assert NAME in of_kind(objects("todo", "production"), "Service")
        assert NAME not in of_kind(objects("todo", "production"), "Deployment")


class TestRefused:
    @pytest.mark.parametrize(
        ("settings", "reason"),
        [
            (("task.canary.enabled=true",), "task can have no canary"),
            ((*CANARY, "gateway.enabled=false", "ingress.enabled=true"), "a canary needs the Gateway"),
            (("frontend.canary.weight=51",), "/canary/weight"),
            (("frontend.canary.steps[0].weight=0", "frontend.canary.steps[0].minutes=1"), "/steps/0/weight"),
        ],
    )
    def test_is_what_can_not_be(self, settings: tuple[str, ...], reason: str) -> None:
        with pytest.raises(RenderError, match=reason):
            objects("todo", "production", *settings)


def _render(values: dict[str, Any]) -> list[Object]:
    build_dependencies()
    file = CHARTS / "todo" / "values-production.yaml"
    where = ["--namespace", NAMESPACE, "-f", str(file), "-f", "-"]
    tag = ["--set-string", "global.image.tag=1.2.3"]
    return parse(helm("template", "todo", CHARTS / "todo", *where, *tag, stdin=yaml.safe_dump(values)))
