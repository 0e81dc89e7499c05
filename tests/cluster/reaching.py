"""Ways to a pod: its address where the node is this machine, forwarded ports into other clusters."""

import json
import re
import subprocess

from cluster import toolbox
from cluster.cluster import Cluster
from devstack.errors import CommandError
from devstack.toolbox.ensure import find_tool
from tests.cluster import pods

FORWARDED = re.compile(r"Forwarding from \S+:(\d+) ->")
HERE = "127.0.0.1"
STOP_SECONDS = 10
RELAY = "edge"
RELAY_CODE = """
import asyncio, sys
async def copy(reader, writer):
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
async def serve(reader, writer):
    try:
        to_reader, to_writer = await asyncio.open_connection(sys.argv[1], 80)
    except OSError:
        return writer.close()
    await asyncio.gather(copy(reader, to_writer), copy(to_reader, writer))
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[2]))
    await server.serve_forever()
asyncio.run(main())
"""
"""Takes connections in a pod on to a Service: a port that kubectl forwards ends with the pod it leads to."""
RELAY_ANSWERS = ["python3", "-c", f"import socket; socket.create_connection(({HERE!r}, {pods.PORT}), 2)"]

_forwards: dict[tuple[str, ...], tuple["subprocess.Popen[str]", int]] = {}


def open_port(
    cluster: Cluster, namespace: str, pod: str, port: int, *, local: str = HERE, same: bool = False
) -> tuple[str, int]:
    """Host and port at which this process reaches a port of a pod.

    local: where a forwarded one listens. same: it has the number that the pod's has.
    """
    if cluster.given:
        return forward_port(cluster, namespace, f"pod/{pod}", port, local=local, same=same)
    address = ["--namespace", namespace, "get", "pod", pod, "--output=jsonpath={.status.podIP}"]
    return cluster.kubectl(*address), port


def forward_port(
    cluster: Cluster, namespace: str, target: str, port: int, *, local: str = HERE, same: bool = False
) -> tuple[str, int]:
    """A port of a pod, or of a pod of a Service, forwarded until the tests have ended."""
    key = (str(cluster.kubeconfig), namespace, target, str(port), local)
    if key in _forwards and _forwards[key][0].poll() is None:
        return local, _forwards[key][1]
    program = [str(find_tool(toolbox.KUBECTL)), f"--kubeconfig={cluster.kubeconfig}"]
    ports = f"{port if same else ''}:{port}"
    command = [*program, "--namespace", namespace, "port-forward", f"--address={local}", target, ports]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    found = FORWARDED.match(line)
    if not found:
        process.kill()
        raise CommandError(f"`kubectl port-forward {target}` failed:\n{line}{process.stdout.read()}")
    _forwards[key] = (process, int(found[1]))
    return local, int(found[1])


def open_edge(cluster: Cluster, namespace: str, address: str) -> str:
    """URL at which this process reaches the Service at this address, whichever of its pods there are."""
    if not cluster.given:
        return f"http://{address}"
    where = ["--namespace", namespace]
    if not cluster.kubectl(*where, "get", "pod", RELAY, "--ignore-not-found", "--output=name"):
        command = ["python3", "-c", RELAY_CODE, address, str(pods.PORT)]
        items = [pods.build_relay(RELAY, command, RELAY_ANSWERS), pods.build_relay_policy()]
        made = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
        cluster.kubectl(*where, "apply", "--filename", "-", stdin=made)
    cluster.kubectl(*where, "wait", "--for=condition=Ready", f"pod/{RELAY}", "--timeout=60s")
    host, port = forward_port(cluster, namespace, f"pod/{RELAY}", pods.PORT)
    return f"http://{host}:{port}"


def stop_forwarding() -> None:
    for process, _ in _forwards.values():
        process.terminate()
        process.wait(STOP_SECONDS)
        if process.stdout is not None:
            process.stdout.close()
    _forwards.clear()
