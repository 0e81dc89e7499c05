"""Where things lie and how large they may grow."""

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.architecture.sources import ROOT, SERVICES, Module, modules, production, tracked

FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "base", "misc", "manager", "managers", "tools"}
MAX_LINES = 300
MAX_TEST_LINES = 400
MAX_MAIN_LINES = 20
SERVICEKIT_LINES = 3150
SERVICEKIT_PACKAGE_LINES = 1000
"""Lines of code; docs/decisions/0002 says why it is more than the thousand once planned."""
SERVICEKIT_LAYERS = (
    {"uuids", "settings", "errors"},
    {"persistence"},
    {"observability"},
    {"problems"},
    {"dapr"},
    {"security"},
    {"web"},
    {"messaging"},
    {"migrations"},
    {"app"},
)
"""From the bottom up: each imports from those before it only."""
ROLES = {"main", "settings", "routes", "use_cases", "repository", "models", "schemas", "events"}
FEWER_ROLES = {
    "analytics": ROLES - {"events"},
    "frontend": {"main", "settings"},
    "task": {"main", "settings", "models", "events"},
}
"""Analytics publishes nothing, the frontend keeps nothing, the task service has its roles in each feature."""
FEATURES = ("tasks", "projects", "labels", "saved_filters")
"""Packages of the task service with an aggregate each."""


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.name)
class TestModule:
    def test_is_named_for_what_it_does(self, module: Module) -> None:
        assert module.path.stem not in FORBIDDEN
        assert not FORBIDDEN & set(module.path.relative_to(ROOT).parts[2:])

    def test_is_not_too_long(self, module: Module) -> None:
        assert module.lines <= (MAX_TEST_LINES if module.is_test else MAX_LINES)


@pytest.mark.parametrize("module", production("services", "libs", "tools"), ids=lambda module: module.name)
def test_module_says_what_it_is(module: Module) -> None:
    assert module.path.name == "__init__.py" or module.text.startswith('"""')


@pytest.mark.parametrize("feature", FEATURES)
def test_feature_has_the_usual_files(feature: str) -> None:
    stems = {path.stem for path in (ROOT / "services/task/src/task_service" / feature).glob("*.py")}
    assert {"models", "use_cases", "routes", "schemas"} <= stems


@pytest.mark.parametrize("service", SERVICES)
class TestService:
    def test_has_the_usual_files(self, service: str) -> None:
        folder = ROOT / "services" / service
        assert (folder / "README.md").exists()
        assert (folder / "pyproject.toml").exists()
        stems = {path.stem for path in (folder / "src" / f"{service}_service").glob("*.py")}
        assert FEWER_ROLES.get(service, ROLES) <= stems

    def test_starts_in_a_few_lines(self, service: str) -> None:
        assert Module(ROOT / f"services/{service}/src/{service}_service/main.py").lines <= MAX_MAIN_LINES

    def test_is_named_by_one_word_everywhere(self, service: str) -> None:
        project = tomllib.loads((ROOT / "services" / service / "pyproject.toml").read_text())["project"]
        apps = yaml.safe_load((ROOT / "dapr.yaml").read_text())["apps"]
        assert project["name"] == f"{service}-service"
        assert [app["command"] for app in apps if app["appID"] == service] == [["serve", service]]


class TestTheSameRole:
    """What each service has is called the same in each; `servicekit.app` runs it."""

    def test_has_one_name_for_what_runs_beside_requests(self) -> None:
        names = {"STARTUP", "WORK", "PURGE_JOBS"}
        for path in sorted((ROOT / "services").glob("*/src/*/background.py")):
            found = set(re.findall(r"^([A-Z_]+) = \(", path.read_text(), re.M))
            assert "STARTUP" in found, path
            assert found <= names, f"{path}: {found - names}"

    def test_has_one_loop_for_what_is_past_its_retention(self) -> None:
        for module in production("services"):
            for function in ast.walk(ast.parse(module.text)):
                if isinstance(function, ast.AsyncFunctionDef) and re.search("purge|retention", function.name):
                    loops = [each for each in ast.walk(function) if isinstance(each, ast.While)]
                    sleeps = [each for loop in loops for each in ast.walk(loop) if _is_sleep(each)]
                    assert not sleeps, f"{module.path}: {function.name} has a loop of its own"

    def test_has_one_name_for_the_tombstone_of_a_user(self) -> None:
        tombstones = {
            node.name
            for module in production("services")
            for node in ast.walk(ast.parse(module.text))
            if isinstance(node, ast.ClassDef) and "erased_at: datetime\n" in f"{ast.unparse(node)}\n"
        }
        assert tombstones == {"DeletedUser"}


def _is_sleep(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func) == "asyncio.sleep"


def test_servicekit_stays_small() -> None:
    kit = [module for module in production("libs") if "servicekit" in module.path.parts]
    assert sum(module.code_lines for module in kit) <= SERVICEKIT_LINES
    packages = Counter[str]()
    for module in kit:
        packages[_package(module.path)] += module.code_lines
    assert max(packages.values()) <= SERVICEKIT_PACKAGE_LINES, packages


def test_servicekit_has_layers() -> None:
    rank = {name: number for number, layer in enumerate(SERVICEKIT_LAYERS) for name in layer}
    for module in production("libs"):
        if "servicekit" not in module.path.parts or module.path.name == "__init__.py":
            continue
        own = _package(module.path)
        used = {name.split(".")[1] for name in module.imports() if name.startswith("servicekit.")}
        assert {name for name in used - {own} if rank[name] >= rank[own]} == set(), module.name


def _package(path: Path) -> str:
    """The package of servicekit that a module lies in, or the module if it lies in none."""
    return path.relative_to(ROOT / "libs/servicekit/src/servicekit").with_suffix("").parts[0]


def test_ports_are_named_in_dapr_yaml_only() -> None:
    apps = yaml.safe_load((ROOT / "dapr.yaml").read_text())["apps"]
    ports = {str(port) for app in apps for key, port in app.items() if key.endswith("ort")}
    files = [path for path in tracked("*.py", "*.yaml", "*.toml", "Makefile") if path.name != "dapr.yaml"]
    assert not {(path.name, port) for path in files for port in ports if f":{port}" in path.read_text()}
