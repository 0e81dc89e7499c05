"""The monitoring of one running system: Prometheus, Alertmanager, Jaeger, Loki and what feeds them."""

import asyncio
import time
import urllib.error
import urllib.request

from devstack import processes
from devstack.addresses import HOST, Addresses
from devstack.errors import CommandError
from devstack.observe import collectors, prometheus
from devstack.observe.ports import Ports
from devstack.observe.prometheus import Alerting
from devstack.paths import RunFolder

ALERTING = ("prometheus", "alertmanager")
READY_SECONDS = 60


def start_monitoring(folder: RunFolder, where: Addresses, ports: Ports, alerting: Alerting) -> None:
    """Start all of it, so that no span, line or sample of the system is missed."""
    prometheus.start_prometheus(folder, where, ports, alerting)
    collectors.start_jaeger(folder, ports)
    collectors.start_otel_collector(folder, ports)
    collectors.start_loki(folder, ports)
    collectors.start_shipper(folder, ports)
    collectors.start_kafka_exporter(folder, where, ports)


def restart_alerting(folder: RunFolder, where: Addresses, ports: Ports, alerting: Alerting) -> None:
    """Start Prometheus and Alertmanager anew, without what they remember."""
    for name in ALERTING:
        if process := processes.find_process(folder, name):
            processes.stop_process(folder, process)
    for name in ALERTING:
        prometheus.delete_data(folder, name)
    prometheus.start_prometheus(folder, where, ports, alerting)


async def wait_until_ready(folder: RunFolder, ports: Ports) -> None:
    """Return when every part answers. Raises `CommandError` with the log of one that doesn't in time."""
    addresses = {
        "prometheus": f"http://{HOST}:{ports.prometheus}/-/ready",
        "alertmanager": f"http://{HOST}:{ports.alertmanager}/-/ready",
        "jaeger": f"http://{HOST}:{ports.jaeger}/",
        "otel-collector": f"http://{HOST}:{ports.collector_metrics}/metrics",
        "loki": f"http://{HOST}:{ports.loki}/ready",
        "kafka-exporter": f"http://{HOST}:{ports.kafka_exporter}/metrics",
    }
    deadline = time.monotonic() + READY_SECONDS
    for name, address in addresses.items():
        while not await asyncio.to_thread(_is_reachable, address):
            if time.monotonic() > deadline:
                log = folder.logs / f"{name}.log"
                raise CommandError(
                    f"{name} doesn't answer. Its last lines ({log}):\n{processes.read_tail(log)}"
                )
            await asyncio.sleep(0.3)


def _is_reachable(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:
            return bool(200 <= response.status < 300)
    except (urllib.error.URLError, OSError):
        return False
