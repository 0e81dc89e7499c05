"""Says after a test run how many tests each layer had and how long it took."""

from collections import Counter, defaultdict

import pytest

LAYERS = (
    "unit",
    "architecture",
    "charts",
    "docs",
    "loadtest",
    "maintenance",
    "monitoring",
    "terraform",
    "workflows",
    "integration",
    "system",
    "browser",
    "monitored",
    "cluster",
)

_seconds: defaultdict[str, float] = defaultdict(float)
_tests: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    parts = report.nodeid.partition("::")[0].split("/")
    layer = next((layer for layer in LAYERS if layer in parts), "other")
    _seconds[layer] += report.duration
    _tests[layer] += report.when == "call"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.section("layers")
    for layer in (*LAYERS, "other"):
        if _tests[layer]:
            terminalreporter.line(f"{layer:<14} {_tests[layer]:>5} tests {_seconds[layer]:>7.0f} s")
