"""Dependency injection: the parts of a service are in its typed container, not in the untyped `app.state`."""

import re

import pytest

from tests.architecture.sources import ROOT, SERVICES, production

MAKE_IT = ("container.py", "background.py", "startup.py")
"""Where the container is put together, of what `create_app` has made."""
WITH_CONTAINER = [
    name for name in SERVICES if (ROOT / f"services/{name}/src/{name}_service/container.py").exists()
]


def test_is_there_in_every_service() -> None:
    assert set(SERVICES) == set(WITH_CONTAINER)


@pytest.mark.parametrize("service", WITH_CONTAINER)
def test_is_the_one_place_to_look_for_a_part(service: str) -> None:
    found = [
        module.name
        for module in production("services")
        if module.service == service
        and module.path.name not in MAKE_IT
        and re.search(r"\bapp\.state\b", module.text)
    ]
    assert not found
