"""What runs in containers on every cluster: DNS, metrics, volumes, and the Dapr control plane."""

import base64
import subprocess
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import yaml

from cluster import toolbox
from cluster.certificates import SERVER, Authorities, issue_certificate
from cluster.images.platform import DAPR_REGISTRY, format_image_name
from cluster.paths import DNS_SERVICE, DOMAIN, NODE, ClusterFolder
from devstack.errors import CommandError
from devstack.toolbox.dapr import DAPRD
from devstack.toolbox.go_compiler import find_go

VOLUMES = 8
VOLUME_SIZE = "2Gi"
DAPR_SECONDS = 240


def render_manifest(name: str, **values: str) -> str:
    """A file under `manifests/` with its `$names` filled in."""
    return Template(files("cluster").joinpath("manifests", name).read_text()).substitute(values)


def render_coredns() -> str:
    return render_manifest(
        "coredns.yaml", image=format_image_name(toolbox.COREDNS), address=DNS_SERVICE, domain=DOMAIN
    )


def render_metrics_server(signers: Authorities) -> str:
    """It shows a certificate of the cluster, so that the API server needn't trust it blindly."""
    server = issue_certificate(
        signers.cluster, "metrics-server", [SERVER], hosts=["metrics-server.kube-system.svc"]
    )
    return render_manifest(
        "metrics-server.yaml",
        image=format_image_name(toolbox.METRICS_SERVER),
        certificate=_encoded(server.certificate_pem),
        key=_encoded(server.key_pem),
        authority=_encoded(signers.cluster.certificate_pem),
    )


def render_volumes(folder: ClusterFolder) -> str:
    """The default storage class and folders of this machine for its claims; nothing provisions more."""
    storage_class = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": "local", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    return yaml.safe_dump_all([storage_class, *(_render_volume(folder, number) for number in range(VOLUMES))])


def _render_volume(folder: ClusterFolder, number: int) -> dict[str, Any]:
    place = folder.volumes / str(number)
    place.mkdir(parents=True, exist_ok=True)
    this_node = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"local-{number}"},
        "spec": {
            "capacity": {"storage": VOLUME_SIZE},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": "local",
            "persistentVolumeReclaimPolicy": "Retain",
            "local": {"path": str(place)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [this_node]}]}},
        },
    }


def find_dapr_chart() -> Path:
    """The chart inside Dapr's Go module, of the version its programs are built from."""
    go = find_go()
    command = [go, "list", "-m", "-f", "{{.Dir}}", DAPRD.dependency]
    done = subprocess.run(command, cwd=DAPRD.module, capture_output=True, text=True, check=False)
    chart = Path(done.stdout.strip()) / "charts" / "dapr"
    if done.returncode or not chart.is_dir():
        raise CommandError(f"Dapr's chart is not in its Go module:\n{done.stderr.strip()}")
    return chart


def render_dapr_values(registry: str = DAPR_REGISTRY, pull_policy: str = "Never") -> str:
    """Values of Dapr's chart for one node; by default the images are those built here."""
    return render_manifest(
        "dapr-values.yaml", registry=registry, version=DAPRD.version, pull_policy=pull_policy
    )


def _encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
