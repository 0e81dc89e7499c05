"""The Python base image where no registry can be reached: Debian 13, made with debootstrap."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

from cluster import toolbox
from cluster.images.docker import Docker
from devstack.errors import CommandError
from devstack.paths import TOOLS
from devstack.toolbox.ensure import find_tool
from devstack.toolbox.tool import run_command

RECIPE = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
BASE_IMAGE = f"local/python:3.13-slim-{RECIPE}"
RELEASE = "trixie"
PACKAGES = ("python3", "python3-venv", "ca-certificates")
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
WASTE = (
    "var/lib/apt/lists",
    "var/cache/apt/archives",
    *(f"usr/share/{what}" for what in ("doc", "info", "locale", "man")),
)
UNUSED = ("__pycache__", "test")
"""Of the standard library; the official image goes without them too."""


def ensure_base_image(docker: Docker) -> str:
    """The name of the base image, which is made if it is missing."""
    if not docker.image_id(BASE_IMAGE):
        root = TOOLS / "base"
        shutil.rmtree(root, ignore_errors=True)
        try:
            _install(root)
            _import(docker, root)
        finally:
            shutil.rmtree(root, ignore_errors=True)
    return BASE_IMAGE


def _install(root: Path) -> None:
    programs = find_tool(toolbox.BUILD_PROGRAMS)
    env = {"DEBOOTSTRAP_DIR": str(toolbox.BUILD_PROGRAMS.unpacked / "usr" / "share" / "debootstrap")}
    options = ["--variant=minbase", f"--include={','.join(PACKAGES)}"]
    # In a mount namespace of its own, so that what it mounts below root can't outlive it.
    run_command(["unshare", "--mount", str(programs / "debootstrap"), *options, RELEASE, str(root)], env=env)
    (root / "usr" / "bin" / "python").symlink_to("python3")
    shutil.copyfile(AUTHORITIES, root / AUTHORITIES.lstrip("/"))
    for waste in WASTE:
        shutil.rmtree(root / waste)
    for unused in [path for name in UNUSED for path in root.glob(f"usr/lib/python3*/**/{name}")]:
        shutil.rmtree(unused, ignore_errors=True)  # one may lie in another
    (root / WASTE[1] / "partial").mkdir(parents=True)


def _import(docker: Docker, root: Path) -> None:
    """As the official image is configured, and trusting whom this machine trusts."""
    changes = ['CMD ["python3"]', f"ENV SSL_CERT_FILE={AUTHORITIES} PIP_CERT={AUTHORITIES}"]
    options = [word for change in changes for word in ("--change", change)]
    tar = ["tar", "--create", "--directory", str(root), "--numeric-owner", "."]
    with subprocess.Popen(tar, stdout=subprocess.PIPE) as archive:
        assert archive.stdout
        docker.run("import", *options, "-", BASE_IMAGE, stdin=archive.stdout.fileno())
    if archive.returncode:
        raise CommandError(f"tar could not read {os.path.relpath(root)}.")
