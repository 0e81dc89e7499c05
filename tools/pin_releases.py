"""Writes digests of official release archives into toolchain/releases.yaml: `python -m tools.pin_releases`.

Downloads the archive of each program for each architecture, at the version its go.mod asks for, and keeps
its SHA-256. Run it where the release pages can be reached, look at the diff, commit it.
"""

import hashlib
import re
import urllib.request

from devstack.toolbox.dapr import CLI, DAPRD, SCHEDULER
from devstack.toolbox.releases import ARCHITECTURES, RELEASES, read_releases

TIMEOUT_SECONDS = 120


def hash_archive(url: str) -> str:
    with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as response:
        return hashlib.sha256(response.read()).hexdigest()


def pin_releases(text: str) -> str:
    """`text` of releases.yaml with the digests of the pinned versions in place of those it has."""
    releases = read_releases()
    for tool in (DAPRD, SCHEDULER, CLI):
        url = releases[tool.name]["url"]
        digests = {
            f"{tool.version}-{architecture}": hash_archive(
                url.format(version=tool.version, architecture=architecture)
            )
            for architecture in sorted(set(ARCHITECTURES.values()))
        }
        listed = ", ".join(f'"{key}": "{digest}"' for key, digest in digests.items())
        entry = re.compile(rf"^({tool.name}:\n(?:  .*\n)*?  sha256: )\{{.*\}}$", re.M)
        text = entry.sub(rf"\g<1>{{{listed}}}", text)
    return text


if __name__ == "__main__":
    RELEASES.write_text(pin_releases(RELEASES.read_text()))
