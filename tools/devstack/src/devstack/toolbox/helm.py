"""Helm, and kubeconform, which checks manifests against the schemas of Kubernetes and of CRDs."""

from devstack.places import ROOT
from devstack.toolbox.golang import GoTool

MODULE = ROOT / "tools" / "helm"

HELM = GoTool(
    name="helm",
    module=MODULE,
    package="helm.sh/helm/v4/cmd/helm",
    dependency="helm.sh/helm/v4",
    version_variable="helm.sh/helm/v4/internal/version.version",
)
KUBECONFORM = GoTool(
    name="kubeconform",
    module=MODULE,
    package="github.com/yannh/kubeconform/cmd/kubeconform",
    dependency="github.com/yannh/kubeconform",
)
