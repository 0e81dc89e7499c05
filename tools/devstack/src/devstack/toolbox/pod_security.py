"""Kubernetes' own evaluator of the Pod Security Standards, as a program that reads pods."""

from devstack.paths import ROOT
from devstack.toolbox.golang import GoTool

POD_SECURITY = GoTool(
    name="pod-security",
    module=ROOT / "toolchain" / "pod-security",
    package=".",
    dependency="k8s.io/pod-security-admission",
)
