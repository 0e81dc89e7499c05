"""What the log of live events counts is what the process takes for it."""

import json
import subprocess
import sys

from devstack.paths import ROOT
from loadtest.measure.live_memory import CHANGES, UNBOUNDED

USERS = 2_000


def test_events_take_the_memory_that_is_counted() -> None:
    command = [sys.executable, "-m", "loadtest.measure.live_memory", UNBOUNDED, str(USERS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True)
    found = json.loads(done.stdout)
    assert found["kept"] == USERS * CHANGES
    assert 0.8 * found["held"] < found["after"] - found["before"] < 1.25 * found["held"]
