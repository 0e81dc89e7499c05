"""Starts the parts of the node in order, each as soon as what it needs answers."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass

from cluster import commands, settings, toolbox
from cluster.certificates import Authorities, write_certificates
from cluster.images.platform import PAUSE_IMAGE
from cluster.kubeconfigs import write_kubeconfigs
from cluster.machine import prepare_machine
from cluster.paths import ClusterFolder
from cluster.waiting import wait_for_process
from devstack import processes
from devstack.paths import TOOL_BINARIES
from devstack.toolbox.ensure import find_tool
from devstack.toolbox.golang import GoTool

START_SECONDS = 30
API_SECONDS = 90
NODE_SECONDS = 60
PROGRAMS = (TOOL_BINARIES, toolbox.NODE_PROGRAMS.binaries / "runc", PAUSE_IMAGE)
"""Where the CNI plugins are, the program that starts containers, and the image that holds a pod together."""


@dataclass(frozen=True, slots=True)
class Node:
    """The parts of one node, before anything runs in containers."""

    folder: ClusterFolder

    def write_files(self) -> Authorities:
        """Certificates and settings, fresh for each cluster."""
        self.folder.make()
        signers = write_certificates(self.folder)
        write_kubeconfigs(self.folder, signers)
        settings.write_settings(self.folder, *PROGRAMS)
        return signers

    def write_own_settings(self) -> None:
        """For one that joins: only what is not the cluster's."""
        self.folder.make()
        settings.write_node_settings(self.folder, *PROGRAMS)

    def start_runtime(self) -> None:
        """containerd, ready to take images."""
        prepare_machine(self.folder)
        config = ["--config", str(self.folder.settings / "containerd.toml")]
        containerd = self._start(
            f"containerd{self.folder.suffix}", [str(find_tool(toolbox.CONTAINERD)), *config]
        )
        self._wait(
            containerd, lambda: self.runs_quietly(["ctr", *self.ctr_options(), "version"]), START_SECONDS
        )

    def start_control_plane(self) -> None:
        """etcd and the API server, then the control loops: they give up if the API server isn't there."""
        self._start_tool("etcd", toolbox.ETCD, commands.build_etcd(self.folder))
        api = self._start_tool("kube-apiserver", toolbox.API_SERVER, commands.build_api_server(self.folder))
        self._wait(api, self._api_is_ready, API_SECONDS)
        self._start_tool(
            "kube-controller-manager",
            toolbox.CONTROLLER_MANAGER,
            commands.build_controller_manager(self.folder),
        )
        self._start_tool("kube-scheduler", toolbox.SCHEDULER, commands.build_scheduler(self.folder))

    def start_worker(self) -> None:
        """kube-proxy and kubelet, until the node is Ready."""
        self._start_tool("kube-proxy", toolbox.KUBE_PROXY, commands.build_kube_proxy(self.folder))
        self.start_kubelet()

    def start_kubelet(self) -> None:
        """Until the node is Ready."""
        name = f"kubelet{self.folder.suffix}"
        kubelet = self._start_tool(name, toolbox.KUBELET, commands.build_kubelet(self.folder))
        self._wait(kubelet, self._is_ready, NODE_SECONDS)

    def start_network_policies(self) -> None:
        """Enforces what is in the cluster already before this returns."""
        policies = self._start_tool(
            "netpol", toolbox.NETWORK_POLICIES, commands.build_network_policies(self.folder)
        )
        self._wait(policies, lambda: b"KUBE-ROUTER-FORWARD" in self._packet_filter(), START_SECONDS)

    def ctr_options(self) -> list[str]:
        return ["--address", str(self.folder.containerd_socket), "--namespace", "k8s.io"]

    def runs_quietly(self, command: list[str]) -> bool:
        done = subprocess.run(command, env=build_environment(), capture_output=True, check=False)
        return done.returncode == 0

    def _api_is_ready(self) -> bool:
        return self.runs_quietly([*self._kubectl(), "get", "--raw=/readyz"])

    def _is_ready(self) -> bool:
        ready = "jsonpath={.status.conditions[?(@.type=='Ready')].status}"
        command = [*self._kubectl(), "get", "node", self.folder.node, "-o", ready]
        return subprocess.run(command, capture_output=True, check=False).stdout == b"True"

    def _packet_filter(self) -> bytes:
        command = ["iptables-save", "--table", "filter"]
        return subprocess.run(command, env=build_environment(), capture_output=True, check=False).stdout

    def _kubectl(self) -> list[str]:
        return [str(find_tool(toolbox.KUBECTL)), "--kubeconfig", str(self.folder.kubeconfig)]

    def _start_tool(self, name: str, tool: GoTool, flags: commands.Flags) -> processes.Process:
        return self._start(name, [str(find_tool(tool)), *commands.format_flags(flags)])

    def _start(self, name: str, command: list[str]) -> processes.Process:
        return processes.start_process(self.folder.run, name, command, env=build_environment())

    def _wait(self, process: processes.Process, condition: Callable[[], bool], seconds: float) -> None:
        wait_for_process(self.folder.run, process, condition, seconds)


def build_environment() -> dict[str, str]:
    """PATH with our own programs first: containerd finds its shim there, kube-proxy nft, CNI iptables."""
    own = [str(TOOL_BINARIES), str(toolbox.NODE_PROGRAMS.binaries)]
    return {**os.environ, "PATH": os.pathsep.join([*own, os.environ["PATH"]])}
