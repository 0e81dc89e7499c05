"""From charts to an environment that works, by the program CI uses."""

import pytest

from tests.cluster.delivery.environment import Deployed

pytestmark = pytest.mark.timeout(2400)  # the first test waits for everything


class TestDeployment:
    def test_of_staging_works_for_a_person(self, staging: Deployed) -> None:
        said = staging.delivery("smoke", f"--url={staging.system.edge}")
        assert said.count("  ok  ") == 3

    def test_can_be_repeated_and_says_what_it_does(self, staging: Deployed) -> None:
        steps = ["--steps=secrets,data", "--stand-in"]
        said = staging.delivery("deploy", *steps)
        assert "1/2 secrets:" in said
        assert "Every Secret is there." in said
        assert "2/2 data:" in said
