"""Who may know whom."""

import sys

import pytest

from tests.architecture.sources import ROOT, SERVICES, Module, production

LAYERS = ("models", "repository", "events", "use_cases", "routes", "subscriptions", "main")
"""A module imports only from what stands before it, inside its service and its feature."""
QUERIES = {
    "sqlalchemy.select",
    "sqlalchemy.delete",
    "sqlalchemy.update",
    "sqlalchemy.insert",
    "sqlmodel.select",
}


def feature_of(module: Module) -> str:
    """The package it lies in, as it is imported."""
    return ".".join(module.path.parent.relative_to(ROOT / "services" / module.service / "src").parts)


@pytest.mark.parametrize("module", production("services"), ids=lambda module: module.name)
class TestService:
    def test_imports_no_other_service(self, module: Module) -> None:
        others = tuple(f"{name}_service" for name in SERVICES if name != module.service)
        assert not [name for name in module.imports() if name.startswith(others)]

    def test_knows_neither_dapr_nor_kafka(self, module: Module) -> None:
        """What a service wants of Dapr it asks of `servicekit`; Kafka it does not know at all."""
        assert not [name for name in module.imports() if name.startswith(("dapr", "aiokafka", "kafka"))]

    def test_queries_only_in_the_repository(self, module: Module) -> None:
        if module.path.stem != "repository":
            assert not QUERIES & set(module.imports())

    def test_imports_only_downwards(self, module: Module) -> None:
        if module.path.stem not in LAYERS:
            return
        above = LAYERS[LAYERS.index(module.path.stem) + 1 :]
        package = f"{module.service}_service"
        wrong = [f"{place}.{layer}" for place in (package, feature_of(module)) for layer in above]
        assert not [
            name
            for name in module.imports()
            if name in wrong or name.startswith(tuple(f"{w}." for w in wrong))
        ]


@pytest.mark.parametrize("module", production("libs"), ids=lambda module: module.name)
class TestLibrary:
    def test_knows_no_service(self, module: Module) -> None:
        services = tuple(f"{name}_service" for name in SERVICES)
        assert not [name for name in module.imports() if name.startswith(services)]

    def test_of_overload_depends_on_nothing(self, module: Module) -> None:
        if module.name.startswith("libs/overload/"):
            known = (*sys.stdlib_module_names, "overload")
            assert not [name for name in module.imports() if name.partition(".")[0] not in known]

    def test_of_migrator_depends_on_alembic_only(self, module: Module) -> None:
        if module.name.startswith("libs/migrator/"):
            known = (*sys.stdlib_module_names, "alembic", "migrator", "sqlalchemy")
            assert not [name for name in module.imports() if name.partition(".")[0] not in known]

    def test_of_contracts_depends_on_pydantic_only(self, module: Module) -> None:
        if "contracts" in module.path.parts:
            foreign = ("fastapi", "sqlalchemy", "sqlmodel", "aiohttp", "dapr", "servicekit", "opentelemetry")
            assert not [name for name in module.imports() if name.startswith(foreign)]


@pytest.mark.parametrize("module", production("services", "libs"), ids=lambda module: module.name)
class TestTransaction:
    def test_is_committed_at_the_door_only(self, module: Module) -> None:
        """One transaction a request or message: `Database.transaction` ends it, nobody else."""
        if module.path.stem != "database":
            assert ".commit()" not in module.text
            assert ".rollback()" not in module.text
