"""Alertmanager and amtool: from a copy of their Go module.

The module embeds a web page that its release builds and the module itself lacks; Go lets nobody add a file
to the module cache. So the copy gets a page of one line in its place: all but the page is the real program.
"""

import gzip
import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from devstack.paths import ROOT, TOOL_BINARIES, TOOLS
from devstack.toolbox.go_compiler import find_go
from devstack.toolbox.golang import WITHOUT_C
from devstack.toolbox.tool import hash_files, is_stamped, run_command, write_stamp

PINS = ROOT / "toolchain" / "prometheus"
MODULE = "github.com/prometheus/alertmanager"
PAGE = (
    b"<!doctype html><title>Alertmanager</title>Built without its page; see <a href=api/v2/alerts>alerts</a>."
)


@dataclass(frozen=True, slots=True)
class AlertmanagerTool:
    """One of the programs of the module, at the version Prometheus is built with."""

    name: str

    def find(self) -> Path | None:
        made = TOOL_BINARIES / self.name
        return made if made.exists() and is_stamped(self.name, self._fingerprint()) else None

    def install(self) -> None:
        go = find_go()
        copy = TOOLS / "source" / self.name
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(_module_folder(go), copy)
        run_command(["chmod", "-R", "u+w", str(copy)])
        page = copy / "ui" / "app" / "dist" / "index.html.gz"
        page.parent.mkdir()
        page.write_bytes(gzip.compress(PAGE))
        target = str(TOOL_BINARIES / self.name)
        TOOL_BINARIES.mkdir(parents=True, exist_ok=True)
        version = f"-X github.com/prometheus/common/version.Version={(copy / 'VERSION').read_text().strip()}"
        flags = ["-trimpath", f"-ldflags=-s -w {version}", "-o", target]
        run_command([go, "build", *flags, f"./cmd/{self.name}"], cwd=copy, env=WITHOUT_C)
        write_stamp(self.name, self._fingerprint())

    def _fingerprint(self) -> str:
        return f"{hash_files(PINS.glob('go.*'))} {PAGE.decode()}"


def _module_folder(go: str) -> Path:
    """Where Go keeps the module; its checksum is in go.sum."""
    command = [go, "list", "-m", "-json", MODULE]
    run_command([go, "mod", "download", MODULE], cwd=PINS)
    output = subprocess.run(command, cwd=PINS, capture_output=True, text=True, check=True).stdout
    return Path(json.loads(output)["Dir"])


ALERTMANAGER = AlertmanagerTool("alertmanager")
AMTOOL = AlertmanagerTool("amtool")
