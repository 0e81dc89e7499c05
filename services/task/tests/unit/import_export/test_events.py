"""What is told of imports."""

from typing import get_args

from task_service.import_export.events import SOURCES
from task_service.import_export.formats import Format


class TestSources:
    def test_every_format_has_a_source_name(self) -> None:
        assert set(SOURCES) == set(get_args(Format))
