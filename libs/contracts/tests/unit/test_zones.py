"""Zones are those of the IANA list, wherever one is taken."""

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import TypeAdapter, ValidationError

from contracts.zones import ZONES, TimeZone

TAKEN: TypeAdapter[str] = TypeAdapter(TimeZone)
ROOT = Path(__file__).parents[4]


class TestZone:
    @pytest.mark.parametrize(
        "name",
        [
            *("Europe/Berlin", "UTC", "Etc/UTC", "Etc/GMT+5", "America/Argentina/Ushuaia"),
            *("Asia/Calcutta", "US/Eastern", "Europe/Kiev", "GMT", "EST5EDT"),
        ],
    )
    def test_of_the_list_is_taken_under_its_old_names_too(self, name: str) -> None:
        assert TAKEN.validate_python(name) == name

    @pytest.mark.parametrize(
        "name",
        [
            *("localtime", "posixrules", "Factory", "posix/Europe/Berlin", "right/Europe/Berlin"),
            *("/usr/share/zoneinfo/UTC", "../zoneinfo/UTC", "europe/berlin", "EUROPE/BERLIN", "utc"),
            *("Europe/Berlin ", "Europe", "Europe/", "", "zone.tab", "+02:00", "CEST", "Europe/Berlin\x00"),
        ],
    )
    def test_that_is_not_listed_is_refused(self, name: str) -> None:
        with pytest.raises(ValidationError):
            TAKEN.validate_python(name)

    def test_of_the_list_can_be_opened(self) -> None:
        assert all(ZoneInfo(name).key == name for name in ZONES)

    def test_is_looked_up_in_one_place(self) -> None:
        """What a machine has in its folder is no list."""
        sources = [*ROOT.glob("services/*/src/**/*.py"), *ROOT.glob("libs/*/src/**/*.py")]
        assert sources
        assert [path for path in sources if "available_timezones" in path.read_text()] == []
