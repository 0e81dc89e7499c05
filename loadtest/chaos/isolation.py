"""Mounts and a network of the run's own: what it fills or cuts is nobody else's, and goes with it."""

import os
import shutil
import sys

from loadtest.chaos.network import raise_loopback

INSIDE = "CHAOS_ISOLATED"


def enter_namespaces(module: str) -> bool:
    """Start `module` again with the same arguments in namespaces of its own; False where only root may.

    Called there, it returns True.
    """
    if os.environ.get(INSIDE):
        raise_loopback()
        return True
    unshare = shutil.which("unshare")
    if os.geteuid() or not unshare or not shutil.which("ip"):
        return False
    command = [unshare, "--mount", "--net", "--", sys.executable, "-m", module, *sys.argv[1:]]
    os.execve(unshare, command, os.environ | {INSIDE: "1"})
