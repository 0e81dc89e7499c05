"""Which suites of tests a change needs: those that depend on a file it touches."""

import re
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass

from contracts.names import App
from devstack.errors import CommandError
from devstack.paths import ROOT

NOTHING = "0" * 40
"""What GitHub gives as the commit before the first one of a branch."""


@dataclass(frozen=True, slots=True)
class Suite:
    """Tests that run together.

    tests: what pytest is given.
    depends_on: beginnings of the paths that matter to them.
    """

    name: str
    tests: tuple[str, ...]
    depends_on: tuple[str, ...]


EVERYTHING = ("pyproject.toml", "uv.lock", "conftest.py", "tests/layers.py", ".github/workflows/ci.yml")
"""Whoever touches these runs all there is."""

NOTHING_BUT_CHECKS = (
    "docs/",
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "tests/architecture/",
    "tests/cluster/",
)
"""What no suite reads unless it says so: `make check` looks at it, checks of a cluster run where one is."""

DOCUMENTS = {
    App.TASK: ("docs/filters.md", "docs/quick-add.md", "docs/recurrence.md"),
    App.NOTIFICATION: ("docs/webhooks.md",),
}
"""Documents whose tables and examples the tests of a service run."""

LIBRARIES = ("libs/", "tools/devstack/", "dapr.yaml", "dapr/", "kafka/", "tests/system/")


MARKDOWN = tuple(
    f"{name}.md" for name in ("CHANGELOG", "CODE_OF_CONDUCT", "CONTRIBUTING", "README", "SECURITY")
)

COLLECTORS = ("toolchain/dapr", "toolchain/jaeger/", "toolchain/loki/")


def list_suites() -> list[Suite]:
    services = [
        Suite(app, (f"services/{app}/tests",), (f"services/{app}/", *DOCUMENTS.get(app, ()), *LIBRARIES))
        for app in sorted(App)
    ]
    return [
        Suite("libraries", ("libs", "tools/devstack"), LIBRARIES),
        *services,
        Suite(
            "system",
            ("tests/system",),
            (
                "services/",
                "compose.yaml",
                "docs/api/examples/",
                "tests/reference/",
                "tools/api_clients.py",
                "tools/openapi/",
                "toolchain/api-clients/",
                "toolchain/compose/",
                "toolchain/dapr",
                *LIBRARIES,
            ),
        ),
        Suite("browser", ("tests/browser",), ("services/", "tests/browser/", *LIBRARIES)),
        Suite(
            "charts",
            ("tests/charts",),
            (
                "charts/",
                "tests/charts/",
                "terraform/environments/",
                "terraform/outputs.tf",
                "terraform/variables.tf",
                "tools/capacity/",
                "loadtest/reports/",
                "docs/SETUP.md",
                "tools/cluster/",
                "tools/delivery/",
                "tools/flux_releases.py",
                "toolchain/helm/",
                "toolchain/cloudnative-pg/",
                "toolchain/plugin-barman-cloud/",
                "toolchain/pod-security/",
                "toolchain/schemas/",
                "dapr/",
                "kafka/",
                "monitoring/",
                "libs/contracts/",
            ),
        ),
        Suite(
            "docs",
            ("tests/docs",),
            (
                "docs/",
                "tests/docs/",
                "tools/maintenance/api_reference.py",
                "tools/maintenance/api_schemas.py",
                "tools/maintenance/site.py",
                "tools/openapi/",
                "services/frontend/src/frontend_service/openapi.json",
                "mkdocs.yml",
                ".vale",
                *MARKDOWN,
            ),
        ),
        Suite(
            "loadtest",
            ("tests/loadtest",),
            (
                "loadtest/",
                "tests/loadtest/",
                "docs/PERFORMANCE.md",
                "docs/RELIABILITY.md",
                "docs/SCALE.md",
                *LIBRARIES,
            ),
        ),
        Suite(
            "maintenance",
            ("tests/maintenance",),
            (
                ".github/",
                "services/",
                "docs/api/",
                "docs/settings.md",
                "tests/maintenance/",
                "tools/maintenance/",
                "tools/migrations/",
                ".env.example",
                "alembic.ini",
                "CHANGELOG.md",
                "CODE_OF_CONDUCT.md",
                "LICENSE",
                "NOTICE",
                "renovate.json",
                *LIBRARIES,
            ),
        ),
        Suite(
            "monitoring",
            ("tests/monitoring",),
            (
                "services/",
                "charts/",
                "monitoring/",
                "terraform/environments/",
                "terraform/outputs.tf",
                "terraform/variables.tf",
                "tests/monitoring/",
                "toolchain/alloy/",
                "toolchain/helm/",
                "toolchain/prometheus/",
                "tools/dashboards.py",
                "tools/delivery/",
                "tools/install_monitoring.py",
                "tools/install_platform.py",
                "tools/make_secrets.py",
                "docs/MONITORING.md",
                "docs/RUNBOOK.md",
                "docs/SETUP.md",
                *LIBRARIES,
            ),
        ),
        Suite(
            "monitored",
            ("tests/monitored",),
            (
                "monitoring/",
                "tests/monitor",
                "toolchain/prometheus/",
                "docs/MONITORING.md",
                *COLLECTORS,
                *LIBRARIES,
            ),
        ),
        Suite(
            "reference",
            ("tests/reference",),
            (
                "services/frontend/src/frontend_service/openapi.json",
                "docs/api/",
                "tests/reference/",
                "tools/api_clients.py",
                "tools/openapi/",
                "toolchain/api-clients/",
                *LIBRARIES,
            ),
        ),
        Suite("terraform", ("tests/terraform",), ("terraform/", "tests/terraform/", "toolchain/tflint/")),
        Suite(
            "workflows",
            ("tests/workflows", "tools/delivery"),
            (
                ".github/",
                ".trivyignore.yaml",
                "secrets/",
                "tools/make_secrets.py",
                "tests/workflows/",
                "tools/delivery/",
                "toolchain/actionlint/",
                "charts/",
                "kafka/",
                "compose.yaml",
                "renovate.json",
            ),
        ),
        Suite(
            "backup",
            ("tools/backup",),
            ("tools/backup/", "toolchain/versitygw/", "services/", *LIBRARIES),
        ),
        Suite(
            "cluster",
            ("tools/cluster",),
            (
                "tools/cluster/",
                "tools/devstack/",
                *(
                    f"toolchain/{name}/"
                    for name in ("cert-manager", "kubernetes", "pebble", "plugin-barman-cloud", "traefik")
                ),
            ),
        ),
    ]


def select_suites(paths: Iterable[str]) -> list[Suite]:
    """Suites for a change of these paths, from the root of the repository; for an unknown path all."""
    changed = list(paths)
    if any(path.startswith(EVERYTHING) or not is_known(path) for path in changed):
        return list_suites()
    return [suite for suite in list_suites() if any(path.startswith(suite.depends_on) for path in changed)]


def is_known(path: str) -> bool:
    """Whether somebody has said which suites a change of `path` needs."""
    return path.startswith(NOTHING_BUT_CHECKS) or any(
        path.startswith(suite.depends_on) for suite in list_suites()
    )


def list_changed_paths(before: str, after: str) -> list[str] | None:
    """Paths that differ between two commits; None if unknown. Raises `CommandError` for no commits."""
    for commit in (before, after):
        if not re.fullmatch(r"[0-9a-f]{40}|HEAD|[\w./-]+", commit) or commit.startswith("-"):
            raise CommandError(f"{commit!r} is not a commit.")
    if before == NOTHING:
        return None
    command = ["git", "diff", "--name-only", "--no-renames", f"{before}...{after}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else None
