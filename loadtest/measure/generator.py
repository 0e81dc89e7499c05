"""wrk: HTTP load that costs little itself."""

import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from devstack.toolbox.debian import DebianTool
from devstack.toolbox.ensure import ensure_tools, find_tool

WRK = DebianTool("wrk", "wrk", minimum_version=(4, 0), version_flag="-v")
CONNECTIONS = 16
POST = "wrk.method = 'POST'\nwrk.body = '{body}'\nwrk.headers['Content-Type'] = 'application/json'\n"
UNITS = {"us": 0.001, "ms": 1, "s": 1000, "m": 60_000}


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw."""

    requests: int
    rate: float
    """Requests per second."""
    p50: float
    p99: float
    """Milliseconds."""
    failed: int


def generate_load(
    url: str, folder: Path, *, headers: Mapping[str, str], body: str = "", seconds: int = 8
) -> Load:
    """Ask `url` again and again; with a body, POST it as JSON. `folder` holds the script."""
    ensure_tools([WRK])
    script = folder / "post.lua"
    script.write_text(POST.format(body=body))
    command = [str(find_tool(WRK)), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency"]
    for name, value in headers.items():
        command += ["-H", f"{name}: {value}"]
    command += ["-s", str(script)] if body else []
    output = subprocess.run([*command, url], capture_output=True, text=True, check=True).stdout
    return Load(
        requests=int(_search_output(r"(\d+) requests in", output)),
        rate=float(_search_output(r"Requests/sec:\s+([\d.]+)", output)),
        p50=_parse_milliseconds(_search_output(r"^\s+50%\s+(\S+) *$", output)),
        p99=_parse_milliseconds(_search_output(r"^\s+99%\s+(\S+) *$", output)),
        failed=int(_search_output(r"Non-2xx or 3xx responses: (\d+)", output) or 0),
    )


def _search_output(pattern: str, output: str) -> str:
    match = re.search(pattern, output, re.M)
    return match[1] if match else ""


def _parse_milliseconds(text: str) -> float:
    match = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text)
    assert match, text
    return float(match[1]) * UNITS[match[2]]
