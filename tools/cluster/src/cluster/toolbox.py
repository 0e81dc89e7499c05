"""The programs a cluster is made of: a Go module for Kubernetes and its neighbours, packages of Debian."""

from devstack.paths import ROOT
from devstack.toolbox.dapr import CONTROL_PLANE, DAPRD
from devstack.toolbox.debian import DebianPrograms
from devstack.toolbox.golang import GoTool
from devstack.toolbox.helm import HELM
from devstack.toolbox.monitoring import PROMETHEUS
from devstack.toolbox.tool import Tool, read_version

MODULE = ROOT / "toolchain" / "kubernetes"


def _kubernetes(name: str) -> GoTool:
    version = "k8s.io/component-base/version"
    return GoTool(
        name=name,
        module=MODULE,
        package=f"k8s.io/kubernetes/cmd/{name}",
        dependency="k8s.io/kubernetes",
        version_variable=f"{version}.gitVersion",
        version_prefix="v",
        linked=(f"{version}.gitMajor={{major}}", f"{version}.gitMinor={{minor}}"),
    )


def _containerd(name: str) -> GoTool:
    return GoTool(
        name=name,
        module=MODULE,
        package=f"github.com/containerd/containerd/v2/cmd/{name}",
        dependency="github.com/containerd/containerd/v2",
        version_variable="github.com/containerd/containerd/v2/version.Version",
    )


def _cni(kind: str, name: str) -> GoTool:
    return GoTool(
        name=name,
        module=MODULE,
        package=f"github.com/containernetworking/plugins/plugins/{kind}/{name}",
        dependency="github.com/containernetworking/plugins",
    )


API_SERVER = _kubernetes("kube-apiserver")
CONTROLLER_MANAGER = _kubernetes("kube-controller-manager")
SCHEDULER = _kubernetes("kube-scheduler")
KUBELET = _kubernetes("kubelet")
KUBE_PROXY = _kubernetes("kube-proxy")
KUBECTL = _kubernetes("kubectl")
ETCD = GoTool("etcd", MODULE, "go.etcd.io/etcd/server/v3", dependency="go.etcd.io/etcd/server/v3")
CONTAINERD = _containerd("containerd")
CTR = _containerd("ctr")
SHIM = _containerd("containerd-shim-runc-v2")
CNI = (_cni("main", "bridge"), _cni("main", "loopback"), _cni("ipam", "host-local"), _cni("meta", "portmap"))
NETWORK_POLICIES = GoTool(
    "netpol", MODULE, "./netpol", dependency="github.com/cloudnativelabs/kube-router/v2"
)
COREDNS = GoTool("coredns", MODULE, "./coredns", dependency="github.com/coredns/coredns")
METRICS_SERVER = GoTool(
    "metrics-server",
    MODULE,
    "sigs.k8s.io/metrics-server/cmd/metrics-server",
    dependency="sigs.k8s.io/metrics-server",
)
KIND = GoTool(
    "kind",
    ROOT / "toolchain" / "kind",
    "sigs.k8s.io/kind",
    dependency="sigs.k8s.io/kind",
    is_compatible=lambda installed, _version: bool(read_version([str(installed), "version"])),
)
"""Any installed one will do: it brings the node image it was released with."""
PAUSE = GoTool("pause", MODULE, "./pause", dependency="k8s.io/kubernetes")
CLOUDNATIVE_PG = GoTool(
    "cloudnative-pg",
    ROOT / "toolchain" / "cloudnative-pg",
    "github.com/cloudnative-pg/cloudnative-pg/cmd/manager",
    dependency="github.com/cloudnative-pg/cloudnative-pg",
    version_variable="github.com/cloudnative-pg/cloudnative-pg/pkg/versions.buildVersion",
)
PLUGIN_BARMAN_CLOUD = GoTool(  # for tests that archive PostgreSQL; no other cluster has it
    "plugin-barman-cloud",
    ROOT / "toolchain" / "plugin-barman-cloud",
    "github.com/cloudnative-pg/plugin-barman-cloud/cmd/manager",
    dependency="github.com/cloudnative-pg/plugin-barman-cloud",
)
REDIS_EXPORTER = GoTool(
    "redis-exporter",
    ROOT / "toolchain" / "redis-exporter",
    "github.com/oliver006/redis_exporter",
    dependency="github.com/oliver006/redis_exporter",
    version_variable="main.BuildVersion",
    version_prefix="v",
)

