"""Waiting until everything answers, and saying what doesn't."""

import asyncio
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

from devstack import processes
from devstack.addresses import Addresses, AppAddress
from devstack.paths import RunFolder, newest_log

RESTARTS_ALLOWED = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to answer 2xx before the system counts as up."""

    name: str
    app: AppAddress
    url: str

    def passes(self) -> bool:
        try:
            with urllib.request.urlopen(self.url, timeout=2) as response:
                return bool(200 <= response.status < 300)
        except (urllib.error.URLError, OSError):
            return False


def list_checks(where: Addresses) -> list[Check]:
    """App and sidecar of each instance."""
    return [check for app in where.apps for check in list_checks_of(app)]


def list_checks_of(app: AppAddress) -> list[Check]:
    """App and sidecar of one instance."""
    return [
        Check(app.name, app, f"{app.url}/readyz"),
        Check(f"{app.name} sidecar", app, f"{app.sidecar_url}/v1.0/healthz"),
    ]


async def wait_until_healthy(folder: RunFolder, where: Addresses, seconds: float) -> str:
    """Empty when everything answers; else what doesn't, and the last lines of its log."""
    deadline = time.monotonic() + seconds
    pending = list_checks(where)
    while pending:
        passed = await asyncio.gather(*(asyncio.to_thread(check.passes) for check in pending))
        pending = [check for check, done in zip(pending, passed, strict=True) if not done]
        if pending and (time.monotonic() > deadline or _keeps_dying(folder, pending[0])):
            return explain_failures(folder, pending)
        if pending:
            await asyncio.sleep(0.25)
    return ""


def explain_failures(folder: RunFolder, failing: list[Check]) -> str:
    """Which parts fail, with the end of the first one's log."""
    names = ", ".join(check.name for check in failing)
    kind = "daprd" if failing[0].name.endswith("sidecar") else "app"
    log = newest_log(folder, failing[0].app.app_id, kind)
    last = processes.read_tail(log) if log else processes.read_tail(folder.logs / "dapr.log")
    return f"Not answering: {names}\nThe last lines of {failing[0].name} ({log}):\n{last}"


def _keeps_dying(folder: RunFolder, check: Check) -> bool:
    log = newest_log(folder, check.app.app_id, "app")
    return log is not None and log.read_text(errors="replace").count("keep-running:") >= RESTARTS_ALLOWED
