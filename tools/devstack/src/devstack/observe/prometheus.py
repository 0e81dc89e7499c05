"""Prometheus and Alertmanager from the files of `monitoring/`, with the addresses of this machine.

In a cluster the operator makes scrape configurations of the PodMonitors in charts/observability; here
the same labels are put on the same targets by hand, so that rules and dashboards find them.
"""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from devstack import processes
from devstack.addresses import HOST, Addresses
from devstack.observe.durations import shorten_durations
from devstack.observe.ports import MONITORING, NAMESPACE, Ports
from devstack.paths import ROOT, RunFolder
from devstack.toolbox.alertmanager import ALERTMANAGER
from devstack.toolbox.ensure import find_tool
from devstack.toolbox.monitoring import PROMETHEUS

VALUES = MONITORING / "prometheus" / "prometheus.yaml"
CHART_VALUES = ROOT / "charts" / "observability" / "values.yaml"
EXTERNAL_LABELS = {"environment": "local", "cluster": "local"}
"""What monitoring/environments/<name>/prometheus.yaml says of an environment."""
RULES = MONITORING / "prometheus" / "rules.yaml"
ROUTES = MONITORING / "alertmanager" / "alertmanager.yaml"
TEMPLATES = MONITORING / "alertmanager" / "slack.tmpl"


@dataclass(frozen=True, slots=True)
class Alerting:
    """Where alerts go, and how much sooner than in production.

    slack, dead_mans_switch: URLs that take the notifications of Alertmanager.
    source: where this repository can be read; links to runbooks start with it.
    divisor: by which every time of rules and routes is divided; 1 leaves the files as they are.
    """

    slack: str = ""
    dead_mans_switch: str = ""
    source: str = f"{ROOT.as_uri()}/"
    divisor: int = 1


def start_prometheus(folder: RunFolder, where: Addresses, ports: Ports, alerting: Alerting) -> None:
    """Start both. Alertmanager sends nowhere unless it is told where."""
    data = folder.path / "monitoring"
    data.mkdir(exist_ok=True)
    _start_alertmanager(folder, data, ports, alerting)
    rules = data / "rules.yaml"
    rules.write_text(shorten_durations(RULES.read_text(), alerting.divisor))
    targets = data / "targets.json"
    targets.write_text(json.dumps(list(_targets(where, ports)), indent=2))
    config = data / "prometheus.yaml"
    config.write_text(yaml.safe_dump(_config(rules, targets, ports, alerting.divisor)))
    options = {
        "--config.file": config,
        "--storage.tsdb.path": data / "prometheus",
        "--storage.tsdb.retention.time": "1d",
        "--web.listen-address": f"{HOST}:{ports.prometheus}",
        "--log.level": "warn",
    }
    command = [str(find_tool(PROMETHEUS)), *[f"{name}={value}" for name, value in options.items()]]
    processes.start_process(folder, "prometheus", command)


def delete_data(folder: RunFolder, name: str) -> None:
    """Drop what Prometheus or Alertmanager has stored; it must not run."""
    shutil.rmtree(folder.path / "monitoring" / name, ignore_errors=True)


def _start_alertmanager(folder: RunFolder, data: Path, ports: Ports, alerting: Alerting) -> None:
    config = data / "alertmanager.yaml"
    config.write_text(yaml.safe_dump(_routes(data, alerting), sort_keys=False))
    options = {
        "--config.file": config,
        "--storage.path": data / "alertmanager",
        "--web.listen-address": f"{HOST}:{ports.alertmanager}",
        "--cluster.listen-address": "",
        "--log.level": "warn",
    }
    command = [str(find_tool(ALERTMANAGER)), *[f"{name}={value}" for name, value in options.items()]]
    processes.start_process(folder, "alertmanager", command)


def _routes(data: Path, alerting: Alerting) -> dict[str, Any]:
    """The configuration with other addresses; where none is given, a receiver that takes nothing."""
    config: dict[str, Any] = yaml.safe_load(shorten_durations(ROUTES.read_text(), alerting.divisor))
    (data / "slack-url").write_text(alerting.slack)
    (data / "dead-mans-switch-token").write_text("local")
    source = data / "source.tmpl"
    source.write_text(f'{{{{ define "todo.source" }}}}{alerting.source}{{{{ end }}}}')
    config["templates"] = [str(TEMPLATES), str(source)]
    for receiver in config["receivers"]:
        for slack in receiver.get("slack_configs", []):
            slack["api_url_file"] = str(data / "slack-url")
        for webhook in receiver.get("webhook_configs", []):
            webhook["url"] = alerting.dead_mans_switch
            webhook["http_config"]["authorization"]["credentials_file"] = str(data / "dead-mans-switch-token")
        if not alerting.slack:
            receiver.pop("slack_configs", None)
        if not alerting.dead_mans_switch:
            receiver.pop("webhook_configs", None)
    return config


def _config(rules: Path, targets: Path, ports: Ports, divisor: int) -> dict[str, Any]:
    spec = yaml.safe_load(VALUES.read_text())["prometheus"]["prometheusSpec"]
    often = {"scrape_interval": spec["scrapeInterval"], "evaluation_interval": spec["evaluationInterval"]}
    often = {name: shorten_durations(seconds, divisor) for name, seconds in often.items()}
    return {
        "global": {**often, "external_labels": EXTERNAL_LABELS},
        "rule_files": [str(rules)],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [f"{HOST}:{ports.alertmanager}"]}]}]},
        "scrape_configs": [
            {
                "job_name": "local",
                "file_sd_configs": [{"files": [str(targets)]}],
                "sample_limit": yaml.safe_load(CHART_VALUES.read_text())["sampleLimit"],
            }
        ],
    }


def _targets(where: Addresses, ports: Ports) -> Iterator[dict[str, Any]]:
    for app in where.apps:
        labels = {"namespace": NAMESPACE, "service": app.app_id, "pod": app.name}
        yield _target(app.ports["appPort"], job="todo", container=app.app_id, **labels)
        yield _target(app.ports["metricsPort"], job="dapr", container="daprd", **labels)
    yield _target(
        where.scheduler_metrics, job="dapr-control-plane", service="dapr-scheduler", namespace=NAMESPACE
    )
    yield _target(ports.kafka_exporter, job="kafka-exporter", namespace=NAMESPACE)


def _target(port: int, **labels: str) -> dict[str, Any]:
    return {"targets": [f"{HOST}:{port}"], "labels": labels}
