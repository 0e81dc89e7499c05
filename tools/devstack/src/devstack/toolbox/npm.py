"""Packages of npm without npm: their tarballs, by the digests of a `package-lock.json`."""

from collections.abc import Mapping
from typing import Any

from devstack.toolbox.download import PinnedFile, mirror_of

NPM_REGISTRY = "https://registry.npmjs.org"


def locate_tarball(path: str, packages: Mapping[str, Mapping[str, Any]]) -> PinnedFile:
    """Where the registry has what the lock pins for `path`, such as `node_modules/typescript`.

    packages: the lock's `packages`.
    """
    pinned, name = packages[path], path.rpartition("node_modules/")[2]
    registry = mirror_of("TODO_NPM_REGISTRY", NPM_REGISTRY)
    file = f"{name.rpartition('/')[2]}-{pinned['version']}.tgz"
    return PinnedFile(f"{registry}/{name}/-/{file}", pinned["integrity"])
