"""`peer`: the same requests to any server of the same shape, by a configuration file; CPU of given processes.

    make measure WHAT=peer ARGS="loadtest/peers/ours.toml --url http://… --folder .run"
    make measure WHAT=peer ARGS="other.toml --url http://… --pid server=123 --pid database=124"

What a file says: `loadtest/peers/config.py`. Each kind of request is made by a few connections at once for
some seconds, `complete` once for each task. The generator is this process, on the same machine; it tells its
own CPU, too, which a server on all cores doesn't get.
"""

import argparse
import asyncio
import itertools
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil

from devstack.paths import RunFolder
from devstack.stack import Stack
from loadtest.load.samples import Sample, Tally, tally_samples
from loadtest.measure import report
from loadtest.measure.processes import used_so_far
from loadtest.peers import config
from loadtest.peers.config import Peer, Request

CONNECTIONS = 16
TASKS = 500
"""Made beforehand: to be read and to be completed, each once."""
GENERATOR = "generator"
TIMEOUT = aiohttp.ClientTimeout(total=60)


@dataclass(frozen=True, slots=True)
class Watched:
    """Whose CPU counts: processes by name, with all they started, and a system `make up` runs."""

    pids: dict[str, int]
    folder: Path | None = None

    def cpu_seconds(self) -> dict[str, float]:
        """CPU seconds so far, by name."""
        found = {name: _family_seconds(pid) for name, pid in self.pids.items()}
        system = used_so_far(Stack(RunFolder(self.folder.resolve())), ()) if self.folder else {}
        own = psutil.Process().cpu_times()
        return found | system | {GENERATOR: own.user + own.system}


@dataclass(frozen=True, slots=True)
class RequestResult:
    """What one kind of request came to; cpu: seconds by process."""

    what: str
    seconds: float
    tally: Tally
    cpu: dict[str, float]

    def cpu_ms(self, name: str) -> float:
        """Milliseconds a request."""
        return self.cpu.get(name, 0) / max(1, self.tally.sent) * 1e3

    @property
    def cpu_ms_each(self) -> float:
        return sum(self.cpu_ms(name) for name in self.cpu if name != GENERATOR)


async def measure_peer(
    peer: Peer, url: str, watched: Watched, *, seconds: float, tasks: int = TASKS
) -> list[RequestResult]:
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, timeout=TIMEOUT) as session:
        session.headers.update(await sign_in(session, peer, url))
        ids = [await create_task(session, peer, url) for _ in range(tasks)]
        found = []
        for what in peer.request_names:
            template = peer.requests[what]
            turns = ids if what == "complete" else itertools.cycle(ids)
            requests = (template.fill(id=id) for id in turns)
            found.append(await send_requests(session, url, what, requests, watched, seconds))
        return found


async def sign_in(session: aiohttp.ClientSession, peer: Peer, url: str) -> dict[str, str]:
    """The headers of whoever has signed in."""
    if not peer.sign_in:
        return {}
    return peer.headers(
        peer.sign_in.extract_value("token", await _read_json(session, url, peer.sign_in.fill()))
    )


async def create_task(session: aiohttp.ClientSession, peer: Peer, url: str) -> str:
    """A task; its id."""
    template = peer.requests["create"]
    return template.extract_value("id", await _read_json(session, url, template.fill()))


async def send_requests(
    session: aiohttp.ClientSession,
    url: str,
    what: str,
    requests: Iterable[Request],
    watched: Watched,
    seconds: float,
) -> RequestResult:
    """By CONNECTIONS at once, until the time is over or there are no more requests."""
    samples: list[Sample] = []
    turns = iter(requests)
    before, began = watched.cpu_seconds(), time.perf_counter()
    ends = began + seconds
    await asyncio.gather(*(_ask_on(session, url, what, turns, ends, samples) for _ in range(CONNECTIONS)))
    took, after = time.perf_counter() - began, watched.cpu_seconds()
    cpu = {name: used - before.get(name, 0) for name, used in after.items()}
    return RequestResult(what, took, tally_samples(samples, took), cpu)


async def _ask_on(
    session: aiohttp.ClientSession,
    url: str,
    what: str,
    requests: Iterator[Request],
    ends: float,
    samples: list[Sample],
) -> None:
    for request in requests:
        began = time.perf_counter()
        if began >= ends:
            return
        status = 0
        try:
            async with _send_request(session, url, request) as response:
                await response.read()
                status = response.status
        except (aiohttp.ClientError, TimeoutError):
            pass
        samples.append(Sample(began, what, status, (time.perf_counter() - began) * 1e3))


def _send_request(
    session: aiohttp.ClientSession, url: str, request: Request
) -> "aiohttp.client._RequestContextManager":
    kind = {"content-type": "application/json"} if request.body else {}
    return session.request(request.method, url + request.path, data=request.body or None, headers=kind)


async def _read_json(session: aiohttp.ClientSession, url: str, request: Request) -> object:
    async with _send_request(session, url, request) as response:
        assert response.status < 300, f"{request} was answered {response.status}: {await response.text()}"
        return await response.json()


def _family_seconds(pid: int) -> float:
    process = psutil.Process(pid)
    times = [each.cpu_times() for each in (process, *process.children(recursive=True))]
    return float(sum(each.user + each.system for each in times))


def result_rows(found: list[RequestResult]) -> list[report.Row]:
    return [
        [each.what, each.tally.sent, each.tally.goodput, each.tally.p50 or "", each.tally.p99 or "",
         each.tally.refused, each.tally.failed, each.cpu_ms_each, each.cpu_ms(GENERATOR)]
        for each in found
    ]  # fmt: skip


def process_rows(found: list[RequestResult]) -> list[report.Row]:
    """CPU milliseconds a request, of each process that has any, the dearest first."""
    names = {name for each in found for name in each.cpu if name != GENERATOR and each.cpu_ms(name) >= 0.01}
    ordered = sorted(names, key=lambda name: -found[0].cpu_ms(name))
    return [[name, *(each.cpu_ms(name) for each in found)] for name in ordered]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("file", type=Path, help="loadtest/peers/….toml or one of your own")
    parser.add_argument("--url", required=True, help="what the paths of the file begin with")
    parser.add_argument("--pid", action="append", default=[], help="name=pid; its CPU counts")
    parser.add_argument("--folder", type=Path, help=".run, where `make up` runs what is asked")
    parser.add_argument("--seconds", type=float, default=8, help="of each kind of request")
    options = parser.parse_args()
    peer = config.read_config(options.file)
    watched = Watched(
        {name: int(pid) for name, _, pid in (each.partition("=") for each in options.pid)}, options.folder
    )
    found = asyncio.run(measure_peer(peer, options.url, watched, seconds=options.seconds))
    header = ["what", "requests", "accepted/s", "p50 ms", "p99 ms", "refused", "failed", "CPU ms each"]
    introduction = (
        f"The same requests as to others, {CONNECTIONS} at once, {options.seconds:g} s of each kind."
    )
    report.write_report(
        f"peer-{peer.name}",
        f"Peer: {peer.name}",
        introduction,
        report.render_table([*header, "generator's"], result_rows(found)),
        report.render_table(["process, CPU ms each", *(each.what for each in found)], process_rows(found)),
    )


if __name__ == "__main__":
    main()
