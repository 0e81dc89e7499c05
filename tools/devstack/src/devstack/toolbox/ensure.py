"""Makes what is missing: all at once, quietly, with a line of progress now and then."""

import sys
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from devstack.errors import CommandError
from devstack.paths import ROOT
from devstack.toolbox.dapr import CLI, DAPRD, SCHEDULER
from devstack.toolbox.debian import POSTGRES, REDIS
from devstack.toolbox.golang import GoTool
from devstack.toolbox.kafka import KAFKA
from devstack.toolbox.tool import Tool
from devstack.toolbox.web_assets import WEB_ASSETS

LOCAL_SYSTEM: tuple[Tool, ...] = (DAPRD, CLI, SCHEDULER, KAFKA, REDIS, WEB_ASSETS)
WITH_POSTGRES: tuple[Tool, ...] = (*LOCAL_SYSTEM, POSTGRES)
NEWS_SECONDS = 20


def ensure_tools(tools: Sequence[Tool]) -> None:
    """Have every tool at hand. Raises `CommandError` naming each one that could not be made."""
    missing = [tool for tool in tools if tool.find() is None]
    if not missing:
        return
    print(f"Making {', '.join(tool.name for tool in missing)}; this happens once.", flush=True)
    if installed := list_installed(tools):
        print(
            f"Using what is installed: {', '.join(f'{name} ({path})' for name, path in installed.items())}."
        )
    started, received = time.monotonic(), _received_bytes()
    with ThreadPoolExecutor(max_workers=len(missing)) as pool:
        work = {pool.submit(_make, tool): tool for tool in missing}
        _tell_news(work, started, received)
    failures = [f"{tool.name}: {future.exception()}" for future, tool in work.items() if future.exception()]
    if failures:
        raise CommandError("\n\n".join(failures))
    print(f"Tools are ready after {_took(started)}, {_downloaded(received)} downloaded.", flush=True)


def list_installed(tools: Sequence[Tool]) -> dict[str, Path]:
    """Tools this machine has already, e.g. from `dapr init`: name → where."""
    found = {tool.name: tool.find() for tool in tools}
    return {name: path for name, path in found.items() if path and not path.is_relative_to(ROOT)}


def find_tool(tool: Tool) -> Path:
    """Where the tool is. Raises `CommandError` if it is missing."""
    found = tool.find()
    if found is None:
        raise CommandError(f"{tool.name} is missing; `make tools` gets it.")
    return found


_builds: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)


def _make(tool: Tool) -> None:
    started = time.monotonic()
    if isinstance(tool, GoTool):
        with _builds[tool.module]:  # the second build of a module reuses the first one's work
            tool.install()
    else:
        tool.install()
    print(f"  {tool.name}: ready after {_took(started)}", flush=True)


def _tell_news(work: dict[Future[None], Tool], started: float, received: int) -> None:
    pending = set(work)
    while pending:
        done, pending = wait(pending, timeout=NEWS_SECONDS)
        if pending and not done:
            names = ", ".join(work[future].name for future in pending)
            print(f"  {_took(started)}: making {names}; {_downloaded(received)} downloaded", flush=True)


def _took(started: float) -> str:
    seconds = int(time.monotonic() - started)
    return f"{seconds // 60}:{seconds % 60:02} min" if seconds >= 60 else f"{seconds} s"


def _downloaded(received: int) -> str:
    return f"{(_received_bytes() - received) / 1e6:.0f} MB" if sys.platform == "linux" else "?"


def _received_bytes() -> int:
    """Bytes this machine has received on all interfaces but loopback."""
    try:
        lines = Path("/proc/net/dev").read_text().splitlines()[2:]
    except OSError:
        return 0
    return sum(int(line.split(":")[1].split()[0]) for line in lines if not line.strip().startswith("lo:"))
