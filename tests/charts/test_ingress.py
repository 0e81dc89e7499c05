"""The Ingress, in place of the Gateway: it gets a certificate, and leads to what is public alone."""

from collections.abc import Iterable

import pytest
from fastapi import APIRouter
from fastapi.routing import APIRoute
from frontend_service.routers import ALL

from devstack.helmfile import PLATFORM
from tests.charts.network import Network, Place
from tests.charts.rendering import Object, objects, of_kind, parse

SETTINGS = ("ingress.enabled=true", "gateway.enabled=false")
CONTROLLER = Place({"app.kubernetes.io/name": "ingress-nginx"}, "ingress-nginx")
PEERS = "global.network.gateway.peers[0].namespaceSelector.matchLabels.kubernetes\\.io/metadata\\.name"
SOLVER = Place({"acme.cert-manager.io/http01-solver": "true"})
INSIDE = {"/healthz", "/readyz", "/metrics", "/dapr", "/events", "/job"}
"""As in tests/charts/test_services.py, of the Gateway."""
BEYOND = {"/api", "/mcp"}
"""What the API gateway takes to services."""


@pytest.fixture(params=["staging", "production"])
def found(request: pytest.FixtureRequest) -> list[Object]:
    return objects("todo", request.param, *SETTINGS, f"{PEERS}=ingress-nginx")


def list_segments(routers: Iterable[APIRouter]) -> set[str]:
    """How addresses of the routes begin: the first part of each path."""
    paths = [each.path for router in routers for each in router.routes if isinstance(each, APIRoute)]
    return {f"/{path.split('/')[1]}" for path in paths} - {"/", "/{path:path}"}


def test_leads_to_all_that_is_public_and_to_nothing_else(found: list[Object]) -> None:
    [rule] = of_kind(found, "Ingress")["todo"]["spec"]["rules"]
    paths = {each["path"]: each["pathType"] for each in rule["http"]["paths"]}
    assert paths.pop("/") == "Exact"
    assert set(paths.values()) == {"Prefix"}
    assert set(paths) == (list_segments(ALL) | BEYOND) - INSIDE


class TestCertificate:
    @pytest.mark.parametrize("issuer", ["letsencrypt", "letsencrypt-staging"])
    def test_is_issued_by_a_solver_that_takes_an_ingress(self, found: list[Object], issuer: str) -> None:
        """cert-manager copies the labels of an Ingress to its Certificate, and picks the solver by them."""
        labels = of_kind(found, "Ingress")["todo"]["metadata"]["labels"]
        issuers = of_kind(parse((PLATFORM / "manifests" / "issuers.yaml").read_text()), "ClusterIssuer")
        solvers = issuers[issuer]["spec"]["acme"]["solvers"]
        chosen = [
            each["http01"]
            for each in solvers
            if each.get("selector", {}).get("matchLabels", {"": ""}).items() <= labels.items()
        ]
        assert [list(each) for each in chosen] == [["ingress"]]
        assert [list(each["http01"]) for each in solvers if "selector" not in each] == [["gatewayHTTPRoute"]]

    def test_is_asked_for_by_the_class_that_serves(self, found: list[Object]) -> None:
        ingress = of_kind(found, "Ingress")["todo"]
        annotations = ingress["metadata"]["annotations"]
        assert annotations["acme.cert-manager.io/http01-ingress-ingressclassname"] == "nginx"
        assert ingress["spec"]["ingressClassName"] == "nginx"
        assert annotations["cert-manager.io/cluster-issuer"].startswith("letsencrypt")
        assert ingress["spec"]["tls"][0]["hosts"] == [ingress["spec"]["rules"][0]["host"]]

    def test_is_proven_through_every_policy(self, found: list[Object]) -> None:
        network = Network.of(found)
        assert network.lets_through(CONTROLLER, SOLVER, 8089)
        assert not network.lets_through(Place({}, "elsewhere"), SOLVER, 8089)


def test_of_the_gateway_has_the_same_policy_for_its_challenge() -> None:
    gateway = Place({"gateway.networking.k8s.io/gateway-name": "todo"})
    network = Network.of(objects("todo", "production"))
    assert network.lets_through(gateway, SOLVER, 8089)
