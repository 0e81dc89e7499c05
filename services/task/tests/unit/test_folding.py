"""Text as it is compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from task_service.folding import contains, fold


class TestFold:
    @pytest.mark.parametrize(
        ("text", "folded"),
        [
            ("Crème BRÛLÉE", "creme brulee"),
            ("STRASSE", "strasse"),
            ("Straße", "strasse"),
            ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
            ("İstanbul", "istanbul"),
            ("ﬁne", "fine"),
            ("e\u0301", "e"),
            ("日本", "日本"),
            ("Łódź", "łodz"),
        ],
    )
    def test_drops_case_and_accents(self, text: str, folded: str) -> None:
        assert fold(text) == folded

    @given(st.text())
    def test_of_the_folded_is_the_same(self, text: str) -> None:
        assert fold(fold(text)) == fold(text)


def test_contains_escapes_what_like_reads() -> None:
    assert contains("100%_\\") == "%100\\%\\_\\\\%"
