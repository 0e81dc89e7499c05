"""Makes the programs the chosen tests call before the first of them begins: no test is timed for it."""

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from delivery.toolbox import ACTIONLINT, TFLINT
from devstack.errors import CommandError
from devstack.toolbox.alloy import ALLOY_FORMAT
from devstack.toolbox.api_tools import API_TOOLS
from devstack.toolbox.compose import COMPOSE_CHECK
from devstack.toolbox.debian import POSTGRES
from devstack.toolbox.ensure import LOCAL_SYSTEM, WITH_POSTGRES, ensure_tools
from devstack.toolbox.helm import HELM, KUBECONFORM
from devstack.toolbox.kafka import KAFKA
from devstack.toolbox.maven import STRIMZI as STRIMZI_JARS
from devstack.toolbox.monitoring import MONITORING, RULE_CHECKS
from devstack.toolbox.object_store import OBJECT_STORE
from devstack.toolbox.pod_security import POD_SECURITY
from devstack.toolbox.tool import Tool
from tests.browser.chromium import CHROMIUMS
from tests.charts.schemas import JsonSchemas

PROGRAMS: dict[str, Sequence[Tool]] = {
    "backup": (POSTGRES, OBJECT_STORE, KAFKA),
    "integration": (POSTGRES,),
    "browser": (*LOCAL_SYSTEM, *CHROMIUMS),
    "charts": (HELM, KUBECONFORM, POD_SECURITY, STRIMZI_JARS, JsonSchemas()),
    "monitored": (*WITH_POSTGRES, *MONITORING, *CHROMIUMS),
    "on_postgres": WITH_POSTGRES,
    "monitoring": (*RULE_CHECKS, ALLOY_FORMAT, HELM),
    "reference": (API_TOOLS,),
    "system": (*LOCAL_SYSTEM, COMPOSE_CHECK, API_TOOLS),
    "terraform": (TFLINT,),
    "workflows": (ACTIONLINT,),
}
"""What the tests in a folder of this name call. `tests/cluster` finds or makes a whole cluster itself."""


def pytest_collection_finish(session: pytest.Session) -> None:
    if session.config.option.collectonly:
        return
    root = session.config.rootpath
    folders = {part for item in session.items for part in item.path.relative_to(root).parts}
    needed = {tool.name: tool for folder in sorted(folders & PROGRAMS.keys()) for tool in PROGRAMS[folder]}
    capture = session.config.pluginmanager.getplugin("capturemanager")
    assert capture
    with capture.global_and_fixture_disabled():
        try:
            with _one_at_a_time(root / ".tools"):
                ensure_tools(list(needed.values()))
        except CommandError as error:
            pytest.exit(str(error), returncode=pytest.ExitCode.INTERNAL_ERROR)


@contextmanager
def _one_at_a_time(folder: Path) -> Iterator[None]:
    """Each worker of pytest-xdist comes here; the first one makes what is missing, and the others find it."""
    folder.mkdir(exist_ok=True)
    with (folder / "tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
