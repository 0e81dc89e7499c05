"""What a merge restarts: the services it has changed, from the commit to the pods the charts render."""

import json
from pathlib import Path

import pytest

from contracts.names import IMAGES, App
from delivery import pins
from delivery.pins import Pin, find_values_of
from tests.charts.rendering import objects, of_kind
from tests.git_repository import commit_change, run_git


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pins, "ROOT", tmp_path)
    run_git(tmp_path, "init", "--quiet")
    return tmp_path


def signed_at(tag: str) -> dict[str, Pin]:
    """Every image has another digest at every commit, as the label with the commit makes it."""
    return {name: {"tag": tag, "digest": f"sha256:{tag + '0' * 24}"} for name in IMAGES}


def render_pods(release: dict[str, Pin], tag: str) -> dict[str, str]:
    """Pod template of each Deployment."""
    settings = [
        f"{find_values_of(name)}.image.{key}={value}"
        for name, pin in release.items()
        for key, value in pin.items()
    ]
    found = of_kind(objects("todo", "production", f"global.image.tag={tag}", *settings), "Deployment")
    return {name: json.dumps(each["spec"]["template"], sort_keys=True) for name, each in found.items()}


@pytest.mark.parametrize(
    ("path", "restarted"),
    [
        ("services/task/src/task_service/main.py", {App.TASK}),
        ("services/frontend/src/frontend_service/static/css/a.css", {App.FRONTEND}),
        ("libs/servicekit/src/servicekit/app.py", set(App)),
        ("tools/backup/src/backup/cli.py", set()),
        ("services/task/tests/unit/test_dates.py", set()),
        ("docs/CICD.md", set()),
    ],
)
def test_a_merge_restarts_what_it_has_changed(repository: Path, path: str, restarted: set[str]) -> None:
    old = commit_change(repository, "README.md")
    new = commit_change(repository, path)
    running = signed_at(old)
    release = pins.pin_changed(running, signed_at(new), pins.has_changed)
    before, after = render_pods(running, old), render_pods(release, new)
    assert {name for name in after if before[name] != after[name]} == restarted
    back = pins.pin_changed(release, running, pins.has_changed)
    assert render_pods(back, old) == before
