"""Files that are made from code are those the code makes."""

import json
import subprocess
import sys
from pathlib import Path

from tests.architecture.sources import ROOT


def test_openapi_is_what_the_services_offer(tmp_path: Path) -> None:
    made = tmp_path / "openapi.json"
    subprocess.run([sys.executable, "-m", "tools.openapi", made], check=True, cwd=ROOT)
    committed = ROOT / "services/frontend/src/frontend_service/openapi.json"
    assert json.loads(committed.read_text()) == json.loads(made.read_text()), "run `make generate`"


def test_dashboards_are_what_the_panels_say(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "tools" / "dashboards.py", tmp_path], check=True)
    committed = ROOT / "monitoring" / "grafana" / "dashboards"
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text() for path in committed.iterdir()}, "run `make generate`"


def test_types_of_the_api_are_those_of_the_openapi_document(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "tools" / "api_types.py", tmp_path], check=True)
    committed = ROOT / "libs" / "contracts" / "src" / "contracts" / "api"
    for made in tmp_path.iterdir():
        assert (committed / made.name).read_text() == made.read_text(), "run `make generate`"
