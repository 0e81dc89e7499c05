"""Helm, and kubeconform, which checks manifests against the schemas of Kubernetes and of CRDs."""

from pathlib import Path

from devstack.paths import ROOT
from devstack.toolbox.golang import GoTool
from devstack.toolbox.tool import read_version

MODULE = ROOT / "toolchain" / "helm"


def _is_same(installed: Path, version: str) -> bool:
    """Whether an installed Helm is the pinned one: it decides what a release looks like."""
    return read_version([str(installed), "version", "--template={{.Version}}"]).strip() == f"v{version}"


HELM = GoTool(
    name="helm",
    module=MODULE,
    package="helm.sh/helm/v4/cmd/helm",
    dependency="helm.sh/helm/v4",
    version_variable="helm.sh/helm/v4/internal/version.version",
    is_compatible=_is_same,
)
KUBECONFORM = GoTool(
    name="kubeconform",
    module=MODULE,
    package="github.com/yannh/kubeconform/cmd/kubeconform",
    dependency="github.com/yannh/kubeconform",
)
