"""Runs the README's lines for a machine with Docker and `dapr init`, and smoke tests on what they start.

`python -m tools.docker_lines`, for CI: the runtime comes from `dapr init --slim`, servers from compose.yaml.
"""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from delivery.smoke import CheckFailedError, SmokeClient, check_page, run_checks
from devstack.cli import RUN
from devstack.errors import CommandError
from devstack.paths import ROOT, TOOL_BINARIES
from devstack.stack import Stack
from devstack.toolbox.dapr import CLI, DAPRD
from devstack.toolbox.ensure import ensure_tools, find_tool

READY_SECONDS = 180
BLOCK = re.compile(r"^```\n(.*docker compose.*\n(?:.*\n)*?)```$", re.M)
ENVIRONMENT = {**os.environ, "PATH": os.pathsep.join([str(TOOL_BINARIES), os.environ["PATH"]])}


def read_lines(readme: str) -> list[str]:
    """The lines of the block that starts Docker's servers; the last one stays in the foreground."""
    block = BLOCK.search(readme)
    assert block, "the README has the lines"
    return block[1].splitlines()


def run_lines(lines: list[str]) -> int:
    """1 if a smoke check fails."""
    for line in lines[:-1]:
        _run(["bash", "-c", line])
    last = ["bash", "-c", lines[-1]]
    with subprocess.Popen(last, cwd=ROOT, env=ENVIRONMENT, start_new_session=True) as started:
        try:
            return _check(SmokeClient(Stack(RUN).addresses.edge))
        finally:
            os.killpg(started.pid, signal.SIGTERM)


def _check(client: SmokeClient) -> int:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            check_page(client)
            break
        except CheckFailedError as error:
            if time.monotonic() > deadline:
                raise CommandError(f"Nothing serves {client.url}: {error}") from error
            time.sleep(1)
    failed = 0
    for name, passed, seen in run_checks(client):
        failed += not passed
        print(f"  {'ok  ' if passed else 'FAIL'} {name}: {seen}", flush=True)
    return int(failed > 0)


def _run(command: list[str]) -> None:
    if subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, check=False).returncode:
        raise CommandError(f"`{' '.join(command)}` failed.")


def main() -> int:
    ensure_tools([CLI])
    if not (Path.home() / ".dapr" / "bin" / "daprd").exists():
        _run([str(find_tool(CLI)), "init", "--slim", "--runtime-version", DAPRD.version])
    try:
        return run_lines(read_lines((ROOT / "README.md").read_text()))
    finally:
        subprocess.run(["docker", "compose", "--env-file", ".run/env", "down"], cwd=ROOT, check=False)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CommandError as error:
        sys.exit(f"\n{error}")