CERT_MANAGER = GoTool(
    "cert-manager",
    ROOT / "toolchain" / "cert-manager",
    ".",
    dependency="github.com/cert-manager/cert-manager",
    version_variable="github.com/cert-manager/cert-manager/pkg/util.AppVersion",
    version_prefix="v",
)
PEBBLE = GoTool(
    "pebble",
    ROOT / "toolchain" / "pebble",
    "github.com/letsencrypt/pebble/v2/cmd/pebble",
    dependency="github.com/letsencrypt/pebble/v2",
)
TRAEFIK = GoTool(
    "traefik",
    ROOT / "toolchain" / "traefik",
    "github.com/traefik/traefik/v3/cmd/traefik",
    dependency="github.com/traefik/traefik/v3",
    version_variable="github.com/traefik/traefik/v3/pkg/version.Version",
)


def _prometheus_operator(name: str, command: str) -> GoTool:
    return GoTool(
        name,
        ROOT / "toolchain" / "prometheus-operator",
        f"github.com/prometheus-operator/prometheus-operator/cmd/{command}",
        dependency="github.com/prometheus-operator/prometheus-operator",
        version_variable="github.com/prometheus/common/version.Version",
    )


PROMETHEUS_OPERATOR = _prometheus_operator("prometheus-operator", "operator")
CONFIG_RELOADER = _prometheus_operator("prometheus-config-reloader", "prometheus-config-reloader")
KUBE_STATE_METRICS = GoTool(
    "kube-state-metrics",
    ROOT / "toolchain" / "kube-state-metrics",
    "k8s.io/kube-state-metrics/v2",
    dependency="k8s.io/kube-state-metrics/v2",
    version_variable="github.com/prometheus/common/version.Version",
)

NODE_PROGRAMS = DebianPrograms(
    name="node-programs",
    packages=("runc", "iptables", "nftables", "ipset", "conntrack"),
    programs=(
        ("runc", "sbin/runc"),
        ("nft", "sbin/nft"),
        ("ipset", "sbin/ipset"),
        ("conntrack", "sbin/conntrack"),
        *(
            (name, f"sbin/xtables-nft-multi {name}")
            for family in ("iptables", "ip6tables")
            for name in (family, f"{family}-save", f"{family}-restore")
        ),
    ),
)
BUILD_PROGRAMS = DebianPrograms(
    name="image-build",
    packages=("docker.io", "containerd", "runc", "debootstrap"),
    programs=(
        ("dockerd", "sbin/dockerd"),
        ("docker", "bin/docker"),
        ("docker-init", "bin/docker-init"),
        ("containerd", "bin/containerd"),
        ("containerd-shim-runc-v2", "bin/containerd-shim-runc-v2"),
        ("runc", "sbin/runc"),
        ("debootstrap", "sbin/debootstrap"),
    ),
)

IN_CONTAINERS: tuple[GoTool, ...] = (
    PAUSE,
    COREDNS,
    METRICS_SERVER,
    CLOUDNATIVE_PG,
    REDIS_EXPORTER,
    *CONTROL_PLANE,
    DAPRD,
)
ON_THE_NODE: tuple[Tool, ...] = (
    API_SERVER,
    CONTROLLER_MANAGER,
    SCHEDULER,
    KUBELET,
    KUBE_PROXY,
    KUBECTL,
    ETCD,
    CONTAINERD,
    CTR,
    SHIM,
    *CNI,
    NETWORK_POLICIES,
    HELM,
    NODE_PROGRAMS,
)
CLUSTER: tuple[Tool, ...] = (*ON_THE_NODE, *IN_CONTAINERS)
HTTPS: tuple[GoTool, ...] = (CERT_MANAGER, PEBBLE, TRAEFIK)
"""A gateway, certificates and an ACME server, for those who want a way in from outside."""
MONITORING: tuple[GoTool, ...] = (PROMETHEUS_OPERATOR, CONFIG_RELOADER, KUBE_STATE_METRICS, PROMETHEUS)
"""Prometheus by its operator, and what counts the objects of the cluster for it."""
