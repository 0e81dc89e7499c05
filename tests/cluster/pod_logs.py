"""What the pods of a test run wrote, kept if a check failed.

The kubelet removes a pod's log with the pod, and the rest goes with the cluster. A hard link stays, and
shows what is written after it was made.
"""

import contextlib
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cluster.paths import ClusterFolder
from devstack.paths import ROOT

KEPT = ROOT / ".run" / "pod-logs"
PAUSE_SECONDS = 0.5


@contextmanager
def pod_logs(folder: ClusterFolder) -> Iterator[Path]:
    """Follows the pods of all nodes of the cluster in `folder` while the block runs; yields where to."""
    shutil.rmtree(KEPT, ignore_errors=True)
    done = threading.Event()
    follower = threading.Thread(target=_follow, args=(folder.run.logs, done), daemon=True)
    follower.start()
    try:
        yield KEPT
    finally:
        done.set()
        follower.join()


def _follow(logs: Path, done: threading.Event) -> None:
    while not done.wait(PAUSE_SECONDS):
        with contextlib.suppress(FileNotFoundError):  # a pod went just now; the rest comes next time
            for file in logs.glob("pods-*/*/*/*.log"):
                kept = KEPT / file.relative_to(logs)
                if not kept.exists():
                    kept.parent.mkdir(parents=True, exist_ok=True)
                    os.link(file, kept)
