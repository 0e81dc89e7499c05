"""Signs of other programs: what holds for any text."""

from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from time import process_time
from timeit import repeat
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from task_service.quickadd import Calendar, parse_text
from task_service.quickadd.dialects import SyntaxName

BERLIN = Calendar.for_zone(datetime(2026, 11, 24, 10, 30, tzinfo=UTC), "Europe/Berlin")
MARKS = st.sampled_from(get_args(SyntaxName))
PLAIN = st.lists(
    st.sampled_from(
        [
            *(
                "call",
                "Ann",
                "tomorrow",
                "9am",
                "every friday",
                "3 Dec",
                "remind 30 min before",
                "at 5",
                "(x)",
            ),
            *(
                "in 2 hours",
                "monday week",
                "17.02.2027",
                "p5",
                "C++",
                "don't",
                "1/2",
                "—",
                "until 1 jan",
                "?",
            ),
        ]
    )
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="#+!@*/{}\"'“”„«»pP"), max_size=8),
    max_size=8,
).map(" ".join)
SIGNED = st.lists(
    st.sampled_from(
        [
            *("#a", "+b", "@c", "*d", "!1", "!5", "p1", "p4", "!9am", "!30 min before", "{friday}", "/s"),
            *("@'x y'", '*"x y"', '#"x y"', "friday", "word", "!", "@", "*", "{", "}", "!tomorrow 9am"),
        ]
    )
    | st.text(max_size=4),
    max_size=12,
).map(" ".join)


class TestPlainText:
    @settings(max_examples=200, deadline=None)
    @given(text=PLAIN)
    def test_text_without_markers_parses_alike_in_all_dialects(self, text: str) -> None:
        assert parse_text(text, BERLIN, "todoist") == parse_text(text, BERLIN, "todo")
        assert parse_text(text, BERLIN, "vikunja") == parse_text(text, BERLIN, "todo")


class TestAnyText:
    @settings(max_examples=200, deadline=None)
    @given(text=SIGNED, marks=MARKS)
    def test_any_text_is_parsed_or_stays_in_the_title(self, text: str, marks: SyntaxName) -> None:
        found = parse_text(text, BERLIN, marks)
        spans = found.spans
        assert spans == sorted(spans)
        assert all(one.end <= other.start for one, other in pairwise(spans))
        unused = "".join(
            char for at, char in enumerate(text) if not any(span.start <= at < span.end for span in spans)
        )
        characters = [char for char in unused if char.isalnum()]
        assert [char for char in found.title if char.isalnum()] == characters or not spans

    @pytest.mark.parametrize("marks", get_args(SyntaxName))
    @pytest.mark.parametrize(
        "part", ["!9am ", "@a ", "{a ", "*'a ", '#"a ', "/a", "!30 min before ", "p1 ", "@1"]
    )
    def test_any_text_is_parsed_in_time(self, marks: SyntaxName, part: str) -> None:
        """Four times the text takes less than nine times the CPU time: nothing grows with its square."""
        texts = [part * (length // len(part)) for length in (250, 1000)]
        reads = [partial(parse_text, text, BERLIN, marks) for text in texts]
        seconds = [min(repeat(read, timer=process_time, repeat=5, number=1)) for read in reads]
        assert seconds[1] < 9 * seconds[0] + 0.02
