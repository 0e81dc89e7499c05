"""`make chaos`: parts of a system of its own are killed, stopped, filled or cut off while people work.

After each fault one ledger compares what clients were told with what the stores hold. Writes
loadtest/reports/chaos.json and docs/RELIABILITY.md; a run of some faults replaces the rows of these. Exits
with 1 where a goal is missed. Mounts and the network need root; without it these faults are skipped, and
said to be.
"""

import argparse
import asyncio
import os
import re
import signal
import sys
import time
from collections.abc import Sequence

from devstack.addresses import HOST
from devstack.stack import Stack
from devstack.toolbox.ensure import WITH_POSTGRES, ensure_tools
from loadtest.chaos import faults, page
from loadtest.chaos.clocks import CLOCK
from loadtest.chaos.disks import mounted_disks
from loadtest.chaos.faults import Fault
from loadtest.chaos.isolation import enter_namespaces
from loadtest.chaos.network import NFT
from loadtest.chaos.running import Row, populate_system, run_fault
from loadtest.chaos.traffic import Traffic, plan_traffic
from loadtest.measure.report import describe_commit, describe_machine
from loadtest.measure.system import measured_system

MOST_SECONDS = 5_400
MOST_FAULT_SECONDS = 120
LIMITS = ("TODO_QUOTA_INBOX_ENTRIES", "TODO_QUOTA_DELIVERIES_STORED")
SETTINGS = {
    **dict.fromkeys(LIMITS, "1000000"),
    "TODO_ACCESS_TOKEN_LIFE": "PT3H",
    "TODO_ALLOWED_NETWORKS": '["127.0.0.0/8"]',
    "DAPR_HOST_IP": HOST,
}
"""A run is longer than a token lives, and one user is reminded of more than an inbox keeps; webhooks are
called on this machine, which in a network of its own has no other address."""


async def run_faults(stack: Stack, traffic: Traffic, chosen: Sequence[Fault], may_isolate: bool) -> list[Row]:
    rows: list[Row] = []
    deadline, commit = time.monotonic() + MOST_SECONDS, describe_commit()
    async with populate_system(stack, traffic) as experiment:
        for number, fault in enumerate(chosen, start=1):
            if fault.needs_root and not may_isolate:
                row: Row = {"fault": fault.name, "skipped": "skipped: needs root, `unshare` and `ip`"}
            elif time.monotonic() > deadline:
                row = {"fault": fault.name, "skipped": f"skipped: a run ends after {MOST_SECONDS} s"}
            else:
                row = await run_fault(experiment, fault) | {"commit": commit}
            print(f"{number}/{len(chosen)} {page.describe_row(row)}", flush=True)
            rows.append(row)
            page.save_rows(traffic, describe_machine(), [row])
    return rows


def choose_faults(pattern: str, seconds: float) -> list[Fault]:
    return [fault for fault in faults.list_faults(seconds) if re.search(pattern, fault.name)]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--share", type=float, default=0.5, help="of the knee's requests a second")
    parser.add_argument("--seconds", type=float, default=faults.SECONDS, help="that lasting faults last")
    parser.add_argument("--only", default="", help="faults whose name this regular expression finds")
    parser.add_argument("--list", action="store_true", help="name the faults, and do nothing")
    options = parser.parse_args()
    if not 0 < options.seconds <= MOST_FAULT_SECONDS:
        parser.error(f"--seconds: 1 to {MOST_FAULT_SECONDS}")
    chosen = choose_faults(options.only, options.seconds)
    if options.list:
        print("\n".join(fault.name for fault in chosen))
        return
    traffic = plan_traffic(options.share)
    ensure_tools([*WITH_POSTGRES, CLOCK, *([] if os.geteuid() else [NFT])])
    may_isolate = enter_namespaces("loadtest.chaos")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the system ends with the run
    disks = mounted_disks if may_isolate else None
    with measured_system(settings=SETTINGS, disks=disks) as stack:
        rows = asyncio.run(run_faults(stack, traffic, chosen, may_isolate))
    page.write_page()
    missed = [row["fault"] for row in rows if page.list_missed(row)]
    sys.exit(f"goals missed: {', '.join(missed)}" if missed else 0)


if __name__ == "__main__":
    main()
