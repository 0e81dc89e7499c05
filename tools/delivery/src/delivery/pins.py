"""Which image each service runs: a commit and a digest of its own, values of charts/todo.

Of an environment that CI releases to, Helm's release has them; of one that follows git, `images.yaml` of its
overlay. An image of a commit differs from that of the commit before in its labels at least, so an image is
pinned anew only if something that goes into it has changed: pods of the others stay as they are.
"""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml

from contracts.names import BACKUP_IMAGE, IMAGES
from delivery.environments import CHARTS, Environment
from devstack.paths import ROOT

HEADER = """\
# What runs here, by `delivery pin`: digests out of signatures of build.yml, `tag` is the commit.
"""
EVERY_IMAGE = ("pyproject.toml", "uv.lock", ".dockerignore")
EVERY_SERVICE = ("Dockerfile", "libs")
NO_TESTS = ":(exclude)**/tests/**"
"""Which .dockerignore keeps out of every image."""

Pin = Mapping[str, str]
"""`tag`, the commit an image was built from, and `digest`."""


def find_images_file(environment: Environment) -> Path:
    return CHARTS / "flux" / "environments" / environment.name / "todo" / "images.yaml"


def read_pins(file: Path) -> dict[str, Pin]:
    """Pin of each image that has one."""
    return parse_pins(yaml.safe_load(file.read_text()) or {})


def parse_pins(values: Mapping[str, Any]) -> dict[str, Pin]:
    """Pin of each image that has a digest in these values of charts/todo."""
    named = {**values, BACKUP_IMAGE: values.get("global", {}).get("backup", {})}
    images = {name: named[name].get("image", {}) for name in IMAGES if named.get(name)}
    return {
        name: {"tag": image.get("tag", ""), "digest": image["digest"]}
        for name, image in images.items()
        if image.get("digest")
    }


def build_values(pins: Mapping[str, Pin]) -> dict[str, Any]:
    """Values of charts/todo that say what to run."""
    values: dict[str, Any] = {
        str(name): {"image": dict(pin)} for name, pin in pins.items() if name != BACKUP_IMAGE
    }
    if backup := pins.get(BACKUP_IMAGE):
        values["global"] = {"backup": {"image": dict(backup)}}
    return values


def find_values_of(image: str) -> str:
    """Where charts/todo has the values of what runs an image."""
    return f"global.{image}" if image == BACKUP_IMAGE else image


def write_pins(file: Path, pins: Mapping[str, Pin]) -> None:
    file.write_text(HEADER + yaml.safe_dump(build_values(pins), sort_keys=False, width=120))


def pin_changed(
    running: Mapping[str, Pin], new: Mapping[str, Pin], changed: Callable[[str, str, str], bool]
) -> dict[str, Pin]:
    """The pins of a release: of each image the new one if its content has changed, else the one that runs.

    changed: whether an image differs in its content between two commits.
    """
    return {
        name: running[name]
        if name in running and not changed(name, running[name]["tag"], pin["tag"])
        else pin
        for name, pin in new.items()
    }


def has_changed(image: str, before: str, after: str) -> bool:
    """Whether something that goes into an image differs between two commits; True if git lacks one."""
    own = ("tools/backup",) if image == BACKUP_IMAGE else (f"services/{image}", *EVERY_SERVICE)
    paths = [*EVERY_IMAGE, *own, NO_TESTS]
    return (
        subprocess.run(
            ["git", "diff", "--quiet", before, after, "--", *paths], cwd=ROOT, check=False
        ).returncode
        != 0
    )
