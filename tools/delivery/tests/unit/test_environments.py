"""Environments: what belongs to each, and what is refused."""

from pathlib import Path

import pytest

from delivery.environments import list_environments, load_environment
from delivery.infrastructure_values import InfrastructureValues
from devstack.errors import CommandError


class TestEnvironment:
    @pytest.mark.parametrize("name", list_environments())
    def test_has_values_for_both_charts(self, name: str) -> None:
        for chart in ("data", "todo"):
            own, infrastructure = load_environment(name).values_of(chart)
            assert Path(own).exists()
            assert infrastructure == "-"

    def test_takes_its_host_from_the_infrastructure(self) -> None:
        found = InfrastructureValues({"todo": "host: there.example.com\n"})
        assert load_environment("staging").find_host(found) == "there.example.com"

    def test_takes_its_host_from_a_file_named_by_hand_first(self, tmp_path: Path) -> None:
        file = tmp_path / "todo-more.yaml"
        file.write_text("host: here.example.com\n")
        found = InfrastructureValues({"todo": "host: there.example.com\n"})
        assert load_environment("staging", [("todo", file)]).find_host(found) == "here.example.com"

    def test_that_is_unknown_is_refused(self) -> None:
        with pytest.raises(CommandError, match="known environments are staging, production"):
            load_environment("demo")

    def test_refuses_values_no_chart_would_read(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="no chart 'tod'"):
            load_environment("staging", [("tod", tmp_path)])
