"""`fan-out`: one request that changes thousands of tasks: a label renamed, a project deleted and restored.

What counts is when the last task shows it, whether the request does all of it or only begins it: asked at
a low rate for one task that doesn't show it yet, and once there is none, for all of them page by page.
Meanwhile another user is at work, as in `imports`.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import aiohttp

from devstack.stack import Stack
from loadtest.measure import other_user, report
from loadtest.measure.import_files import labelled_csv
from loadtest.measure.imports import import_file, used_beyond_rest
from loadtest.measure.other_user import OtherUser, Span
from loadtest.measure.processes import cpu_used
from loadtest.measure.quiet import events_are_through, everything_is_quiet
from loadtest.measure.system import bearer, measured_system, sign_up_users

POLL_SECONDS = 0.25
PATIENCE_SECONDS = 180
PAGE = 200
OLD, NEW, PROJECT = "before", "after", "Large"
RENAME, DELETE, RESTORE = "rename a label", "delete a project", "restore it"
REST, MEANWHILE, AFTER = "at rest", "until the last task shows it", "until its events are through"


@dataclass(frozen=True, slots=True)
class Account:
    """A user with a project whose tasks all have one label."""

    session: aiohttp.ClientSession
    token: str
    tasks: int

    async def send_request(
        self, method: str, path: str, body: Any = None, **parameters: str
    ) -> tuple[int, Any]:
        """Status, and the body if there is one."""
        headers = bearer(self.token)
        async with self.session.request(
            method, path, json=body, params=parameters, headers=headers
        ) as response:
            is_json = "json" in response.headers.get("content-type", "")
            return response.status, await response.json(content_type=None) if is_json else None

    async def id_of(self, kind: str) -> str:
        _, page = await self.send_request("GET", kind)
        return str(page["items"][0]["id"])

    async def has_any(self, **parameters: str) -> bool:
        """Whether a list has at least one task; true as well if it can't be told now."""
        status, page = await self.send_request("GET", "tasks", limit="1", **parameters)
        return status != 200 or bool(page["items"])

    async def has_all(self, is_changed: Callable[[Any], bool], **parameters: str) -> bool:
        """Whether a list has all tasks, each of them changed."""
        seen, cursor = 0, dict[str, str]()
        while True:
            status, page = await self.send_request("GET", "tasks", limit=str(PAGE), **parameters, **cursor)
            if status != 200 or not all(map(is_changed, page["items"])):
                return False
            seen += len(page["items"])
            if not page["next_cursor"]:
                return seen == self.tasks
            cursor = {"cursor": page["next_cursor"]}

    async def is_renamed(self) -> bool:
        if await self.has_any(filter=f'label = "{OLD}"'):
            return False
        return await self.has_all(lambda task: task["labels"] == [NEW], filter=f'label = "{NEW}"')

    async def is_deleted(self) -> bool:
        return not await self.has_any() and await self.has_all(lambda task: task["deleted_at"], trash="true")

    async def is_restored(self) -> bool:
        return not await self.has_any(trash="true") and await self.has_all(
            lambda task: not task["deleted_at"]
        )


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of one request; the spans are those of `other_user`."""

    status: int
    answered: float
    """Seconds until the request was answered."""
    shown: float
    """Seconds until the last task showed it; infinite if one never did."""
    rest: Span
    meanwhile: Span
    after: Span
    cpu: float
    """Seconds until its events are through, without what is used at rest."""


async def wait_until_shown(is_shown: Callable[[], Awaitable[bool]]) -> float:
    """When a look began that found all of it done (`time.perf_counter`); infinite after a long wait."""
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while (looked := time.perf_counter()) < deadline:
        if await is_shown():
            return looked
        await asyncio.sleep(POLL_SECONDS)
    return float("inf")


async def time_request(
    stack: Stack,
    request: Callable[[], Awaitable[tuple[int, Any]]],
    is_shown: Callable[[], Awaitable[bool]],
    rest_seconds: float,
) -> Applied:
    await everything_is_quiet(stack)
    began = time.perf_counter()
    with cpu_used(stack) as resting:
        await asyncio.sleep(rest_seconds)
    sent = time.perf_counter()
    with cpu_used(stack) as used:
        status, _ = await request()
        answered = time.perf_counter()
        shown = await wait_until_shown(is_shown)
        end = min(shown, time.perf_counter())
        await events_are_through(stack)
    through = max(end, time.perf_counter())
    spans = (began, sent), (sent, end), (end, through)
    cpu = sum(used_beyond_rest(used, resting, (through - sent) / (sent - began)).values())
    return Applied(status, answered - sent, shown - sent, *spans, cpu)


async def one_account(stack: Stack, account: Account, rest_seconds: float) -> dict[str, Applied]:
    """Rename, delete and restore; by name."""
    file = labelled_csv(account.tasks, label=OLD, project=PROJECT)
    _, found = await import_file(account.session, account.token, file)
    assert found["status"] == "done", found
    label = f"labels/{await account.id_of('labels')}"
    project = f"projects/{await account.id_of('projects')}"
    steps: dict[str, tuple[Callable[[], Awaitable[tuple[int, Any]]], Callable[[], Awaitable[bool]]]] = {
        RENAME: (lambda: account.send_request("PATCH", label, {"name": NEW}), account.is_renamed),
        DELETE: (lambda: account.send_request("DELETE", project), account.is_deleted),
        RESTORE: (lambda: account.send_request("POST", f"{project}/restore"), account.is_restored),
    }
    return {name: await time_request(stack, *step, rest_seconds) for name, step in steps.items()}


def other_user_rows(somebody: OtherUser, found: dict[str, list[Applied]]) -> list[report.Row]:
    made: list[report.Row] = []
    for name, several in found.items():
        spans = {
            REST: [each.rest for each in several],
            MEANWHILE: [each.meanwhile for each in several],
            AFTER: [each.after for each in several],
        }
        made += [[name, *row] for row in other_user.phase_rows(somebody.samples, spans)]
    return made


async def measure_fan_out(stack: Stack, tasks: int, rounds: int, rest_seconds: float) -> None:
    found: dict[str, list[Applied]] = {}
    async with (
        sign_up_users(stack, rounds + 1) as (session, (other, *tokens)),
        other_user.other_user(stack.addresses.edge, other) as somebody,
    ):
        for token in tokens:
            applied = await one_account(stack, Account(session, token, tasks), rest_seconds)
            for name, each in applied.items():
                found.setdefault(name, []).append(each)
    results = [
        [name, each.status, each.answered, each.shown, each.after[1] - each.after[0], each.cpu / tasks * 1e3]
        for name, several in found.items()
        for each in several
    ]
    introduction = (
        f"A project of {tasks:,} tasks which all have one label, of a fresh user each round. Meanwhile "
        f"another user sends {other_user.PER_SECOND} requests a second, each at its time, and its latency "
        "counts from then. CPU is that of all processes until the events are through, without what is used "
        "at rest; there the other user's is counted."
    )
    header = ["what", "status", "s to the response", "s to the last task", "s more for its events"]
    report.write_report(
        "fan-out",
        "Fan-out",
        introduction,
        report.render_table([*header, "ms CPU a task"], results),
        report.render_table(["what", *other_user.HEADER], other_user_rows(somebody, found)),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=1, help="users")
    parser.add_argument("--rest", type=float, default=20, help="seconds at rest before each request")
    options = parser.parse_args()
    with measured_system() as stack:
        asyncio.run(measure_fan_out(stack, options.tasks, options.rounds, options.rest))


if __name__ == "__main__":
    main()
