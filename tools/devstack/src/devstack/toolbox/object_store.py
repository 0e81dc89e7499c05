"""A store for objects that speaks S3 over a folder and checks signatures, in place of one at a provider."""

from devstack.paths import ROOT
from devstack.toolbox.golang import GoTool

OBJECT_STORE = GoTool(
    name="versitygw",
    module=ROOT / "toolchain" / "versitygw",
    package="github.com/versity/versitygw/cmd/versitygw",
    dependency="github.com/versity/versitygw",
    version_variable="main.Version",
)
