"""Everything that runs in an environment fits its nodes: by what it requests, pod by pod, also with one lost.

The numbers of DigitalOcean are in tools/capacity/digitalocean.yaml, with their sources.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from contracts.names import App
from tests.charts.other_charts import render_objects
from tests.charts.rendering import Object, objects, of_kind, pods
from tools.capacity import page, releases, sizing
from tools.capacity.environment import NAMES, Environment
from tools.capacity.packing import (
    Node,
    choose_emptiest,
    copy_nodes,
    format_nodes,
    lose_node,
    order_by_size,
    place,
)
from tools.capacity.pods import GIB, Amounts, Pod, number_pods, parse_quantity, sum_limits, sum_requests

REPLICATED = {"kafka-broker", "kafka-controller", "postgres", "alertmanager", "prometheus", "scheduler"}
"""Sets that go on without one of their members, which waits for a node with room for it."""


BY_OPERATORS = {"observability", "prometheus"}
"""Releases whose pods, or most of them, are made by an operator, or that have none."""


@pytest.fixture(scope="module", params=NAMES)
def environment(request: pytest.FixtureRequest) -> Environment:
    return Environment(request.param)


class TestFewestWorkers:
    def test_have_room_for_all_that_runs(self, environment: Environment) -> None:
        nodes = environment.list_nodes(environment.fewest)
        left = place(order_by_size(environment.list_running(), nodes), nodes)
        assert not left, format_nodes(nodes)

    def test_have_room_for_a_release_a_backup_and_an_upgrade_at_once(self, environment: Environment) -> None:
        """Without waiting for the autoscaler's next machine, which takes minutes."""
        nodes = environment.list_nodes(environment.fewest)
        assert not place(order_by_size(environment.list_running(), nodes), nodes)
        left = place(order_by_size(environment.list_busiest(), nodes), nodes)
        assert not left, format_nodes(nodes)

    def test_are_filled_by_the_scheduler_as_well(self, environment: Environment) -> None:
        """Which packs nothing: pods go to the emptiest node, in the order `make deploy` starts them."""
        nodes = environment.list_nodes(environment.fewest)
        left = place(environment.list_running(), nodes, choose_emptiest)
        assert not left, format_nodes(nodes)

    def test_lose_one_and_run_all_but_members_of_replicated_sets(self, environment: Environment) -> None:
        whole = environment.list_nodes(environment.fewest)
        place(environment.list_running(), whole, choose_emptiest)
        for lost in range(len(whole)):
            nodes = copy_nodes(whole)
            left = lose_node(nodes, nodes[lost])
            waiting = Counter(pod.owner for pod in left)
            assert set(waiting) <= REPLICATED, format_nodes(nodes)
            assert set(waiting.values()) <= {1}, waiting
            members = Counter(pod.owner for node in whole for pod in node.pods)
            assert all(members[owner] > 1 for owner in waiting)


class TestMostWorkers:
    def test_have_room_for_the_most_pods_at_the_busiest(self, environment: Environment) -> None:
        nodes = environment.list_nodes(environment.most)
        everything = environment.list_running("maxReplicas") + environment.list_busiest("maxReplicas")
        assert not place(order_by_size(everything, nodes), nodes), format_nodes(nodes)


class TestQuota:
    def test_lets_the_most_pods_be_replaced_and_stops_a_runaway(self, environment: Environment) -> None:
        hard = of_kind(objects("todo", environment.name), "ResourceQuota")["todo"]["spec"]["hard"]
        needed = environment.list_namespace("maxReplicas")
        requests, limits = sum_requests(needed), sum_limits(needed)
        sums = {
            "requests.cpu": requests.cpu,
            "requests.memory": requests.memory,
            "limits.memory": limits.memory,
            "pods": len(needed),
        }
        for name, value in sums.items():
            assert value <= parse_quantity(hard[name]) <= 1.4 * value, (name, value)


class TestReleases:
    """The table of other projects' workloads, against the charts that can be had."""

    def test_have_all_that_are_installed(self, environment: Environment) -> None:
        installed = [*environment.platform, *environment.monitoring]
        assert {each.name for each in installed} <= set(releases.read_workloads())

    @pytest.mark.parametrize("name", sorted(set(releases.read_workloads()) - BY_OPERATORS))
    def test_have_the_pods_their_charts_render(self, name: str, environment: Environment) -> None:
        [release] = [each for each in [*environment.platform, *environment.monitoring] if each.name == name]
        found = render_objects(release)
        running = [each for each in found if each["kind"] in ("Deployment", "StatefulSet")]
        on_each_node = [each for each in found if each["kind"] == "DaemonSet"]
        listed, each_node = releases.list_pods(release)
        assert len(listed) == sum(each["spec"]["replicas"] for each in running)
        assert sum_requests(listed) == _requests(running)
        assert len(each_node) == len(on_each_node)
        assert sum_requests(each_node) == _requests(on_each_node)

    def test_say_what_each_container_needs(self, environment: Environment) -> None:
        """What requests nothing is counted as nothing, and is the first to be evicted."""
        for release in [*environment.platform, *environment.monitoring]:
            for workload, requests in releases.list_containers(release):
                assert requests.cpu, f"{release.name}: {workload}"
                assert requests.memory, f"{release.name}: {workload}"


