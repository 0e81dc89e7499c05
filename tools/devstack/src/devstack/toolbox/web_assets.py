"""What the web pages load from npm packages, copied to where the frontend serves it."""

from dataclasses import dataclass
from pathlib import Path

from devstack.paths import ROOT
from devstack.toolbox.tool import hash_files, is_stamped, require_command, run_command, write_stamp

FRONTEND = ROOT / "services" / "frontend"
VENDOR = FRONTEND / "src" / "frontend_service" / "static" / "vendor"
MADE_FROM = ("package.json", "package-lock.json", "vendor.mjs")
INSTALL_NPM = "Install Node.js 20 or newer; npm comes with it (Debian: apt-get install npm)."


@dataclass(frozen=True, slots=True)
class WebAssets:
    name: str = "web-assets"

    def find(self) -> Path | None:
        return VENDOR if VENDOR.is_dir() and is_stamped(self.name, self._fingerprint()) else None

    def install(self) -> None:
        npm = require_command("npm", INSTALL_NPM)
        run_command([npm, "ci", "--no-audit", "--no-fund"], cwd=FRONTEND)
        run_command([npm, "run", "vendor"], cwd=FRONTEND)
        write_stamp(self.name, self._fingerprint())

    def _fingerprint(self) -> str:
        return hash_files(FRONTEND / name for name in MADE_FROM)


WEB_ASSETS = WebAssets()
