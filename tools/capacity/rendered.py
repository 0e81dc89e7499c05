"""Pods of our own charts, and those that operators make of the resources in them."""

import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Literal

import yaml

from devstack.errors import CommandError
from devstack.paths import ROOT
from devstack.toolbox.ensure import ensure_tools, find_tool
from devstack.toolbox.helm import HELM
from tools.capacity.pods import Amounts, Pod, number_pods, parse_quantity, sum_requests

CHARTS = ROOT / "charts"
DATA_PRIORITY = "todo-data"
RUNNING = ("Deployment", "StatefulSet")
Scale = Literal["minReplicas", "maxReplicas"]
Object = Mapping[str, Any]


@cache
def render(chart: str, environment: str) -> Sequence[Object]:
    """What Helm would send to the cluster with the environment's values. Raises `CommandError`."""
    ensure_tools([HELM])
    folder = CHARTS / chart
    if (folder / "Chart.lock").exists():
        _helm("dependency", "build", str(folder), "--skip-refresh")
    values = ["--values", str(folder / f"values-{environment}.yaml")]
    tag = ["--set-string", "global.image.tag=0.0.0"]
    text = _helm("template", chart, str(folder), "--namespace", environment, *values, *tag)
    return [item for item in yaml.load_all(text, yaml.CSafeLoader) if item]


