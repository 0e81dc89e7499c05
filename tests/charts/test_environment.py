"""What the charts put into the environment is what services and migrations take."""

import os

import pytest

from contracts.names import App
from servicekit.settings import ServiceSettings
from tests.charts.rendering import Pod, objects
from tests.charts.rendering import pods as all_pods


def pods(place: str) -> list[Pod]:
    """Those that run a service or its migrations."""
    return [pod for pod in all_pods(objects("todo", place)) if pod.owner["kind"] != "CronJob"]


def settings_of(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> ServiceSettings:
    """As the program in the pod reads them; what comes from Secrets is made up."""
    for name in [name for name in os.environ if name.startswith(("TODO_", "DAPR_", "APP_"))]:
        monkeypatch.delenv(name)
    for item in pod.spec["containers"][0]["env"]:
        monkeypatch.setenv(item["name"], item.get("value", "secret"))
    return ServiceSettings(app=App(pod.labels["app.kubernetes.io/name"]))


@pytest.mark.parametrize("place", ["staging", "production", "cluster-test", "kind"])
class TestEnvironment:
    def test_is_taken_by_every_program(self, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """The settings refuse what is unsafe, so a pod with a gap would not start."""
        found = pods(place)
        assert len(found) == 2 * len(App) - 1
        for pod in found:
            settings = settings_of(pod, monkeypatch)
            is_service = pod.owner["kind"] == "Deployment"
            assert settings.environment == ("production" if is_service else "development"), pod.name

    def test_names_the_own_database(self, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
        for pod in pods(place):
            settings = settings_of(pod, monkeypatch)
            if settings.app is App.FRONTEND:
                assert settings.own_database_url == ""
            else:
                assert f"/{settings.app}?ssl=" in settings.own_database_url

    def test_traces_everything(self, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Which traces are kept the collector decides, once they are over."""
        services = [pod for pod in pods(place) if pod.owner["kind"] == "Deployment"]
        ratios = {settings_of(pod, monkeypatch).trace_sample_ratio for pod in services}
        assert ratios == {1}

    def test_leaves_migrations_to_the_job(self, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
        for pod in pods(place):
            settings = settings_of(pod, monkeypatch)
            assert settings.migrate_on_start is (settings.app is App.FRONTEND), pod.name
