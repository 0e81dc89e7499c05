"""Downloads pinned files: retried, compared with their digest, and named when they can't be had."""

import base64
import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from devstack.errors import CommandError

ATTEMPTS = 5
PAUSE_SECONDS = 1.0
"""Before the second attempt; doubled before each further one."""
TIMEOUT_SECONDS = 60
AT_ONCE = 8
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})


class UnreachableError(CommandError):
    """A file isn't there or can't be reached."""


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A file at `url` that has to have this digest.

    integrity: as in Subresource Integrity (W3C SRI): `sha256-` or `sha512-` and the digest in base64.
    """

    url: str
    integrity: str

    @classmethod
    def of_sha256(cls, url: str, hexadecimal: str) -> "PinnedFile":
        return cls(url, f"sha256-{base64.b64encode(bytes.fromhex(hexadecimal)).decode()}")


def download_file(file: PinnedFile, target: Path, *, attempts: int = ATTEMPTS) -> None:
    """Write `file` to `target`, whole or not at all.

    Raises `UnreachableError` naming the file, or `CommandError` if it has another digest.
    """
    content = _fetch(file.url, attempts)
    algorithm, _, expected = file.integrity.partition("-")
    found = base64.b64encode(hashlib.new(algorithm, content).digest()).decode()
    if found != expected:
        raise CommandError(
            f"{file.url} is not the pinned file: {algorithm}-{found} instead of {file.integrity}"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    part.write_bytes(content)
    part.replace(target)


def download_files(files: Mapping[Path, PinnedFile]) -> None:
    """Each file to its path, several at once; one that is there already is not asked for again."""
    missing = {target: file for target, file in files.items() if not target.exists()}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for done in [pool.submit(download_file, file, target) for target, file in missing.items()]:
            done.result()


def mirror_of(variable: str, default: str) -> str:
    """Where files come from: `default`, unless the environment names a mirror with the same layout."""
    return os.environ.get(variable, default).rstrip("/")


def _fetch(url: str, attempts: int) -> bytes:
    reason = ""
    for attempt in range(attempts):
        if attempt:
            time.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
        try:
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:
                return bytes(response.read())
        except urllib.error.HTTPError as error:
            reason = str(error)
            if error.code not in TRANSIENT:
                break
        except (OSError, http.client.HTTPException) as error:
            reason = str(getattr(error, "reason", error)) or type(error).__name__
    raise UnreachableError(f"{url} could not be downloaded: {reason}")
