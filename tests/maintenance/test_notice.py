"""NOTICE tells of all third-party software in the images; its licenses are ones we may pass on."""

import pytest

from tools.maintenance.notice import (
    ROOT,
    choices,
    distributions,
    is_allowed,
    notice,
    npm_licenses,
    python_licenses,
)


def test_notice_is_what_is_installed() -> None:
    assert (ROOT / "NOTICE").read_text() == notice(), "run `make generate`"


def test_every_license_may_be_passed_on() -> None:
    every = {**python_licenses(), **npm_licenses()}
    assert not {name: expression for name, expression in every.items() if not is_allowed(expression)}


def test_dependencies_of_dependencies_are_included() -> None:
    assert {"fastapi", "starlette", "anyio", "cffi"} <= distributions()
    assert not {"pytest", "ruff", "servicekit"} & distributions()


@pytest.mark.parametrize("expression", ["GPL-3.0-only", "MIT AND AGPL-3.0-only", "BUSL-1.1"])
def test_a_license_that_binds_others_is_refused(expression: str) -> None:
    assert not is_allowed(expression)


def test_one_allowed_alternative_is_enough() -> None:
    assert is_allowed("GPL-2.0-only OR MIT")
    assert choices("MPL-2.0 AND (Apache-2.0 OR MIT)") == [{"MPL-2.0", "Apache-2.0"}, {"MPL-2.0", "MIT"}]
