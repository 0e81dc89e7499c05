"""`imports`: how long 10,000 rows take to come in, and what another user feels meanwhile.

Each file goes to a fresh user. The other one is at work all the time: before it for half a minute (at
rest), from the request until the import says that it is done, and after it until its events are through.
"""

import argparse
import asyncio
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import aiohttp

from devstack.stack import Stack
from loadtest.measure import other_user, report
from loadtest.measure.import_files import FILES
from loadtest.measure.other_user import Span
from loadtest.measure.processes import Used, cpu_used
from loadtest.measure.quiet import events_are_through, everything_is_quiet
from loadtest.measure.system import bearer, measured_system, sign_up_users

POLL_SECONDS = 0.25
PATIENCE_SECONDS = 900
SHOWN = 8
"""Processes with a row of their own."""
REST, MEANWHILE, AFTER = "at rest", "during the import", "until its events are through"


@dataclass(frozen=True, slots=True)
class Imported:
    """One import; the spans are those of `other_user`."""

    added: int
    status: str
    accepted: float
    """Seconds until the request was answered."""
    rest: Span
    meanwhile: Span
    after: Span
    cpu: dict[str, float]
    """Seconds by process until its events are through, without what is used at rest."""

    @property
    def seconds(self) -> float:
        return self.meanwhile[1] - self.meanwhile[0]


async def import_file(
    session: aiohttp.ClientSession, token: str, file: bytes
) -> tuple[float, dict[str, Any]]:
    """Send a file and wait until it is in; seconds until it was accepted, and what the import says then."""
    began = time.perf_counter()
    async with session.post("import", data=file, headers=bearer(token)) as response:
        assert response.status == 202, await response.text()
        found = await response.json()
    accepted = time.perf_counter() - began
    async with asyncio.timeout(PATIENCE_SECONDS):
        while found["status"] not in ("done", "failed"):
            await asyncio.sleep(POLL_SECONDS)
            async with session.get(f"import/{found['id']}", headers=bearer(token)) as response:
                found = await response.json()
    return accepted, found


async def measure_import(
    stack: Stack, session: aiohttp.ClientSession, token: str, file: bytes, rest_seconds: float
) -> Imported:
    await everything_is_quiet(stack)
    began = time.perf_counter()
    with cpu_used(stack) as resting:
        await asyncio.sleep(rest_seconds)
    sent = time.perf_counter()
    with cpu_used(stack) as used:
        accepted, found = await import_file(session, token, file)
        done = time.perf_counter()
        await events_are_through(stack)
    through = time.perf_counter()
    cpu = used_beyond_rest(used, resting, (through - sent) / (sent - began))
    return Imported(
        int(found["added"]), found["status"], accepted, (began, sent), (sent, done), (done, through), cpu
    )


def used_beyond_rest(used: Used, resting: Used, longer: float) -> dict[str, float]:
    """CPU seconds by process, without those it would have used at rest, which was seen for 1/`longer`."""
    return {role: seconds - resting.seconds.get(role, 0) * longer for role, seconds in used.seconds.items()}


def result_row(name: str, each: Imported) -> report.Row:
    after = each.after[1] - each.after[0]
    return [name, each.status, each.added, each.accepted, each.seconds, after, each.added / each.seconds]


def cpu_rows(found: dict[str, list[Imported]]) -> list[report.Row]:
    """CPU of each process by row, the dearest first, and of all."""
    made: list[report.Row] = []
    for name, several in found.items():
        spent = Counter[str]()
        for each in several:
            spent.update(each.cpu)
        tasks = max(1, sum(each.added for each in several))
        made += [[name, role, seconds / tasks * 1e3] for role, seconds in spent.most_common(SHOWN)]
        made.append([name, "all", sum(spent.values()) / tasks * 1e3])
    return made


async def measure_imports(stack: Stack, rows: int, rounds: int, rest_seconds: float) -> None:
    found: dict[str, list[Imported]] = {}
    async with (
        sign_up_users(stack, rounds * len(FILES) + 1) as (session, (other, *tokens)),
        other_user.other_user(stack.addresses.edge, other) as somebody,
    ):
        for _ in range(rounds):
            for name, make in FILES.items():
                each = await measure_import(stack, session, tokens.pop(), make(rows), rest_seconds)
                found.setdefault(name, []).append(each)
    results = [result_row(name, each) for name, several in found.items() for each in several]
    felt: list[report.Row] = []
    for name, several in found.items():
        spans = {
            REST: [each.rest for each in several],
            MEANWHILE: [each.meanwhile for each in several],
            AFTER: [each.after for each in several],
        }
        felt += [[name, *row] for row in other_user.phase_rows(somebody.samples, spans)]
    introduction = (
        f"{rows:,} rows a file, each for a fresh user, from `POST /import` until it says that it is done; "
        f"meanwhile another user sends {other_user.PER_SECOND} requests a second, each at its time, and its "
        "latency counts from then. CPU is that of the import and the consumers of its events, without what "
        "is used at rest; there the other user's is counted."
    )
    header = ["file", "status", "added", "s to 202", "s to done", "s more for its events", "rows/s"]
    report.write_report(
        "imports",
        "Imports",
        introduction,
        report.render_table(header, results),
        report.render_table(["file", *other_user.HEADER], felt),
        report.render_table(["file", "process", "ms CPU a row"], cpu_rows(found)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=1, help="imports of each file")
    parser.add_argument("--rest", type=float, default=30, help="seconds at rest before each")
    options = parser.parse_args()
    with measured_system() as stack:
        asyncio.run(measure_imports(stack, options.rows, options.rounds, options.rest))


if __name__ == "__main__":
    main()
