"""Files that are made from code are those the code makes."""

import json
import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import ROOT


def test_openapi_is_what_the_services_offer(tmp_path: Path) -> None:
    made = tmp_path / "openapi.json"
    subprocess.run([sys.executable, ROOT / "tools" / "openapi.py", made], check=True, cwd=tmp_path)
    committed = ROOT / "services/frontend/src/frontend_service/openapi.json"
    assert json.loads(committed.read_text()) == json.loads(made.read_text()), "run `make generate`"
