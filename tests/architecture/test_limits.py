"""The numbers in docs/limits.md are those of the code, and no quota is missing there."""

import importlib
import re

import pytest

from contracts.names import App
from tests.architecture.sources import ROOT

TEXT = (ROOT / "docs" / "limits.md").read_text()
QUOTAS = re.findall(r"^\| (\w+) \| `(\w+)` \| ([\d,]+) \|", TEXT, re.M)
CONSTANTS = re.findall(r"^\| .+ \| ([\d,]+) \| `([\w.]+)\.(\w+)` \|$", TEXT, re.M)
PREFIX = "quota_"


def number(text: str) -> int:
    return int(text.replace(",", ""))


class TestQuotas:
    @pytest.mark.parametrize("app", App)
    def test_are_all_there_with_their_defaults(self, app: App) -> None:
        settings = importlib.import_module(f"{app}_service.settings").Settings
        defaults = {
            name.removeprefix(PREFIX): field.default
            for name, field in settings.model_fields.items()
            if name.startswith(PREFIX)
        }
        assert {name: number(default) for service, name, default in QUOTAS if service == app} == defaults


class TestConstants:
    def test_are_many(self) -> None:
        assert len(CONSTANTS) > 20

    @pytest.mark.parametrize(("documented", "module", "name"), CONSTANTS)
    def test_are_as_the_code_has_them(self, documented: str, module: str, name: str) -> None:
        assert getattr(importlib.import_module(module), name) == number(documented)


class TestTheRate:
    def test_is_as_the_settings_have_it(self) -> None:
        fields = importlib.import_module("frontend_service.settings").Settings.model_fields
        limit, window = fields["rate_limit"].default, fields["rate_window"].default
        assert f"{limit:,} units in {window} seconds for a user" in TEXT
