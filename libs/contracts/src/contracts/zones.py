"""The time zones of the IANA list: its zones and links, as the package `tzdata` publishes them."""

from importlib.resources import files
from typing import Annotated

from pydantic import AfterValidator, Field

ZONES = frozenset(files("tzdata").joinpath("zones").read_text().split()) - {"Factory"}
"""Not what a machine has in its folder of zones, such as `localtime`. `Factory` says that no zone is set."""


def _listed(value: str) -> str:
    if value not in ZONES:
        raise ValueError("not an IANA time zone, such as Europe/Berlin")
    return value


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_listed)]
"""The name of a zone in the IANA list, old names included."""
