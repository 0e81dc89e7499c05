"""What runs in containers on every cluster: DNS, metrics, volumes, and the Dapr control plane."""

import base64
import subprocess
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

import yaml

from cluster import toolbox
from cluster.certificates import CLIENT, SERVER, Authorities, Pair, create_authority, issue_certificate
from cluster.images.platform import DAPR_REGISTRY, format_image_name, format_sidecar_name
from cluster.paths import DNS_SERVICE, DOMAIN, NODE, ClusterFolder
from devstack.errors import CommandError
from devstack.toolbox.dapr import DAPRD
from devstack.toolbox.go_compiler import find_go
from devstack.toolbox.golang import GoTool

VOLUMES = 24
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
    return find_in_module(DAPRD, "charts/dapr")


def render_cloudnative_pg() -> str:
    """The operator's own manifest of its release, with the image built here; its pods are not slowed down."""
    tool = toolbox.CLOUDNATIVE_PG
    manifest = find_in_module(tool, f"releases/cnpg-{tool.version}.yaml").read_text()
    documents = [each for each in yaml.load_all(manifest, yaml.CSafeLoader) if each]
    [deployment] = [each for each in documents if each["kind"] == "Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    container |= {"image": format_image_name(tool), "imagePullPolicy": "Never"}
    container["resources"]["limits"]["cpu"] = "1"
    for variable in container["env"]:
        if variable["name"] == "OPERATOR_IMAGE_NAME":
            variable["value"] = format_image_name(tool)
    return yaml.safe_dump_all(documents)


def render_barman_cloud() -> str:
    """The plugin's own manifest of its release, with images and certificates made here.

    cert-manager's part of it is left out. It and the operator trust each other's very certificate; a client
    shows its own only if the issuer has the name that the server asks for, which is that of the certificate.
    """
    tool = toolbox.PLUGIN_BARMAN_CLOUD
    manifest = find_in_module(tool, "manifest.yaml").read_text()
    documents = [each for each in yaml.load_all(manifest, yaml.CSafeLoader) if each]
    documents = [each for each in documents if each["kind"] not in ("Certificate", "Issuer", "Secret")]
    [deployment] = [each for each in documents if each["kind"] == "Deployment"]
    [container] = deployment["spec"]["template"]["spec"]["containers"]
    container |= {
        "image": format_image_name(tool),
        "imagePullPolicy": "Never",
        "env": [{"name": "SIDECAR_IMAGE", "value": format_sidecar_name()}],
    }
    name = "barman-cloud"
    server = issue_certificate(create_authority(name), name, [SERVER], hosts=[name])
    client = issue_certificate(create_authority(f"{name}-client"), f"{name}-client", [CLIENT])
    namespace = deployment["metadata"]["namespace"]
    return yaml.safe_dump_all(
        [
            *documents,
            _render_tls_secret("barman-cloud-server-tls", namespace, server),
            _render_tls_secret("barman-cloud-client-tls", namespace, client),
        ]
    )


def _render_tls_secret(name: str, namespace: str, pair: Pair) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "namespace": namespace},
        "type": "kubernetes.io/tls",
        "data": {"tls.crt": _encoded(pair.certificate_pem), "tls.key": _encoded(pair.key_pem)},
    }


def find_in_module(tool: GoTool, path: str) -> Path:
    """A file or folder of the Go module a tool is built from, at that version."""
    command = [find_go(), "list", "-m", "-f", "{{.Dir}}", tool.dependency]
    done = subprocess.run(command, cwd=tool.module, capture_output=True, text=True, check=False)
    found = Path(done.stdout.strip()) / path
    if done.returncode or not found.exists():
        raise CommandError(f"{path} is not in the Go module of {tool.name}:\n{done.stderr.strip()}")
    return found


def render_dapr_values(registry: str = DAPR_REGISTRY, pull_policy: str = "Never") -> str:
    """Values of Dapr's chart for one node; by default the images are those built here."""
    return render_manifest(
        "dapr-values.yaml", registry=registry, version=DAPRD.version, pull_policy=pull_policy
    )


def _encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
