"""Environments: what belongs to each, and what is refused."""

from pathlib import Path

import pytest

from delivery.environments import list_environments, load_environment
from devstack.errors import CommandError


class TestEnvironment:
    @pytest.mark.parametrize("name", list_environments())
    def test_has_values_for_both_charts(self, name: str) -> None:
        for chart in ("data", "todo"):
            assert all(path.exists() for path in load_environment(name).values_of(chart))

    @pytest.mark.parametrize("name", list_environments())
    def test_has_a_host_of_its_own(self, name: str) -> None:
        others = {load_environment(other).host for other in list_environments() if other != name}
        assert load_environment(name).host not in others

    def test_takes_its_host_from_the_last_values(self, tmp_path: Path) -> None:
        file = tmp_path / "todo-more.yaml"
        file.write_text("host: here.example.com\n")
        assert load_environment("staging", [("todo", file)]).host == "here.example.com"

    def test_that_is_unknown_is_refused(self) -> None:
        with pytest.raises(CommandError, match="there are staging, production"):
            load_environment("demo")

    def test_refuses_values_no_chart_would_read(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="no chart 'tod'"):
            load_environment("staging", [("tod", tmp_path)])
