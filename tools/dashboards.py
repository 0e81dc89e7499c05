"""Writes the dashboards of Grafana from monitoring/grafana/panels.yaml: `dashboards.py FOLDER`.

The file says what is shown; this says how Grafana wants it told. Two or three panels a row, in the order
of the file.
"""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
PANELS = ROOT / "monitoring" / "grafana" / "panels.yaml"
COLUMNS = 24
HEIGHT = 8
SCHEMA_VERSION = 41
SOURCES = {"prometheus": "prometheus", "loki": "loki"}
"""Uid of each data source (charts/observability) by its type."""

Json = dict[str, Any]

NAMESPACE: Json = {
    "name": "namespace",
    "label": "Namespace",
    "type": "query",
    "datasource": {"type": "prometheus", "uid": SOURCES["prometheus"]},
    "query": {"refId": "namespace", "query": 'label_values(up{job="todo"}, namespace)'},
    "refresh": 1,
    "sort": 1,
    "includeAll": False,
    "multi": False,
}
"""The variable `$namespace`: where services are scraped; looked up when a dashboard opens."""


def dashboards() -> dict[str, Json]:
    """Dashboard by uid."""
    described = yaml.safe_load(PANELS.read_text())
    return {uid: _dashboard(uid, content) for uid, content in described.items()}


def _dashboard(uid: str, content: Json) -> Json:
    width = COLUMNS // content.get("columns", 2)
    return {
        "uid": uid,
        "title": content["title"],
        "description": content["description"],
        "tags": ["todo"],
        "editable": False,
        "schemaVersion": SCHEMA_VERSION,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [NAMESPACE]},
        "links": [
            {
                "type": "dashboards",
                "title": "todo",
                "tags": ["todo"],
                "asDropdown": True,
                "keepTime": True,
                "includeVars": True,
            }
        ],
        "panels": [_panel(number, panel, width) for number, panel in enumerate(content["panels"])],
    }


def _panel(number: int, panel: Json, width: int) -> Json:
    source = panel.get("source", "prometheus")
    in_a_row = COLUMNS // width
    place = {
        "x": number % in_a_row * width,
        "y": number // in_a_row * HEIGHT,
        "w": width,
        "h": HEIGHT,
    }
    shown: Json = {
        "id": number + 1,
        "title": panel["title"],
        "type": panel.get("type", "timeseries"),
        "datasource": {"type": source, "uid": SOURCES[source]},
        "gridPos": place,
        "targets": [_target(index, query, source) for index, query in enumerate(panel["queries"])],
    }
    if shown["type"] != "logs":
        defaults: Json = {"unit": panel.get("unit", "short"), "min": 0}
        shown["fieldConfig"] = {"defaults": defaults, "overrides": []}
    return shown


def _target(index: int, query: Json, source: str) -> Json:
    kind = {"queryType": "range"} if source == "loki" else {}
    return {
        "refId": chr(ord("A") + index),
        "datasource": {"type": source, "uid": SOURCES[source]},
        "expr": query["expr"].strip(),
        "legendFormat": query.get("legend", ""),
        **kind,
    }


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for uid, dashboard in dashboards().items():
        (folder / f"{uid}.json").write_text(json.dumps(dashboard, indent=2) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
