"""Who talks to whom: said once, in dapr/cluster/access-control.yaml, and the same in every layer.

A call needs the caller's egress, the callee's ingress and the callee's access control; each is there
for every call the code makes, and for no other.
"""

import ast
import functools
import json
import re
from collections import defaultdict
from collections.abc import Iterator

import yaml
from analytics_service.dead_letters.parsing import LISTENERS
from frontend_service.gateway.account_usage import SERVICES
from frontend_service.gateway.upstreams import AGENTS, EXPORT, OWNERS, SPECIFICATION, STREAM, USAGE

from contracts.names import App
from devstack.paths import ROOT
from servicekit.messaging.replays import PATH
from servicekit.security.auth import JWKS_PATH
from tests.charts.network import Network, Place
from tests.charts.rendering import objects, of_kind

VERBS = ("GET", "POST", "PATCH", "PUT", "DELETE")
SIDECAR, APP, METRICS = 50002, 8000, 9090
Calls = dict[str, dict[str, dict[str, set[str]]]]
"""Callee → caller → path pattern → verbs."""


def declared() -> Calls:
    content = yaml.safe_load((ROOT / "dapr" / "cluster" / "access-control.yaml").read_text())
    return {
        callee: {
            caller: {operation["path"]: set(operation["verbs"]) for operation in operations}
            for caller, operations in callers.items()
        }
        for callee, callers in content.items()
    }


def made() -> Iterator[tuple[str, str, str, str]]:
    """Every call the code makes: callee, caller, path (ids as {}), verb."""
    for path, operations in json.loads(SPECIFICATION.read_text())["paths"].items():
        for verb in operations if path not in (EXPORT, STREAM, USAGE) else ():
            yield OWNERS[path.split("/")[1]], App.FRONTEND, re.sub(r"\{\w+\}", "{}", path), verb.upper()
    for verb, path in _calls_of_the_assistant():
        yield App.TASK, App.CHAT, path, verb
    for consumer in {app for apps in LISTENERS.values() for app in apps} - {App.ANALYTICS}:
        yield consumer, App.ANALYTICS, PATH, "POST"
    yield App.USER, App.FRONTEND, "/auth/exchange", "POST"
    yield App.CHAT, App.FRONTEND, AGENTS, "POST"
    yield App.TASK, App.FRONTEND, "/export/pages", "GET"
    for service in SERVICES:
        yield service, App.FRONTEND, "/usage", "GET"
    for caller in set(App) - {App.USER}:
        yield App.USER, caller, JWKS_PATH, "GET"


def _calls_of_the_assistant() -> Iterator[tuple[str, str]]:
    """Method and path of each call, wherever they stand among the arguments."""
    source = ROOT / "services" / "chat" / "src" / "chat_service" / "task_client.py"
    for node in ast.walk(ast.parse(source.read_text())):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        texts = [_text(each).partition("?")[0] for each in node.args]
        paths = [text for text in texts if text.startswith("/")]
        verbs = [text for text in texts if text in VERBS] or ["GET"] * (node.func.attr == "_get")
        if paths:
            assert verbs, f"{ast.unparse(node)} has no method that this test knows"
            yield verbs[0], paths[0]


def _text(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=value):
            return str(value)
        case ast.JoinedStr(values=parts):
            return "".join(_text(part) for part in parts)
        case ast.BinOp(left=left):
            return _text(left)
    return "{}"


def patterns(calls: Iterator[tuple[str, str, str, str]]) -> Calls:
    """The narrowest patterns Dapr has for these calls (see the file's own comment)."""
    found: Calls = defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    all_calls = set(calls)
    for callee, caller, path, verb in all_calls:
        is_above = any(
            other.startswith(f"{path}/") for to, by, other, _ in all_calls if (to, by) == (callee, caller)
        )
        if is_above and not path.endswith("{}"):
            path += "/*"
        path = path.removesuffix("/{}") + "/*" if path.endswith("/{}") else path
        found[callee][caller][path.replace("{}", "**")].add(verb)
    return found


