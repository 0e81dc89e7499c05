"""Helm and kubectl on one cluster."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from devstack.errors import CommandError
from devstack.toolbox.ensure import ensure_tools, find_tool
from devstack.toolbox.helm import HELM
from devstack.toolbox.tool import require_command

COMMAND_SECONDS = 3900
"""More than the longest wait for a recovery (`restore_drill`)."""


@dataclass(frozen=True, slots=True)
class Access:
    """The cluster of one kubeconfig, within one namespace."""

    namespace: str
    kubeconfig: Path | None = None

    def helm(self, *arguments: str, stdin: str | None = None) -> str:
        """What Helm prints. Raises `CommandError` with its complaint."""
        ensure_tools([HELM])
        return self._run([str(find_tool(HELM)), "--namespace", self.namespace, *arguments], stdin)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl prints. Raises `CommandError` with its complaint."""
        program = require_command("kubectl", "Install kubectl.")
        return self._run([program, "--namespace", self.namespace, *arguments], stdin)

    def start_kubectl(self, *arguments: str) -> subprocess.Popen[str]:
        """kubectl that runs on, with pipes to and from it; whoever starts it ends it."""
        program = require_command("kubectl", "Install kubectl.")
        return subprocess.Popen(
            [program, "--namespace", self.namespace, *arguments],
            env=self.env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )

    @property
    def env(self) -> dict[str, str]:
        """Environment of programs that are to reach this cluster."""
        return {**os.environ, **({"KUBECONFIG": str(self.kubeconfig)} if self.kubeconfig else {})}

    def _run(self, command: Sequence[str], stdin: str | None) -> str:
        done = subprocess.run(
            command,
            input=stdin,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=COMMAND_SECONDS,
        )
        if done.returncode:
            raise CommandError(f"`{Path(command[0]).name} {command[3]}` failed:\n{done.stderr.strip()}")
        return done.stdout


@contextmanager
def open_access(namespace: str) -> Iterator[Access]:
    """To the cluster of `KUBE_CONFIG` (the content of a kubeconfig, as CI has it), else of kubectl."""
    content = os.environ.get("KUBE_CONFIG", "")
    if not content:
        yield Access(namespace)
        return
    with TemporaryDirectory() as folder:
        file = Path(folder) / "kubeconfig"
        file.touch(mode=0o600)
        file.write_text(content)
        yield Access(namespace, file)
