"""Text as it is compared."""

import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.folding import name_key, search_key

LETTERS = st.one_of(
    st.text(),
    st.text("aßéŁłøÆœıİŋΣςйёがカﾞ’“–❤️ \N{COMBINING ACUTE ACCENT}\N{COMBINING DOT ABOVE}", max_size=12),
)
FORMS = st.sampled_from(["NFC", "NFD"])
CASES: st.SearchStrategy[Callable[[str], str]] = st.sampled_from(
    [str, str.casefold, lambda text: text.upper() if text.upper().casefold() == text.casefold() else text]
)
"""Capitals of a letter that are those of another one (ı, ŉ) are no writing of it in Unicode's own terms."""


class TestNames:
    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("STRASSE", "straße"),
            ("Résumé", "RE\u0301SUME\u0301"),
            ("ΣΊΣΥΦΟΣ", "σίσυφος"),
            ("ﬁne", "FINE"),
            ("ガ", "カ\u3099"),
        ],
    )
    def test_of_one_thing_are_written_in_any_case_and_encoding(self, one: str, other: str) -> None:
        assert name_key(one) == name_key(other)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("resume", "résumé"),
            ("か", "が"),
            ("ハ", "パ"),
            ("か", "カ"),
            ("Lodz", "Łódź"),
            ("schon", "schön"),
            ("❤", "❤\ufe0f"),
            ("todo's", "todo’s"),
            ("Ａ", "A"),
        ],
    )
    def test_of_two_things_differ_by_anything_else(self, one: str, other: str) -> None:
        assert name_key(one) != name_key(other)

    @given(LETTERS, FORMS, CASES)
    def test_stay_what_they_are_in_every_writing(
        self, name: str, form: "unicodedata._NormalizationForm", case: Callable[[str], str]
    ) -> None:
        assert name_key(unicodedata.normalize(form, case(name))) == name_key(name)
        assert name_key(name_key(name)) == name_key(name)


class TestSearch:
    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ("Crème BRÛLÉE", "creme brulee"),
            ("Łódź", "lodz"),
            ("Đorđe Ørsted Ħaż", "dorde orsted haz"),
            ("Æsir, œuvre, Þór, Garðar", "aesir, oeuvre, thor, gardar"),
            ("Straße STRASSE ẞ", "strasse strasse ss"),
            ("İstanbul ısı", "istanbul isi"),
            ("Eŋglish", "english"),
            ("Ɓ ƒ ǥ ɨ ŧ", "b f g i t"),
            ("ΣΊΣΥΦΟΣ", "σισυφοσ"),
            ("todo’s ‘x’ ʼ ′ ´", "todo's 'x' ' ' '"),
            ("“x” „y“ «z» ″", '"x" "y" "z" "'),
            ("a–b—c−d‑e", "a-b-c-d-e"),
            ("❤️", "❤"),
            ("👍🏽", "👍🏽"),
            ("ＡＢＣ　１２", "abc 12"),
            ("ｶﾞｷﾞ", "ガギ"),
            ("か", "か"),
            ("か\u3099", "が"),
            ("ﬁne…", "fine..."),
            ("Rück\u00adsendung", "rucksendung"),
            ("ไม้", "ไม้"),
            ("日本", "日本"),
            ("한국", "한국"),
        ],
    )
    def test_leaves_out_what_people_leave_out(self, text: str, key: str) -> None:
        assert search_key(text) == key

    @pytest.mark.parametrize(("one", "other"), [("か", "が"), ("は", "ぱ"), ("ไม่", "ไม้"), ("👍", "👎")])
    def test_keeps_letters_apart(self, one: str, other: str) -> None:
        assert search_key(one) != search_key(other)

    @given(LETTERS, FORMS, CASES)
    def test_finds_every_writing(
        self, text: str, form: "unicodedata._NormalizationForm", case: Callable[[str], str]
    ) -> None:
        assert search_key(unicodedata.normalize(form, case(text))) == search_key(text)
        assert search_key(search_key(text)) == search_key(text)
        assert search_key(name_key(text)) == search_key(text)

    @given(st.text("abcoe'\"- "), st.sampled_from("\u0300\u0301\u0308\u030a\u0327\u0328\ufe0f\u200d\u00ad"))
    def test_finds_what_is_written_with_marks(self, text: str, mark: str) -> None:
        assert search_key("".join(char + mark for char in text)) == search_key(text)

    def test_knows_every_letter_of_the_alphabets_it_has_accents_for(self) -> None:
        """None that is searched with a stroke, hook or tail stays, and none needs two rounds."""
        characters = [chr(point) for point in (*range(0x250), *range(0x400, 0x530), *range(0x1E00, 0x2000))]
        keys = {character: search_key(character) for character in characters}
        assert {character for character, key in keys.items() if search_key(key) != key} == set()
        left = {key for key in keys.values() for char in key if " WITH STROKE" in unicodedata.name(char, "")}
        assert left == set("ƛƻƾ"), "these are of no letter of their alphabet"
