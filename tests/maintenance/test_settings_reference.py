"""The table of settings and `.env.example` are what the services read."""

import re
from datetime import timedelta

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

from tests.architecture.sources import ROOT
from tools.maintenance.settings_reference import Setting, example_environment, settings_of, settings_page


class Settings(BaseSettings):
    """One of each kind."""

    sender: str = ""
    """Who writes,
    and | to whom."""
    largest_bytes: int = 5
    life: timedelta = timedelta(minutes=15)
    hosts: list[str] = Field(default_factory=lambda: ["a"])
    is_public: bool = False
    port: int = Field(default=80, validation_alias="APP_PORT")
    password: SecretStr = SecretStr("")


def test_page_is_what_the_services_read() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == settings_page(), "run `make generate`"


def test_example_is_what_the_services_read() -> None:
    assert (ROOT / ".env.example").read_text() == example_environment(), "run `make generate`"


def test_example_is_an_environment() -> None:
    for line in example_environment().splitlines():
        assert re.fullmatch(r"(# [A-Z_0-9]+=.*|# .+|)", line)


def test_settings_are_written_as_the_environment_has_them() -> None:
    assert settings_of(Settings) == [
        Setting("TODO_SENDER", "", "", "Who writes, and \\| to whom."),
        Setting("TODO_LARGEST_BYTES", "5", "bytes", ""),
        Setting("TODO_LIFE", "PT15M", "duration", ""),
        Setting("TODO_HOSTS", '["a"]', "", ""),
        Setting("TODO_IS_PUBLIC", "false", "", ""),
        Setting("APP_PORT", "80", "port", ""),
        Setting("TODO_PASSWORD", "", "", ""),
    ]
