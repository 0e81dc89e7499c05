"""`cluster up|down|status|tools|images`: the programs behind the Makefile."""

import argparse
import os
import sys
import time
from pathlib import Path

from cluster import toolbox
from cluster.cluster import Cluster
from cluster.images.build import build_images
from cluster.images.docker import is_docker_running
from cluster.kind import KindCluster
from devstack import processes
from devstack.errors import CommandError
from devstack.paths import ROOT
from devstack.toolbox.ensure import ensure_tools

FOLDER = ROOT / ".cluster"
WAYS = "kind, in Docker, or built from source; by default kind where Docker runs"


def main() -> None:
    parser = argparse.ArgumentParser(prog="cluster", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where its state lies")
    verbs = parser.add_subparsers(dest="verb", required=True)
    up = verbs.add_parser("up", help="bring up a Kubernetes of one node with Dapr")
    up.add_argument("--with", dest="kind", choices=("kind", "source"), help=WAYS)
    verbs.add_parser("down", help="remove it and all it made")
    verbs.add_parser("status", help="say what runs")
    images = verbs.add_parser("images", help="build the images of services and servers, load them if it runs")
    images.add_argument("--base", help="base image; by default one made on this machine")
    verbs.add_parser("tools", help="build or install what is missing")
    arguments = parser.parse_args()
    try:
        sys.exit(_run(arguments, Cluster.at(arguments.folder)))
    except CommandError as error:
        sys.exit(f"\n{error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped.")


def _run(arguments: argparse.Namespace, cluster: Cluster) -> int:
    match arguments.verb:
        case "up":
            _up(cluster, arguments.kind or ("kind" if is_docker_running() else "source"))
        case "down":
            removed = [KindCluster(cluster.folder).down(), cluster.down()]
            print("Removed." if any(removed) else "There was no cluster.")
        case "status":
            return _status(cluster)
        case "images":
            _build_images(cluster, arguments.base)
        case "tools":
            ensure_tools(toolbox.CLUSTER)
            print("Every tool is there.")
    return 0


def _up(cluster: Cluster, way: str) -> None:
    if way == "kind":
        _up_with_kind(KindCluster(cluster.folder))
        return
    ensure_tools(toolbox.CLUSTER)
    started = time.monotonic()
    if cluster.is_running():
        print("It runs already.")
    else:
        cluster.up()
        print(f"The node is Ready and Dapr runs after {time.monotonic() - started:.0f} s.")
    print(f"  export KUBECONFIG={os.path.relpath(cluster.kubeconfig)}")


def _up_with_kind(cluster: KindCluster) -> None:
    print("Docker runs here: the cluster is one of kind. (WITH=source builds it from source instead.)")
    started = time.monotonic()
    cluster.up()
    print(f"The node is Ready and Dapr runs after {time.monotonic() - started:.0f} s.")
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
