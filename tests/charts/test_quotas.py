"""Limits of an account can be set for each deployment, all of them, and a typo is refused."""

import json
from importlib import import_module

import pytest

from contracts.names import App
from servicekit.settings import ServiceSettings
from tests.charts.rendering import CHARTS, RenderError, manifests, objects, pods

PREFIX = "quota_"
LARGE = 123_456_789
"""What Helm, left alone, would write as 1.23456789e+08."""


def quotas() -> dict[App, list[str]]:
    """The names of all limits, by service."""
    found = {app: import_module(f"{app}_service.settings").Settings for app in App if app != App.ANALYTICS}
    assert all(issubclass(settings, ServiceSettings) for settings in found.values())
    return {
        app: [name.removeprefix(PREFIX) for name in settings.model_fields if name.startswith(PREFIX)]
        for app, settings in found.items()
    }


class TestQuotas:
    def test_of_the_schema_are_those_of_the_services(self) -> None:
        schema = json.loads((CHARTS / "service" / "values.schema.json").read_text())
        names = schema["properties"]["quotas"]["propertyNames"]["enum"]
        assert sorted(names) == sorted(name for names in quotas().values() for name in names)

    def test_reach_their_service_as_whole_numbers(self) -> None:
        overrides = [f"{app}.quotas.{name}={LARGE}" for app, names in quotas().items() for name in names]
        for pod in pods(objects("todo", "staging", *overrides)):
            if pod.owner["kind"] != "Deployment":
                continue
            app = App(pod.labels["app.kubernetes.io/name"])
            environment = {item["name"]: item.get("value") for item in pod.spec["containers"][0]["env"]}
            found = {name: value for name, value in environment.items() if name.startswith("TODO_QUOTA_")}
            names = quotas().get(app, [])
            assert found == {f"TODO_QUOTA_{name.upper()}": str(LARGE) for name in names}

    @pytest.mark.parametrize(
        ("setting", "where"),
        [
            ("task.quotas.taks=7", "taks"),
            ("task.quotas.tasks=-1", "/quotas/tasks"),
            ("task.quotas.tasks=many", "/quotas/tasks"),
        ],
    )
    def test_that_are_wrong_are_refused(self, setting: str, where: str) -> None:
        with pytest.raises(RenderError, match="don't meet the specifications") as refusal:
            manifests("todo", "staging", (setting,))
        assert where in str(refusal.value)
