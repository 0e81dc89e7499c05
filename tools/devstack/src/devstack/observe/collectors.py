"""What takes spans and logs, from the files of `monitoring`; the shipper of logs, the exporter of Kafka."""

import sys
from pathlib import Path
from typing import Any

import yaml

from devstack import processes
from devstack.addresses import HOST, Addresses
from devstack.observe.ports import MONITORING, Ports
from devstack.paths import RunFolder
from devstack.toolbox.ensure import find_tool
from devstack.toolbox.monitoring import JAEGER, LOKI


def start_otel_collector(folder: RunFolder, ports: Ports) -> None:
    """Takes spans over OTLP. Here it keeps all of them, and decides soon.

    Jaeger is a distribution of the collector, with every component of our configuration but the health check.
    """
    config = build_collector_config(ports)
    sampling = config["processors"]["tail_sampling"]
    sampling["decision_wait"] = "1s"
    for policy in sampling["policies"]:
        if policy["type"] == "probabilistic":
            policy["probabilistic"]["sampling_percentage"] = 100
    file = _write(folder, "otel-collector.yaml", config)
    processes.start_process(folder, "otel-collector", [str(find_tool(JAEGER)), "--config", str(file)])


def build_collector_config(ports: Ports) -> dict[str, Any]:
    """The configuration that ships, with the addresses of this machine."""
    values = yaml.safe_load((MONITORING / "otel-collector" / "otel-collector.yaml").read_text())
    config: dict[str, Any] = values["alternateConfig"]
    protocols = config["receivers"]["otlp"]["protocols"]
    protocols["grpc"]["endpoint"] = f"{HOST}:{ports.otlp_grpc}"
    protocols["http"]["endpoint"] = f"{HOST}:{ports.otlp_http}"
    config["exporters"]["otlp"]["endpoint"] = f"{HOST}:{ports.jaeger_otlp_grpc}"
    _place_metrics(config, ports.collector_metrics)
    config["extensions"] = {}
    config["service"]["extensions"] = []
    return config


def start_jaeger(folder: RunFolder, ports: Ports) -> None:
    """Jaeger takes spans from the collector and keeps them in memory here."""
    config = yaml.safe_load((MONITORING / "jaeger" / "jaeger.yaml").read_text())["userconfig"]
    config["receivers"]["otlp"]["protocols"] = {"grpc": {"endpoint": f"{HOST}:{ports.jaeger_otlp_grpc}"}}
    config["extensions"]["healthcheckv2"]["http"]["endpoint"] = f"{HOST}:0"
    query = config["extensions"]["jaeger_query"]
    query["http"] = {"endpoint": f"{HOST}:{ports.jaeger}"}
    query["grpc"] = {"endpoint": f"{HOST}:{ports.jaeger_grpc}"}
    _place_metrics(config, ports.jaeger_metrics)
    backends = config["extensions"]["jaeger_storage"]["backends"]
    backends["traces"] = {"memory": {"max_traces": 100_000}}
    file = _write(folder, "jaeger.yaml", config)
    processes.start_process(folder, "jaeger", [str(find_tool(JAEGER)), "--config", str(file)])


def start_loki(folder: RunFolder, ports: Ports) -> None:
    """Loki keeps logs in a folder here, in a bucket in the cluster."""
    values = yaml.safe_load((MONITORING / "loki" / "loki.yaml").read_text())
    config = values["loki"]["structuredConfig"]
    data = folder.path / "monitoring" / "loki"
    config["server"] |= {
        "http_listen_address": HOST,
        "http_listen_port": ports.loki,
        "grpc_listen_address": HOST,
        "grpc_listen_port": ports.loki_grpc,
    }
    config["common"] = config["common"] | {
        "path_prefix": str(data),
        "instance_addr": HOST,
        "storage": {"filesystem": {"chunks_directory": f"{data}/chunks", "rules_directory": f"{data}/rules"}},
    }
    for period in config["schema_config"]["configs"]:
        period["object_store"] = "filesystem"
    config["compactor"] |= {"delete_request_store": "filesystem", "working_directory": f"{data}/compactor"}
    file = _write(folder, "loki.yaml", config)
    processes.start_process(folder, "loki", [str(find_tool(LOKI)), f"-config.file={file}"])


def start_shipper(folder: RunFolder, ports: Ports) -> None:
    """Sends the logs of this folder to Loki, as Alloy does in the cluster."""
    command = [
        sys.executable,
        "-m",
        "devstack.observe.shipper",
        str(folder.path),
        f"http://{HOST}:{ports.loki}",
    ]
    processes.start_process(folder, "shipper", command)


def start_kafka_exporter(folder: RunFolder, where: Addresses, ports: Ports) -> None:
    """Tells lag and offsets, as Strimzi's Kafka Exporter does in the cluster."""
    command = [sys.executable, "-m", "devstack.observe.kafka_exporter", f"{HOST}:{where.kafka}"]
    processes.start_process(folder, "kafka-exporter", [*command, str(ports.kafka_exporter)])


def _place_metrics(config: dict[str, Any], port: int) -> None:
    reader = config["service"]["telemetry"]["metrics"]["readers"][0]["pull"]["exporter"]["prometheus"]
    reader |= {"host": HOST, "port": port}


def _write(folder: RunFolder, name: str, content: dict[str, Any]) -> Path:
    file = folder.path / "monitoring" / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    return file
