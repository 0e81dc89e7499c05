"""What state everything in a cluster is in, written down for somebody who looks at it when it is gone."""

from pathlib import Path

from cluster.cluster import Cluster

EVERYWHERE = "--all-namespaces"
QUESTIONS = {
    "nodes": ["describe", "nodes"],
    "pods": ["get", "pods", EVERYWHERE, "--output=wide"],
    "pods-described": ["describe", "pods", EVERYWHERE],
    "events": ["get", "events", EVERYWHERE, "--sort-by=.lastTimestamp"],
    "workloads": ["get", "deployments,statefulsets,daemonsets,jobs", EVERYWHERE],
    "volumes": ["get", "persistentvolumeclaims", EVERYWHERE],
    "kafka": ["get", "kafkas,kafkanodepools,kafkatopics,kafkausers", EVERYWHERE, "--output=yaml"],
    "postgres": ["get", "clusters.postgresql.cnpg.io,databases", EVERYWHERE, "--output=yaml"],
    "gateway": ["get", "gatewayclasses,gateways,httproutes", EVERYWHERE, "--output=yaml"],
    "certificates": ["get", "clusterissuers,certificates,orders,challenges", EVERYWHERE, "--output=yaml"],
    "prometheus": ["get", "prometheuses,alertmanagers,podmonitors,probes", EVERYWHERE, "--output=yaml"],
}
"""What is asked of kubectl, by the name of its file. No Secret is among it."""
COLUMNS = "--output=custom-columns=N:.metadata.namespace,P:.metadata.name,F:.status.phase" + (
    ",R:.status.containerStatuses[*].ready,S:.status.containerStatuses[*].restartCount"
)
LINES = 400
"""Of each container's log, and of the one before it was restarted."""


def collect_diagnostics(cluster: Cluster, target: Path) -> None:
    """Writes a file for each question and for each pod that isn't well; what can't be had is left empty."""
    target.mkdir(parents=True, exist_ok=True)
    for name, question in QUESTIONS.items():
        (target / f"{name}.txt").write_text(cluster.kubectl(*question, check=False))
    releases = cluster.helm("list", EVERYWHERE, "--all", check=False)
    (target / "releases.txt").write_text(releases)
    for namespace, pod in _list_unwell(cluster):
        where = ["--namespace", namespace, "logs", pod, "--all-containers", f"--tail={LINES}", "--prefix"]
        logs = [cluster.kubectl(*where, *which, check=False) for which in ([], ["--previous"])]
        (target / f"log-{namespace}-{pod}.txt").write_text("\n".join(logs))


def _list_unwell(cluster: Cluster) -> list[tuple[str, str]]:
    """Namespace and name of each pod with a container that isn't ready or was restarted, but for the done."""
    listed = cluster.kubectl("get", "pods", EVERYWHERE, "--no-headers", COLUMNS, check=False)
    found = [line.split() for line in listed.splitlines()]
    return [
        (namespace, pod)
        for namespace, pod, phase, ready, restarts in found
        if phase != "Succeeded" and (set(ready.split(",")) != {"true"} or set(restarts.split(",")) != {"0"})
    ]
