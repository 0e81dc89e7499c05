"""Pulls every chart of others that our helmfiles pin into a folder; needs the repositories of charts."""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from devstack.errors import CommandError
from devstack.helmfile import HELMFILE, MONITORING_HELMFILE, Release, read_releases
from devstack.toolbox.ensure import ensure_tools, find_tool
from devstack.toolbox.helm import HELM

ENVIRONMENT = "production"
"""Any one will do: versions are the same in each."""


def list_pinned() -> list[Release]:
    """Those that aren't ours."""
    pinned = [each for file in (HELMFILE, MONITORING_HELMFILE) for each in read_releases(file, ENVIRONMENT)]
    return [each for each in pinned if not each.chart.startswith("charts/")]


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where a folder for each chart will be")
    return parser


def main(arguments: Sequence[str] | None = None) -> None:
    folder: Path = build_parser().parse_args(arguments).folder
    ensure_tools([HELM])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        for each in list_pinned():
            _pull(each, folder)
    except CommandError as error:
        sys.exit(f"\n{error}")


def _pull(pinned: Release, folder: Path) -> None:
    print(f"{pinned.name} {pinned.version}", flush=True)
    command = [str(find_tool(HELM)), "pull", *pinned.source, "--untar", "--untardir", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CommandError(f"`{' '.join(command)}` failed:\n{done.stderr}")


if __name__ == "__main__":
    main()