def _helm(*arguments: str) -> str:
    done = subprocess.run(
        [find_tool(HELM), *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise CommandError(done.stderr.strip())
    return done.stdout


def list_running(objects: Sequence[Object], scale: Scale) -> list[Pod]:
    """What runs all the time, at the least or the most the autoscalers allow."""
    scalers = {
        each["spec"]["scaleTargetRef"]["name"]: int(each["spec"][scale])
        for each in objects
        if each["kind"] == "HorizontalPodAutoscaler"
    }
    found = []
    for item in objects:
        name = item["metadata"]["name"]
        if item["kind"] in RUNNING:
            count = scalers.get(name, item["spec"].get("replicas", 1))
            found += number_pods(_read_template(name, item["spec"]["template"], item["spec"]), count)
        elif item["kind"] in OPERATED:
            found += OPERATED[item["kind"]](item, objects)
    return found


def list_jobs(objects: Sequence[Object]) -> list[Pod]:
    """Of the jobs that the clock starts the most that run at once, by what they request.

    Raises `ValueError` for a schedule with more than a minute, an hour and a day of the week.
    """
    jobs = [each for each in objects if each["kind"] == "CronJob" and not each["spec"].get("suspend")]
    windows = {each["metadata"]["name"]: _read_window(each["spec"]) for each in jobs}
    pods = {
        name: _read_template(name, each["spec"]["jobTemplate"]["spec"]["template"], {})
        for each in jobs
        for name in [each["metadata"]["name"]]
    }
    together = [
        [pods[name] for name, (begin, end) in windows.items() if begin <= start < end]
        for start, _ in windows.values()
    ]
    return max(together, key=lambda found: sum_requests(found).memory, default=[])


def _read_window(spec: Object) -> tuple[float, float]:
    """Hours of the day in which a job may run: it may begin late, and ends by its deadline."""
    minute, hour, *days = spec["schedule"].split()
    if days[:2] != ["*", "*"]:
        raise ValueError(f"{spec['schedule']}: not a time of the day, of each day or of one of the week")
    start = int(hour) + int(minute) / 60
    late = spec["startingDeadlineSeconds"] + spec["jobTemplate"]["spec"]["activeDeadlineSeconds"]
    return start, start + late / 3600


def list_gateway(objects: Sequence[Object], nginx: Mapping[str, Any]) -> list[Pod]:
    """The pods that NGINX Gateway Fabric makes for each Gateway. nginx: of the values of its release."""
    resources = nginx["container"]["resources"]
    requests, limits = Amounts.parse(resources["requests"]), Amounts.parse(resources["limits"])
    return [
        pod
        for item in objects
        if item["kind"] == "Gateway"
        for pod in number_pods(Pod("gateway", "gateway", requests, limits), nginx["replicas"])
    ]


def _read_template(name: str, template: Object, spec: Object) -> Pod:
    """The Pod of a template, with the sidecar that Dapr's injector adds.

    Kubernetes' rule: containers together, or the largest of those that run before them, whichever is more.
    """
    pod = template["spec"]
    found: dict[str, Amounts] = {}
    for kind in ("requests", "limits"):
        together = Amounts.sum(
            [Amounts.parse(each["resources"][kind]) for each in pod["containers"]]
            + [_sidecar(template["metadata"].get("annotations", {}), kind.removesuffix("s"))]
        )
        for each in pod.get("initContainers", []):
            together = together.at_least(Amounts.parse(each["resources"][kind]))
        found[kind] = together
    return Pod(
        name,
        name,
        found["requests"],
        found["limits"],
        apart=_is_apart(pod),
        first=pod.get("priorityClassName") == DATA_PRIORITY,
        volumes=tuple(
            parse_quantity(each["spec"]["resources"]["requests"]["storage"])
            for each in spec.get("volumeClaimTemplates", [])
        ),
    )


def _sidecar(annotations: Mapping[str, str], kind: str) -> Amounts:
    if annotations.get("dapr.io/enabled") != "true":
        return Amounts()
    return Amounts.parse({of: annotations[f"dapr.io/sidecar-{of}-{kind}"] for of in ("cpu", "memory")})


def _is_apart(pod: Object) -> bool:
    spread = pod.get("topologySpreadConstraints", [])
    return any(each["whenUnsatisfiable"] == "DoNotSchedule" for each in spread)


def _build_pod(name: str, resources: Mapping[str, Any], **more: Any) -> Pod:
    return Pod(name, name, Amounts.parse(resources["requests"]), Amounts.parse(resources["limits"]), **more)


def _read_node_pool(item: Object, _: Sequence[Object]) -> Iterator[Pod]:
    """Strimzi: a pod for each node of Kafka, with its volumes."""
    spec = item["spec"]
    volumes = tuple(parse_quantity(each["size"]) for each in spec["storage"]["volumes"])
    pod = _build_pod(
        f"kafka-{item['metadata']['name']}",
        spec["resources"],
        apart=_is_apart(spec["template"]["pod"]),
        first=spec["template"]["pod"].get("priorityClassName") == DATA_PRIORITY,
        volumes=volumes,
    )
    yield from number_pods(pod, spec["replicas"])


def _read_kafka(item: Object, _: Sequence[Object]) -> Iterator[Pod]:
    """Strimzi: one pod with both operators of topics and users, and one of Kafka Exporter."""
    operators = [
        item["spec"]["entityOperator"][name]["resources"] for name in ("topicOperator", "userOperator")
    ]
    requests = Amounts.sum(Amounts.parse(each["requests"]) for each in operators)
    limits = Amounts.sum(Amounts.parse(each["limits"]) for each in operators)
    yield Pod("kafka-entity-operator", "kafka-entity-operator", requests, limits)
    yield _build_pod("kafka-exporter", item["spec"]["kafkaExporter"]["resources"])


def _read_postgres(item: Object, objects: Sequence[Object]) -> Iterator[Pod]:
    """CloudNativePG: a pod for each instance, on a node of its own if there is one, unless told otherwise.

    With the sidecar that archives, if it has an archive.
    """
    spec = item["spec"]
    stores = {each["metadata"]["name"]: each["spec"] for each in objects if each["kind"] == "ObjectStore"}
    sidecars = [
        stores[each["parameters"]["barmanObjectName"]]["instanceSidecarConfiguration"]["resources"]
        for each in spec.get("plugins", [])
    ]
    requests, limits = (
        Amounts.sum(Amounts.parse(each[kind]) for each in [spec["resources"], *sidecars])
        for kind in ("requests", "limits")
    )
    apart = spec.get("affinity", {}).get("podAntiAffinityType") == "required"
    pod = Pod(
        "postgres",
        "postgres",
        requests,
        limits,
        apart=apart,
        first=spec.get("priorityClassName") == DATA_PRIORITY,
        volumes=(parse_quantity(spec["storage"]["size"]),),
    )
    yield from number_pods(pod, spec["instances"])


OPERATED = {"KafkaNodePool": _read_node_pool, "Kafka": _read_kafka, "Cluster": _read_postgres}
"""By kind of resource, which pods its operator makes of it."""
