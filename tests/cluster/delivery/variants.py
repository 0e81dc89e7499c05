"""Other images of a service, made of the one that was built: a layer on top with a few files changed."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from contracts.names import App

PACKAGES = "app/lib/python3.13/site-packages"
GATEWAY = f"{PACKAGES}/frontend_service/gateway/api_gateway.py"
CALLED = "        extra: Headers = []\n"
"""Where the API gateway begins to work on a request."""
FAILS = f"""{CALLED}        import random

        if random.random() < 0.5:
            raise RuntimeError("a bad release")
"""


def break_gateway(text: str) -> str:
    """`api_gateway.py` of a bad release: half of the requests for the API end with 500."""
    assert text.count(CALLED) == 1
    return text.replace(CALLED, FAILS)


def read_file(built: Path, app: App, path: str) -> str:
    """A file of a service's image, in an archive of `docker save`."""
    with tarfile.open(built) as archive:
        for name in reversed(_find_image(archive, app)["Layers"]):
            with tarfile.open(fileobj=_open(archive, str(name))) as layer:
                if path in layer.getnames():
                    return _open(layer, path).read().decode()
    raise FileNotFoundError(path)


def write_variant(built: Path, app: App, tag: str, files: Mapping[str, str], target: Path) -> None:
    """An archive with the image `local/todo/<app>:<tag>`.

    files: text by path in the image; what Python compiled of them before is left out.
    """
    layer = _pack_layer(files)
    layer_id = hashlib.sha256(layer).hexdigest()
    with tarfile.open(built) as archive, tarfile.open(target, "w") as written:
        image = _find_image(archive, app)
        config = json.load(_open(archive, str(image["Config"])))
        config["rootfs"]["diff_ids"].append(f"sha256:{layer_id}")
        config["history"] = []
        name = f"{app}-{tag}.json"
        layers = [*image["Layers"], f"{layer_id}/layer.tar"]
        manifest = [{"Config": name, "RepoTags": [f"local/todo/{app}:{tag}"], "Layers": layers}]
        for path in image["Layers"]:
            written.addfile(archive.getmember(path), _open(archive, path))
        _add(written, layers[-1], layer)
        _add(written, name, json.dumps(config).encode())
        _add(written, "manifest.json", json.dumps(manifest).encode())


def _find_image(archive: tarfile.TarFile, app: App) -> dict[str, list[str]]:
    images = json.load(_open(archive, "manifest.json"))
    found: dict[str, list[str]] = next(
        each for each in images if each["RepoTags"] == [f"local/todo/{app}:dev"]
    )
    return found


def _pack_layer(files: Mapping[str, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as layer:
        for path, text in files.items():
            _add(layer, path, text.encode())
            folder, _, name = path.rpartition("/")
            _add(layer, f"{folder}/__pycache__/.wh.{name.removesuffix('.py')}.cpython-313.pyc", b"")
    return buffer.getvalue()


def _open(archive: tarfile.TarFile, name: str) -> IO[bytes]:
    file = archive.extractfile(name)
    assert file, name
    return file


def _add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), 0o644
    archive.addfile(entry, io.BytesIO(content))
