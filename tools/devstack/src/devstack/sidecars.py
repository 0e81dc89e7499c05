"""`dapr run -f`: the six services and their sidecars."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import yaml

from devstack import processes
from devstack.addresses import HOST, Addresses, derive_dapr_yaml
from devstack.credentials import Secrets
from devstack.paths import ROOT, TOOL_BINARIES, RunFolder
from devstack.toolbox.dapr import CLI, DAPRD
from devstack.toolbox.ensure import find_tool

NAME = "dapr"
KEEP_RUNNING = Path(__file__).with_name("keep-running")
NAMED = """#!/bin/sh
# What a pod's name is in a cluster: another one for each instance, the same after a restart.
for word in "$@"; do
  [ "$before" = --app-port ] && POD_NAME="pod-$word"
  before=$word
done
export POD_NAME
exec "{keep_running}" "{daprd}" "$@"
"""
VENV_BINARIES = ROOT / ".venv" / "bin"


def start_apps(
    folder: RunFolder,
    where: Addresses,
    env: Mapping[str, str],
    *,
    name: str = NAME,
    components: Path | None = None,
    command: Sequence[str] = (),
    otlp_endpoint: str = "",
    silent: bool = False,
) -> processes.Process:
    """Run `dapr.yaml`, moved to this folder and the instances in `where`.

    A process that dies is started again, as a kubelet would. components: a folder to take instead of
    `dapr/components`; command: what to start instead of the service; otlp_endpoint: where sidecars send
    their spans (services read theirs from `env`); silent: sidecars neither count nor trace.
    """
    content = derive_dapr_yaml(where, folder.path, _runtime(folder))
    if otlp_endpoint or silent:
        content["common"]["configFilePath"] = str(_configuration(folder, otlp_endpoint, silent))
    if components:
        content["common"]["resourcesPaths"][0] = str(components)
    for app in content["apps"]:
        app["command"] = [str(KEEP_RUNNING), *(command or app["command"])]
    file = folder.path / f"{name}.yaml"
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    path = os.pathsep.join([str(VENV_BINARIES), str(TOOL_BINARIES), os.environ["PATH"]])
    cli = [str(find_tool(CLI)), "run", "-f", str(file)]
    return processes.start_process(folder, name, cli, env={"PATH": path, **env}, umask=processes.OWN)


def build_environment(where: Addresses, secrets: Secrets, database_url: str) -> dict[str, str]:
    """What sidecars and apps read from their environment; in a cluster the chart sets it."""
    return {
        "KAFKA_BROKERS": f"{HOST}:{where.kafka}",
        "KAFKA_AUTH_TYPE": "none",
        "KAFKA_DISABLE_TLS": "true",
        "REDIS_HOST": f"{HOST}:{where.redis}",
        "REDIS_ENABLE_TLS": "false",
        "DAPR_API_TOKEN": secrets["dapr-api"]["token"],
        "APP_API_TOKEN": secrets["app-api"]["token"],
        "TODO_DATABASE_URL": database_url,
        "TODO_PUBLIC_URL": where.edge,
        "POD_NAME": "local",
    }


def copy_components_with_group(folder: Path, group: str) -> Path:
    """A copy of `dapr/components` in `folder` whose consumer reads under another group's name."""
    copy = folder / "components"
    shutil.copytree(ROOT / "dapr" / "components", copy)
    pubsub = yaml.safe_load((copy / "pubsub.yaml").read_text())
    pubsub["spec"]["metadata"].append({"name": "consumerGroup", "value": group})
    (copy / "pubsub.yaml").write_text(yaml.safe_dump(pubsub))
    return copy


def _configuration(folder: RunFolder, otlp_endpoint: str, silent: bool) -> Path:
    """The Configuration of a laptop with an address for spans, or without any telemetry."""
    configuration = yaml.safe_load((ROOT / "dapr" / "local" / "configuration.yaml").read_text())
    spec = configuration["spec"]
    if silent:
        spec |= {"tracing": {"samplingRate": "0"}, "metrics": {"enabled": False}}
    else:
        address = otlp_endpoint.removeprefix("http://")
        spec["tracing"]["otel"] = {"endpointAddress": address, "protocol": "http", "isSecure": False}
    file = folder.path / "configuration.yaml"
    file.write_text(yaml.safe_dump(configuration, sort_keys=False))
    return file


def _runtime(folder: RunFolder) -> Path:
    """A Dapr installation whose daprd is started again when it dies."""
    binaries = folder.path / "runtime" / ".dapr" / "bin"
    binaries.mkdir(parents=True, exist_ok=True)
    daprd = binaries / "daprd"
    daprd.write_text(NAMED.format(keep_running=KEEP_RUNNING, daprd=find_tool(DAPRD)))
    daprd.chmod(0o755)
    return binaries.parents[1]
