"""Images of others that our charts and compose.yaml name, and pinning them by digest."""

import re
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path

from devstack.errors import CommandError
from devstack.paths import ROOT
from devstack.toolbox.tool import require_command

FILES = (ROOT / "charts" / "data" / "values.yaml", ROOT / "kafka" / "kafka-ui.yaml", ROOT / "compose.yaml")
"""Those that run images we have not built. Images that pinned charts name are pinned by those charts."""

IMAGE = re.compile(
    r"^(?P<indent>\s+image: )(?P<name>[\w./-]+:[\w.-]+)(?:@(?P<digest>sha256:[0-9a-f]{64}))?$", re.M
)


def list_images(files: Iterable[Path] = FILES) -> list[str]:
    """`name:tag` or `name:tag@sha256:…` of each, in order and once."""
    found = [match[0].split("image: ")[1] for file in files for match in IMAGE.finditer(file.read_text())]
    return list(dict.fromkeys(found))


def pin_images(text: str, resolve: Callable[[str], str]) -> str:
    """`text` of one of `FILES` with the digest that each image's tag has now."""
    return IMAGE.sub(lambda match: f"{match['indent']}{match['name']}@{resolve(match['name'])}", text)


def resolve_digest(name: str) -> str:
    """`sha256:…` of a tag, for all its platforms. Raises `CommandError` if the registry doesn't say."""
    docker = require_command("docker", "Install Docker with buildx.")
    command = [docker, "buildx", "imagetools", "inspect", name, "--format", "{{.Manifest.Digest}}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    digest = done.stdout.strip()
    if done.returncode or not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise CommandError(f"No digest of {name}: {done.stderr.strip() or digest}")
    return digest


def pin_files(files: Iterable[Path] = FILES) -> None:
    """Write the digests. Raises `CommandError` before the first file is written, if one is missing."""
    pinned = {file: pin_images(file.read_text(), resolve_digest) for file in files}
    for file, text in pinned.items():
        file.write_text(text)
