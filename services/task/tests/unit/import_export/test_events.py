"""What is told of imports."""

from typing import get_args

from task_service.import_export.events import SOURCES
from task_service.import_export.formats import Format


class TestSources:
    def test_have_words_for_every_format(self) -> None:
        assert set(SOURCES) == set(get_args(Format))
