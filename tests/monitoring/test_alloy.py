"""Alloy's configuration is read by Alloy's own parser. What its components do is not run here."""

import subprocess
from pathlib import Path

from devstack.paths import ROOT
from devstack.toolbox.alloy import ALLOY_FORMAT
from devstack.toolbox.ensure import find_tool

CONFIGURATION = ROOT / "monitoring" / "alloy" / "config.alloy"


def formatted(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([find_tool(ALLOY_FORMAT), path], capture_output=True, text=True, check=False)


class TestConfiguration:
    def test_is_as_alloy_would_write_it(self) -> None:
        done = formatted(CONFIGURATION)
        assert done.returncode == 0, done.stderr
        assert done.stdout.rstrip("\n") == CONFIGURATION.read_text().rstrip("\n")

    def test_with_a_mistake_is_refused_with_its_place(self, tmp_path: Path) -> None:
        broken = tmp_path / "config.alloy"
        broken.write_text(
            CONFIGURATION.read_text().replace("forward_to = [loki.process", "forward_to = loki.process[")
        )
        done = formatted(broken)
        assert done.returncode == 1
        assert "config.alloy:" in done.stderr
