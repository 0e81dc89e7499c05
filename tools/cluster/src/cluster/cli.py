"""`cluster up|down|status|tools|images|rotate-key|diagnostics`: the programs behind the Makefile."""

import argparse
import os
import sys
import time
from pathlib import Path

from cluster import toolbox
from cluster.cluster import Cluster
from cluster.diagnostics import collect_diagnostics
from cluster.encryption import rotate_key
from cluster.images.build import build_images
from cluster.images.docker import is_docker_running
from cluster.kind import KindCluster
from devstack import processes
from devstack.errors import CommandError
from devstack.paths import ROOT
from devstack.toolbox.ensure import ensure_tools

FOLDER = ROOT / ".cluster"
WAYS = "kind, in Docker, or built from source; by default kind where Docker runs"


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="cluster", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where its state is kept")
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="bring up a Kubernetes of one node with Dapr")
    up.add_argument("--with", dest="kind", choices=("kind", "source"), help=WAYS)
    up.add_argument("--workers", type=int, default=0, help="more nodes, of kind only")
    verbs.add_parser("down", help="remove it and all it made")
    verbs.add_parser("status", help="say what runs")
    images = verbs.add_parser("images", help="build the images of services and servers, load them if it runs")
    images.add_argument("--base", help="base image; by default one made on this machine")
    verbs.add_parser("tools", help="build or install what is missing")
    verbs.add_parser("rotate-key", help="encrypt its Secrets in etcd with a new key, and forget the old one")
    diagnostics = verbs.add_parser("diagnostics", help="write down what state everything in it is in")
    diagnostics.add_argument("target", type=Path, help="folder for the files")
    return parser


def main() -> None:
    arguments = build_parser().parse_args()
    try:
        sys.exit(_run(arguments, Cluster.at(arguments.folder)))
    except CommandError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped.")


def _run(arguments: argparse.Namespace, cluster: Cluster) -> int:
    match arguments.verb:
        case "up":
            _up(cluster, arguments.kind or ("kind" if is_docker_running() else "source"), arguments.workers)
        case "down":
            removed = [KindCluster(cluster.folder).down(), cluster.down()]
            print("Removed." if any(removed) else "There was no cluster.")
        case "status":
            return _status(cluster)
        case "images":
            _build_images(cluster, arguments.base)
        case "diagnostics":
            _collect_diagnostics(cluster, arguments.target)
        case "rotate-key":
            print(f"Every Secret is encrypted with {rotate_key(cluster)}.")
        case "tools":
            ensure_tools(toolbox.CLUSTER)
            print("Every tool is there.")
    return 0


def _up(cluster: Cluster, way: str, workers: int) -> None:
    if way == "kind":
        _up_with_kind(KindCluster(cluster.folder), workers)
        return
    if workers:
        raise CommandError("The cluster that is built from source has one node; WORKERS is for kind.")
    ensure_tools(toolbox.CLUSTER)
    started = time.monotonic()
    if cluster.is_running():
        print("Already running.")
    else:
        cluster.up()
        print(f"The node is Ready and Dapr runs after {time.monotonic() - started:.0f} s.")
    print(f"  export KUBECONFIG={os.path.relpath(cluster.kubeconfig)}")


def _up_with_kind(cluster: KindCluster, workers: int) -> None:
    print("Docker runs here: the cluster is one of kind. (WITH=source builds it from source instead.)")
    started = time.monotonic()
    cluster.up(workers)
    print(f"Its nodes are Ready and Dapr runs after {time.monotonic() - started:.0f} s.")
    print(f"  export KUBECONFIG={os.path.relpath(cluster.kubeconfig)}")


def _build_images(cluster: Cluster, base: str | None) -> None:
    started = time.monotonic()
    archive = build_images(base)
    print(f"Built after {time.monotonic() - started:.0f} s: {os.path.relpath(archive)}")
    if cluster.is_running():
        cluster.load_image(archive)
        print("The cluster has them.")
    kind = KindCluster(cluster.folder)
    if is_docker_running() and toolbox.KIND.find() and kind.exists():
        kind.load_image(archive)
        print("The kind cluster has them.")


def _status(cluster: Cluster) -> int:
    kind = KindCluster(cluster.folder)
    if kind.kubeconfig.exists():
        print(kind.api.kubectl("get", "pods", "--all-namespaces"))
        return 0
    if not cluster.is_running():
        print("No cluster is running.")
        return 1
    for process in processes.list_processes(cluster.folder.run):
        print(f"  {process.name:<24} pid {process.pid}")
    print(cluster.kubectl("get", "pods", "--all-namespaces"))
    return 0


def _collect_diagnostics(cluster: Cluster, target: Path) -> None:
    """Of the cluster that KUBECONFIG names, else of kind's, else of the one built from source."""
    kind = KindCluster(cluster.folder)
    if named := os.environ.get("KUBECONFIG"):
        collect_diagnostics(Cluster(cluster.folder, Path(named).resolve()), target)
    else:
        collect_diagnostics(kind.api if kind.kubeconfig.exists() else cluster, target)
    if kind.kubeconfig.exists():
        kind.export_logs(target / "kind")
    print(f"Written to {os.path.relpath(target)}.")
