"""Builds the images of the services and of the servers they need, and keeps them as one archive."""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from cluster import toolbox
from cluster.addons import find_in_module
from cluster.images.debootstrap import ensure_base_image
from cluster.images.docker import Docker, is_docker_running, run_docker_daemon
from cluster.images.platform import ARCHIVES, format_sidecar_name
from contracts.names import BACKUP_IMAGE, App
from devstack.errors import CommandError
from devstack.paths import ROOT, TOOLS
from devstack.toolbox.ensure import ensure_tools, find_tool
from devstack.toolbox.kafka import KAFKA
from devstack.toolbox.web_assets import WEB_ASSETS

TAG = "dev"
SERVICES = {app: f"local/todo/{app}:{TAG}" for app in App}
BACKUP = f"local/todo/{BACKUP_IMAGE}:{TAG}"
SIDECAR = "plugin-barman-cloud-sidecar"
SERVERS = {
    "kafka": "local/kafka:4",
    "redis": "local/redis:8",
    "postgres": "local/postgres:17",
    SIDECAR: format_sidecar_name(),
}
MOST_BYTES = 210_000_000
"""Of an image of a service, unpacked."""
DOCKERFILE = ROOT / "Dockerfile"
RECIPES = Path(__file__).parent / "recipes"


def find_built_archive() -> Path | None:
    """The newest archive of all images, if they have been built."""
    found = sorted(ARCHIVES.glob("built-*.tar"), key=lambda archive: archive.stat().st_mtime)
    return found[-1] if found else None


def build_images(base: str | None = None) -> Path:
    """Build what has changed and return the archive of all images.

    base: a base image the daemon can get; by default that of the Dockerfile where the machine has a Docker,
    and else one made here.
    """
    ensure_tools([KAFKA, WEB_ASSETS, toolbox.PLUGIN_BARMAN_CLOUD])
    if is_docker_running():
        return _build_all(Docker(), base or read_base_image())
    with run_docker_daemon() as docker:
        return _build_all(docker, base or ensure_base_image(docker))


def read_base_image() -> str:
    """The base image that the Dockerfile names, with its digest."""
    named = re.search(r"^ARG BASE=(\S+)$", DOCKERFILE.read_text(), re.M)
    assert named, "the Dockerfile names its base image"
    return named[1]


def _build_all(docker: Docker, base: str) -> Path:
    for name, tag in SERVERS.items():
        _build_server(docker, name, tag, base)
    for app, tag in SERVICES.items():
        _build_service(docker, app, tag, base)
    _build(docker, BACKUP, ROOT / "tools" / "backup" / "Dockerfile", {"BASE": base})
    return _save_images(docker, [*SERVERS.values(), *SERVICES.values(), BACKUP])


def _build_service(docker: Docker, app: App, tag: str, base: str) -> None:
    if _build(docker, tag, DOCKERFILE, {"BASE": base, "SERVICE": app.value}) > MOST_BYTES:
        raise CommandError(f"{tag} has more than {MOST_BYTES / 1e6:.0f} MB.")


def _build(docker: Docker, tag: str, dockerfile: Path, arguments: Mapping[str, str]) -> int:
    """Its size in bytes, unpacked."""
    of_this = {**arguments, "VERSION": TAG, "REVISION": _revision()}
    docker.build(ROOT, tag=tag, arguments=of_this, dockerfile=dockerfile)
    size = docker.size(tag)
    print(f"  image {tag}: {size / 1e6:.1f} MB", flush=True)
    return size


def _build_server(docker: Docker, name: str, tag: str, base: str) -> None:
    print(f"  image {tag}", flush=True)
    context = TOOLS / "image-context" / name
    shutil.rmtree(context, ignore_errors=True)
    shutil.copytree(RECIPES / name, context)
    if name == "kafka":
        shutil.copytree(find_tool(KAFKA), context / "libs")
    if name == SIDECAR:
        tool = toolbox.PLUGIN_BARMAN_CLOUD
        shutil.copy(find_tool(tool), context / "manager")
        shutil.copy(find_in_module(tool, "containers/sidecar-requirements.txt"), context)
    docker.build(context, tag=tag, arguments={"BASE": base}, dockerfile=context / "Dockerfile")
    shutil.rmtree(context)


def _save_images(docker: Docker, tags: list[str]) -> Path:
    contents = " ".join(f"{tag} {docker.image_id(tag)}" for tag in tags)
    archive = ARCHIVES / f"built-{hashlib.sha256(contents.encode()).hexdigest()[:16]}.tar"
    if not archive.exists():
        ARCHIVES.mkdir(parents=True, exist_ok=True)
        docker.save(tags, archive)
        for outdated in set(ARCHIVES.glob("built-*.tar")) - {archive}:
            outdated.unlink()
    return archive


def _revision() -> str:
    command = ["git", "rev-parse", "HEAD"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"
