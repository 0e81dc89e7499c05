"""Programs that look at workflows and Terraform."""

from devstack.paths import ROOT
from devstack.toolbox.golang import GoTool

ACTIONLINT = GoTool(
    name="actionlint",
    module=ROOT / "toolchain" / "actionlint",
    package="github.com/rhysd/actionlint/cmd/actionlint",
    dependency="github.com/rhysd/actionlint",
)
TFLINT = GoTool(
    name="tflint",
    module=ROOT / "toolchain" / "tflint",
    package="github.com/terraform-linters/tflint",
    dependency="github.com/terraform-linters/tflint",
)
