"""Where things lie."""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[4]
TOOLS = ROOT / ".tools"
TOOL_BINARIES = TOOLS / "bin"


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The state of one running system: data, logs, process records. Made by `make up`."""

    path: Path

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @property
    def app_logs(self) -> Path:
        """Where the Dapr CLI writes the logs of apps and sidecars."""
        return self.path / ".dapr" / "logs"

    @property
    def data(self) -> Path:
        return self.path / "data"

    @property
    def processes(self) -> Path:
        return self.path / "processes"

    @property
    def secrets(self) -> Path:
        return self.path / "secrets.json"

    def make(self) -> None:
        for folder in (self.logs, self.data, self.processes):
            folder.mkdir(parents=True, exist_ok=True)


def newest_log(folder: RunFolder, app: str, kind: str) -> Path | None:
    """The latest log of an app (`kind` app) or of its sidecar (`kind` daprd)."""
    found = sorted(folder.app_logs.glob(f"{app}_{kind}_*.log"))
    return found[-1] if found else None