def _requests(found: Sequence[Object]) -> Amounts:
    return Amounts.sum(
        Amounts.parse(container["resources"]["requests"])
        for item in found
        for container in _list_lasting(item["spec"]["template"]["spec"])
        for _ in range(item["spec"].get("replicas", 1))
    )


def _list_lasting(pod: Object) -> list[Object]:
    """Containers that run as long as the pod does, sidecars among them."""
    sidecars = [each for each in pod.get("initContainers", []) if each.get("restartPolicy") == "Always"]
    return [*pod["containers"], *sidecars]


class TestRequests:
    def test_of_services_follow_from_measurements(self) -> None:
        found = objects("todo", "production")
        scalers = of_kind(found, "HorizontalPodAutoscaler")
        demands = sizing.list_demands({app: scalers[app]["spec"]["minReplicas"] for app in App})
        for pod in pods(list(of_kind(found, "Deployment").values())):
            app = pod.annotations["dapr.io/app-id"]
            sidecar = {of: pod.annotations[f"dapr.io/sidecar-{of}-request"] for of in ("cpu", "memory")}
            [container] = pod.spec["containers"]
            for process, requested in {
                app: container["resources"]["requests"],
                sizing.SIDECAR(app): sidecar,
            }.items():
                requests, demand = Amounts.parse(requested), demands[process]
                assert 0.9 * demand.memory <= requests.memory <= demand.memory + 48 * 2**20, process
                assert 0.8 * demand.cpu <= requests.cpu <= demand.cpu + 0.055, process

    @pytest.mark.parametrize("name", NAMES)
    def test_say_nothing_of_when_another_pod_comes(self, name: str) -> None:
        """That follows from how busy a process may be before others have to wait."""
        for scaler in of_kind(objects("todo", name), "HorizontalPodAutoscaler").values():
            [metric] = [each["containerResource"] for each in scaler["spec"]["metrics"]]
            assert (metric["container"], metric["name"]) == ("app", "cpu")
            target = parse_quantity(metric["target"]["averageValue"])
            assert target == pytest.approx(sizing.scaling_target(), abs=0.1)


TWO_NODES = [Node(name, Amounts(2, 4 * GIB), 4, 2) for name in ("a", "b")]
QUARTER = Pod("quarter", "quarter", Amounts(0.5, 1 * GIB))


class TestPacking:
    """The packing itself, on nodes small enough to see what is right."""

    def test_puts_the_largest_first(self) -> None:
        nodes = copy_nodes(TWO_NODES)
        large = replace(QUARTER, name="large", owner="large", requests=Amounts(0.1, 3 * GIB))
        small = number_pods(QUARTER, 2)
        assert not place(order_by_size([*small, *number_pods(large, 2)], nodes), nodes)
        assert {node.count("large") for node in nodes} == {1}

    @pytest.mark.parametrize(
        ("pod", "count", "left"),
        [
            (QUARTER, 8, 0),
            (replace(QUARTER, requests=Amounts(0.5, 1.5 * GIB)), 5, 1),
            (replace(QUARTER, requests=Amounts(0.7, 0.5 * GIB)), 5, 1),
            (replace(QUARTER, requests=Amounts()), 9, 1),
            (replace(QUARTER, volumes=(1.0,)), 5, 1),
        ],
        ids=["all fit", "memory", "processors", "pods of a node", "volumes of a node"],
    )
    def test_leaves_what_does_not_fit(self, pod: Pod, count: int, left: int) -> None:
        assert len(place(number_pods(pod, count), copy_nodes(TWO_NODES))) == left

    def test_keeps_apart_what_must_be(self) -> None:
        """The second may not join the first while the other node has none, though that has no room."""
        nodes = copy_nodes(TWO_NODES)
        nodes[1].pods = number_pods(replace(QUARTER, owner="other", requests=Amounts(2, 0)), 1)
        broker = number_pods(replace(QUARTER, owner="broker", apart=True), 2)
        assert [pod.name for pod in place(broker, nodes)] == ["quarter-1"]

    def test_moves_what_a_lost_node_had(self) -> None:
        nodes = copy_nodes(TWO_NODES)
        place(number_pods(QUARTER, 5), nodes)
        assert len(lose_node(nodes, nodes[0])) == 1
        assert len(nodes[1].pods) == 4


class TestPage:
    def test_has_the_sums_and_prices(self) -> None:
        text = page.PAGE.read_text()
        assert page.insert(text) == text, "run `make generate`"
