"""Removes old images from DigitalOcean's registry: all but those that run and the newest few.

Uses its API (https://docs.digitalocean.com/reference/api/reference/container-registries/) and, for what
an image consists of, `docker buildx imagetools`, which has to be logged in.
"""

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from contracts.names import IMAGES
from devstack.errors import CommandError
from devstack.toolbox.tool import require_command

API = "https://api.digitalocean.com"
HOST = "registry.digitalocean.com"
PAGE = 200
TIMEOUT_SECONDS = 60

Digests = Mapping[str, str]
"""Image → `sha256:…`."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest of a repository: an image, a part of one, or a signature."""

    digest: str
    tags: Sequence[str]
    updated: str

    @property
    def is_release(self) -> bool:
        """Whether build.yml pushed it: its tag is a commit."""
        return any(re.fullmatch(r"[0-9a-f]{40}", tag) for tag in self.tags)

    @property
    def signs(self) -> str:
        """Digest of what it is a signature or an attestation of, by the tag cosign gives it; else empty."""
        named = (re.match(r"sha256-([0-9a-f]{64})", tag) for tag in self.tags)
        return next((f"sha256:{found[1]}" for found in named if found), "")


def select_expired(
    manifests: Sequence[Manifest], running: set[str], keep: int, list_parts: Callable[[str], set[str]]
) -> list[str]:
    """Digests that can go: images that don't run and aren't among the newest `keep`, with their signatures.

    list_parts: the digests an index consists of. A part of an image that stays stays, and so does what nobody
    can say the origin of. Raises `CommandError` if an image runs that isn't there: then something is wrong.
    """
    images = sorted(
        (each for each in manifests if each.is_release), key=lambda each: each.updated, reverse=True
    )
    if missing := running - {each.digest for each in manifests}:
        raise CommandError(f"Running, but not in the registry: {', '.join(sorted(missing))}.")
    kept = {each.digest for each in images[:keep]} | running
    expired = {each.digest for each in images} - kept
    signatures = {each.digest for each in manifests if each.signs in expired} - kept
    roots = expired | signatures
    parts = set().union(*map(list_parts, roots)) - set().union(*map(list_parts, kept)) - kept
    return sorted(roots) + sorted(parts - roots)


@dataclass(frozen=True, slots=True)
class Registry:
    """A registry by its name; the token comes from DIGITALOCEAN_ACCESS_TOKEN."""

    name: str
    api: str = API

    def collect_garbage(self, running: Sequence[Digests], keep: int) -> Iterator[str]:
        """Delete what `select_expired` selects, then free its space; yields what was done.

        Everything is looked at before anything is deleted. Raises `CommandError`.
        """
        expired = {image: self._select_expired(image, running, keep) for image in IMAGES}
        for image, digests in expired.items():
            for digest in digests:
                self._ask("DELETE", f"repositories/{quote(image, safe='')}/digests/{digest}")
            yield f"{image}: {len(digests)} manifests deleted"
        if any(expired.values()):
            self._ask("POST", "garbage-collection")
            yield "garbage collection started: the registry takes no pushes until it has ended"

    def _select_expired(self, image: str, running: Sequence[Digests], keep: int) -> list[str]:
        runs = {digests[image] for digests in running if image in digests}
        if len(runs) == 0:
            raise CommandError(f"No environment runs {image}; nothing was deleted.")
        return select_expired(
            self._list_manifests(image), runs, keep, lambda each: self._list_parts(image, each)
        )

    def _list_manifests(self, image: str) -> list[Manifest]:
        found: list[Manifest] = []
        page = 0
        while True:
            page += 1
            response = self._ask(
                "GET", f"repositories/{quote(image, safe='')}/digests?page={page}&per_page={PAGE}"
            )
            listed = response["manifests"]
            found += [Manifest(each["digest"], each.get("tags") or [], each["updated_at"]) for each in listed]
            if len(listed) < PAGE:
                return found

    def _list_parts(self, image: str, digest: str) -> set[str]:
        docker = require_command("docker", "Install Docker with buildx.")
        command = [docker, "buildx", "imagetools", "inspect", "--raw", f"{HOST}/{self.name}/{image}@{digest}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise CommandError(f"{image}@{digest} can't be read: {done.stderr.strip()}")
        return {str(each["digest"]) for each in json.loads(done.stdout).get("manifests", [])}

    def _ask(self, method: str, path: str) -> Any:
        headers = {"authorization": f"Bearer {os.environ['DIGITALOCEAN_ACCESS_TOKEN']}"}
        request = urllib.request.Request(
            f"{self.api}/v2/registries/{self.name}/{path}", None, headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
                body = response.read()
        except urllib.error.URLError as error:
            raise CommandError(f"{method} {path.partition('?')[0]}: {error}") from error
        return json.loads(body) if body else {}
