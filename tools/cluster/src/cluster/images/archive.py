"""Writes container images without a daemon: one layer in the archive format of `docker save`."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MACHINE = "amd64"


@dataclass(frozen=True, slots=True)
class BinaryImage:
    """An image that holds one statically linked program at its root, and a folder for temporary files.

    user: a number, so that a cluster can see it isn't root.
    part: first argument of a program that is several, which decides what this image is.
    path: where the program lies in the image; by default at its root, under its own name.
    links: further paths that lead to it.
    """

    name: str
    program: Path
    user: int = 65532
    part: str = ""
    path: str = ""
    links: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """Path of the program in the image, without the first slash."""
        return self.path or self.program.name

    @property
    def entry(self) -> list[str]:
        return [f"/{self.target}", *([self.part] if self.part else [])]


def hash_content(image: BinaryImage) -> str:
    """What the archive of `image` depends on."""
    identity = " ".join([image.name, str(image.user), *image.entry, *image.links])
    digest = hashlib.sha256(identity.encode())
    with image.program.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:16]


def write_archive(image: BinaryImage, target: Path) -> None:
    """The same bytes for the same image."""
    layer = _layer(image)
    layer_id = hashlib.sha256(layer).hexdigest()
    config = json.dumps(_config(image, layer_id)).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = [{"Config": config_name, "RepoTags": [image.name], "Layers": [f"{layer_id}/layer.tar"]}]
    files = {
        config_name: config,
        f"{layer_id}/layer.tar": layer,
        "manifest.json": json.dumps(manifest).encode(),
    }
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    with tarfile.open(unfinished, "w") as archive:
        for name, content in files.items():
            _add(archive, name, content)
    unfinished.rename(target)


def _layer(image: BinaryImage) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        temporary = tarfile.TarInfo("tmp")
        temporary.type = tarfile.DIRTYPE
        temporary.mode = 0o1777
        layer.addfile(temporary)
        _add(layer, image.target, image.program.read_bytes(), mode=0o755)
        for path in image.links:
            link = tarfile.TarInfo(path)
            link.type = tarfile.SYMTYPE
            link.linkname = f"/{image.target}"
            layer.addfile(link)
    return buffer.getvalue()


def _config(image: BinaryImage, layer_id: str) -> Mapping[str, Any]:
    return {
        "architecture": MACHINE,
        "os": "linux",
        "config": {
            "User": str(image.user),
            "WorkingDir": "/",
            "Entrypoint": image.entry,
            "Env": ["PATH=/"],
        },
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{layer_id}"]},
        "history": [{"created_by": "tools/cluster"}],
    }


def _add(archive: tarfile.TarFile, name: str, content: bytes, mode: int = 0o644) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    entry.mode = mode
    archive.addfile(entry, io.BytesIO(content))