class TestAccessControl:
    def test_allows_the_calls_the_code_makes_and_no_other(self) -> None:
        expected = {callee: {**callers} for callee, callers in patterns(made()).items()}
        assert declared() == {App.FRONTEND: {}, **expected}

    def test_is_what_sidecars_are_told(self) -> None:
        found = of_kind(objects("todo", "production"), "Configuration")
        for callee, callers in declared().items():
            control = found[callee]["spec"]["accessControl"]
            assert control["defaultAction"] == "deny"
            allowed = {
                policy["appId"]: {item["name"]: set(item["httpVerb"]) for item in policy["operations"]}
                for policy in control["policies"]
            }
            assert allowed == callers
            assert {policy["defaultAction"] for policy in control["policies"]} <= {"deny"}


def service(name: str) -> Place:
    return Place({"app.kubernetes.io/name": name, "app.kubernetes.io/component": "service"})


def migration(name: str) -> Place:
    return Place({"app.kubernetes.io/name": name, "app.kubernetes.io/component": "migration"})


def named(name: str) -> Place:
    return Place({"app.kubernetes.io/name": name})


GATEWAY = Place({"todo.test/role": "gateway"})
PROMETHEUS = Place({"app.kubernetes.io/name": "prometheus"}, "monitoring")
DAPR = Place({}, "dapr-system")
STRANGER = Place({"app.kubernetes.io/name": "stranger"})
POSTGRES = Place({"cnpg.io/cluster": "postgres"})
DATA = {"kafka": (named("kafka"), 9092), "redis": (named("redis"), 6379), "postgres": (POSTGRES, 5432)}


class TestNetwork:
    """On the values of the cluster test, where every policy is ours."""

    @functools.cached_property
    def network(self) -> Network:
        return Network.of([*objects("data", "cluster-test"), *objects("todo", "cluster-test")])

    def test_lets_sidecars_make_the_declared_calls_and_no_other(self) -> None:
        expected = {(caller, callee) for callee, callers in declared().items() for caller in callers}
        found = {
            (source.value, target.value)
            for source in App
            for target in App
            if source is not target and self.network.lets_through(service(source), service(target), SIDECAR)
        }
        assert found == expected

    def test_lets_nobody_to_an_app_but_the_gateway_to_the_frontend(self) -> None:
        sources = [GATEWAY, STRANGER, *map(service, App)]
        found = {
            (source.labels.get("app.kubernetes.io/name", "gateway"), target.value)
            for source in sources
            for target in App
            if self.network.allows("ingress", service(target), source, APP)
        }
        assert found == {("gateway", "frontend")}

    def test_lets_prometheus_read_metrics(self) -> None:
        for app in App:
            assert self.network.lets_through(PROMETHEUS, service(app), METRICS)
            assert self.network.lets_through(PROMETHEUS, service(app), APP)
            assert not self.network.allows("ingress", service(app), PROMETHEUS, SIDECAR)

    def test_lets_each_reach_the_data_it_uses(self) -> None:
        found = {
            (app.value, name)
            for app in App
            for name, (server, port) in DATA.items()
            if self.network.lets_through(service(app), server, port)
        }
        with_database = set(App) - {App.FRONTEND}
        expected = {(app.value, "kafka") for app in App} | {(app.value, "postgres") for app in with_database}
        assert found == expected | {("chat", "redis")}

    def test_lets_migrations_reach_the_database_only(self) -> None:
        for app in set(App) - {App.FRONTEND}:
            job, lets = migration(app), self.network.lets_through
            reached = {name for name, (server, port) in DATA.items() if lets(job, server, port)}
            assert reached == {"postgres"}
            assert not [other for other in App if lets(job, service(other), SIDECAR)]

    def test_lets_sidecars_reach_the_control_plane(self) -> None:
        for app in App:
            assert all(self.network.lets_through(service(app), DAPR, port) for port in (50001, 50006, 6500))
            assert not self.network.lets_through(service(app), DAPR, 443)

    def test_lets_a_stranger_nowhere(self) -> None:
        targets = [*((service(app), SIDECAR) for app in App), *DATA.values()]
        for target, port in targets:
            assert not self.network.allows("egress", STRANGER, target, port)
            assert not self.network.allows("ingress", target, STRANGER, port)


class TestCalls:
    def test_are_in_every_layer_of_production(self) -> None:
        found = objects("todo", "production")
        network, control = Network.of(found), of_kind(found, "Configuration")
        for callee, callers in declared().items():
            for caller in callers:
                assert network.allows("egress", service(caller), service(callee), SIDECAR)
                assert network.allows("ingress", service(callee), service(caller), SIDECAR)
                policies = control[callee]["spec"]["accessControl"]["policies"]
                assert caller in {policy["appId"] for policy in policies}
