"""The images of what every cluster has, from programs built here: DNS, metrics-server, operators, Dapr."""

from pathlib import Path

from cluster import toolbox
from cluster.images.archive import MACHINE, BinaryImage, hash_content, write_archive
from devstack.paths import TOOLS
from devstack.toolbox.dapr import CONTROL_PLANE, DAPRD
from devstack.toolbox.ensure import find_tool
from devstack.toolbox.golang import GoTool
from devstack.toolbox.object_store import OBJECT_STORE

ARCHIVES = TOOLS / "images"
PAUSE_IMAGE = "local/pause:1"
DAPR_REGISTRY = "local/dapr"


def format_image_name(tool: GoTool) -> str:
    """`local/<tool>:<its version>`."""
    return f"local/{tool.name}:{tool.version}"


def format_sidecar_name() -> str:
    """The image that CloudNativePG's plugin puts beside each PostgreSQL; `make cluster-images` builds it."""
    tool = toolbox.PLUGIN_BARMAN_CLOUD
    return f"local/{tool.name}-sidecar:{tool.version}"


def list_platform_images() -> list[BinaryImage]:
    dapr = [
        BinaryImage(f"{DAPR_REGISTRY}/{tool.name}:{tool.version}", find_tool(tool))
        for tool in (*CONTROL_PLANE, DAPRD)
    ]
    others = [
        BinaryImage(format_image_name(tool), find_tool(tool))
        for tool in (toolbox.COREDNS, toolbox.METRICS_SERVER, toolbox.REDIS_EXPORTER)
    ]
    return [BinaryImage(PAUSE_IMAGE, find_tool(toolbox.PAUSE)), *others, build_cloudnative_pg_image(), *dapr]


def build_cloudnative_pg_image() -> BinaryImage:
    """The operator copies itself into instances from `operator/`; their first container runs /manager."""
    tool = toolbox.CLOUDNATIVE_PG
    return BinaryImage(
        format_image_name(tool), find_tool(tool), path=f"operator/manager_{MACHINE}", links=("manager",)
    )


def list_https_images() -> list[BinaryImage]:
    """What gives an environment HTTPS; cert-manager's parts have the names its chart knows."""
    parts = [
        BinaryImage(
            f"local/cert-manager-{part}:v{toolbox.CERT_MANAGER.version}",
            find_tool(toolbox.CERT_MANAGER),
            part=part,
        )
        for part in ("controller", "webhook", "cainjector", "acmesolver")
    ]
    others = (toolbox.PEBBLE, toolbox.TRAEFIK)
    return [*parts, *(BinaryImage(format_image_name(tool), find_tool(tool)) for tool in others)]


def list_monitoring_images() -> list[BinaryImage]:
    """Under /bin: Prometheus keeps its data in a volume at /prometheus."""
    return [
        BinaryImage(format_image_name(tool), find_tool(tool), path=f"bin/{tool.name}")
        for tool in toolbox.MONITORING
    ]


def build_object_store_image() -> BinaryImage:
    """What backups go to where there is no provider's store."""
    return BinaryImage(format_image_name(OBJECT_STORE), find_tool(OBJECT_STORE))


def build_barman_cloud_image() -> BinaryImage:
    """CloudNativePG's plugin itself, for tests that archive PostgreSQL."""
    tool = toolbox.PLUGIN_BARMAN_CLOUD
    return BinaryImage(format_image_name(tool), find_tool(tool))


def ensure_archive(image: BinaryImage) -> Path:
    """The archive of `image`, written unless one of the same content is there."""
    name = image.name.replace("/", "-").replace(":", "-")
    archive = ARCHIVES / f"{name}-{hash_content(image)}.tar"
    if not archive.exists():
        for outdated in ARCHIVES.glob(f"{name}-*.tar"):
            outdated.unlink()
        write_archive(image, archive)
    return archive
