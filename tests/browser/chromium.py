"""Which Chromium, and how it is started."""

import shutil
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from devstack.toolbox.debian import CHROMIUM
from devstack.toolbox.ensure import find_tool

OTHER = next((found for name in ("chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
CHROMIUMS = () if OTHER else (CHROMIUM,)
"""What has to be installed."""
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def launch_options(addresses: Sequence[str]) -> dict[str, Any]:
    """What Playwright needs to start it in front of these frontends."""
    program = OTHER or str(find_tool(CHROMIUM))
    ports = ",".join(str(urlsplit(address).port) for address in addresses)  # some are on its list of bad ones
    return {"executable_path": program, "args": [*FLAGS, f"--explicitly-allowed-ports={ports}"]}
