"""Types of fields that several have."""

from typing import Annotated

from pydantic import Field

Colour = Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$", description="such as #2f7d5b")]
