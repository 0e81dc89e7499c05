"""Helm and kubectl on one cluster."""

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from devstack.failure import Failure
from devstack.toolbox.ensure import ensure, path_of
from devstack.toolbox.helm import HELM
from devstack.toolbox.tool import require

COMMAND_SECONDS = 1200


@dataclass(frozen=True, slots=True)
class Access:
    """The cluster of one kubeconfig, within one namespace."""

    namespace: str
    kubeconfig: Path | None = None

    def helm(self, *arguments: str, stdin: str | None = None) -> str:
        """What Helm prints. Raises `Failure` with its complaint."""
        ensure([HELM])
        return self._run([str(path_of(HELM)), "--namespace", self.namespace, *arguments], stdin)

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """What kubectl prints. Raises `Failure` with its complaint."""
        program = require("kubectl", "Install kubectl.")
        return self._run([program, "--namespace", self.namespace, *arguments], stdin)

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
            raise Failure(f"`{Path(command[0]).name} {command[3]}` failed:\n{done.stderr.strip()}")
        return done.stdout


@contextmanager
def access(namespace: str) -> Iterator[Access]:
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
