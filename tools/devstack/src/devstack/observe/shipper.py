"""Tails the logs of a run folder and pushes them to Loki: on a laptop what Alloy is in the cluster.

Labels and structured metadata are those of `monitoring/alloy/config.alloy`: few values as labels, the
trace id as metadata. `python -m devstack.observe.shipper FOLDER LOKI`
"""

import asyncio
import json
import logging
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from devstack.observe.ports import NAMESPACE
from devstack.paths import RunFolder

LOOK_SECONDS = 0.5
MAX_LINES = 1000
"""Lines in one push."""
APP_LOG = re.compile(r"(?P<service>\w+)_(?P<kind>app|daprd)_\d+\.log")
CLI_PREFIX = re.compile(r"^== APP - \S+ == ")
"""What the Dapr CLI puts before each line of an app; a kubelet doesn't."""
LEVEL = re.compile(r"level=(\w+)")

Entry = tuple[str, str, dict[str, str]]
"""Time in nanoseconds, line, structured metadata."""


@dataclass(slots=True)
class LogFile:
    """One file and how far it was read; a line is taken when its end is there."""

    path: Path
    labels: dict[str, str]
    offset: int = 0

    def entries(self) -> list[Entry]:
        with self.path.open("rb") as file:
            file.seek(self.offset)
            lines = file.readlines(MAX_LINES * 200)
        if lines and not lines[-1].endswith(b"\n"):
            lines.pop()
        self.offset += sum(map(len, lines))
        return [parse_line(line.decode(errors="replace").rstrip("\n")) for line in lines if line.strip()]


@dataclass(slots=True)
class Shipper:
    """Everything that is logged in `folder`, to `loki`."""

    folder: RunFolder
    loki: str
    files: dict[Path, LogFile] = field(default_factory=dict)

    async def run(self) -> None:
        """Ship until the process ends; what Loki doesn't take is sent again."""
        async with aiohttp.ClientSession(self.loki) as session:
            while True:
                for file in list(self._found()):
                    if entries := file.entries():
                        await self._push(session, file.labels, entries)
                await asyncio.sleep(LOOK_SECONDS)

    def _found(self) -> Iterator[LogFile]:
        for path in sorted(self.folder.app_logs.glob("*.log")):
            if match := APP_LOG.fullmatch(path.name):
                container = "daprd" if match["kind"] == "daprd" else match["service"]
                yield self._file(path, service=match["service"], container=container)
        for path in sorted(self.folder.logs.glob("*.log")):
            yield self._file(path, service=path.stem, container=path.stem)

    def _file(self, path: Path, **labels: str) -> LogFile:
        return self.files.setdefault(path, LogFile(path, {"namespace": NAMESPACE, **labels}))

    async def _push(
        self, session: aiohttp.ClientSession, labels: dict[str, str], entries: list[Entry]
    ) -> None:
        body = {"streams": [{"stream": labels, "values": entries}]}
        while True:
            try:
                async with session.post("/loki/api/v1/push", json=body) as response:
                    if response.status < 300 or response.status == 400:
                        return
                    logging.warning("Loki says %s: %s", response.status, await response.text())
            except aiohttp.ClientError as error:
                logging.warning("Loki can't be reached: %s", error)
            await asyncio.sleep(1)


def parse_line(line: str) -> Entry:
    """A line as Loki takes it; what a JSON line says of trace and level goes into its metadata."""
    line = CLI_PREFIX.sub("", line)
    fields = _parsed(line)
    level = fields.get("level") or next(iter(LEVEL.findall(line)), "")
    known = {"trace_id": fields.get("trace_id", ""), "level": str(level).lower()}
    return str(time.time_ns()), line, {name: value for name, value in known.items() if value}


def _parsed(line: str) -> dict[str, Any]:
    if not line.startswith("{"):
        return {}
    try:
        parsed = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def main() -> None:
    folder, loki = sys.argv[1:]
    asyncio.run(Shipper(RunFolder(Path(folder)), loki).run())


if __name__ == "__main__":
    main()
