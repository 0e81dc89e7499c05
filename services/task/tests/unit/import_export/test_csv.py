"""CSV of other programs: names of columns, separators, encodings, dates; nothing is lost in silence."""

import codecs
import csv
import io
from collections.abc import Callable
from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from task_service.import_export.csv_injection import escape_cell, unescape_cell
from task_service.import_export.parsed_file import UnreadableFile

from services.task.tests.unit.import_export.files import AMERICAN, TICKTICK, read, report_lines

ENCODINGS = {
    "utf-8": b"",
    "utf-8-sig": b"",
    "utf-16-le": codecs.BOM_UTF16_LE,
    "utf-16-be": codecs.BOM_UTF16_BE,
    "cp1252": b"",
}
SPELLINGS = st.sampled_from(["{} {}", "{}_{}", "{}-{}", "{}{}"])
CASES = st.sampled_from([str.lower, str.upper, str.title])
DAYS = st.dates(date(2000, 1, 1), date(2098, 12, 31))
FORMS = [
    "{:%Y-%m-%d}",
    "{:%Y/%m/%d}",
    "{:%Y.%m.%d}",
    "{:%Y%m%d}",
    "{:%d.%m.%Y}",
    "{:%d.%m.%y}",
    "{:%b %d, %Y}",
    "{:%d %B %Y}",
    "{:%d-%b-%Y}",
    "{:%a, %d %b %Y}",
]


def table(rows: list[list[str]], separator: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=separator).writerows(rows)
    return out.getvalue()


class TestAnyForm:
    @given(
        days=st.lists(DAYS, min_size=1, max_size=5),
        form=st.sampled_from(FORMS),
        separator=st.sampled_from(",;\t|"),
        encoding=st.sampled_from(sorted(ENCODINGS)),
        spelling=SPELLINGS,
        case=CASES,
        announced=st.booleans(),
        clock=st.none() | st.times(),
    )
    def test_separators_and_encodings_give_the_same_tasks(
        self,
        days: list[date],
        form: str,
        separator: str,
        encoding: str,
        spelling: str,
        case: Callable[[str], str],
        announced: bool,
        clock: time | None,
    ) -> None:
        names = [case(spelling.format(*words)) for words in (("task", "name"), ("due", "date"))]
        written = [form.format(day) + (f" {clock:%H:%M}" if clock else "") for day in days]
        rows = [[f"Zähne, {n}; {n} | x", when] for n, when in enumerate(written)]
        text = (f"sep={separator}\r\n" if announced else "") + table([names, *rows], separator)
        source = read(ENCODINGS[encoding] + text.encode(encoding))
        assert [draft.fields["title"] for draft in source.tasks] == [row[0] for row in rows]
        assert [draft.fields["due_date"] for draft in source.tasks] == days
        expected = clock.replace(second=0, microsecond=0) if clock else None
        assert {draft.fields.get("due_time") for draft in source.tasks} == {expected}
        messages = [what for _, what in report_lines(source) if "both ways" not in what]
        assert messages == (
            ["It is not UTF-8; it was decoded as Windows-1252."] if encoding == "cp1252" else []
        )

    @given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=1, max_size=5))
    def test_any_cell_survives_our_own_csv(self, cells: list[str]) -> None:
        for cell in [*cells, *(mark + cell for cell in cells for mark in ("=", "'=", "-", "\t", "\r", "'"))]:
            out = escape_cell(cell)
            assert unescape_cell(out) == cell
            assert not out.startswith(("=", "+", "-", "@", "\t", "\r"))


class TestDates:
    @pytest.mark.parametrize(
        ("text", "day", "clock"),
        [
            ("2026-12-03T14:00:00Z", date(2026, 12, 3), time(15)),
            ("2026-12-03T14:00:00.123+02:00", date(2026, 12, 3), time(13)),
            ("2026-12-03T14:00:00+0200", date(2026, 12, 3), time(13)),
            ("2026-12-03 14:00", date(2026, 12, 3), time(14)),
            ("2026/12/3 2:05 PM", date(2026, 12, 3), time(14, 5)),
            ("12/25/2026", date(2026, 12, 25), None),
            ("25/12/2026 12:00 am", date(2026, 12, 25), time(0)),
            ("3. Dec 2026", date(2026, 12, 3), None),
            ("December 3rd, 2026 at 9:30", date(2026, 12, 3), time(9, 30)),
            ("tomorrow 9am", date(2026, 11, 25), time(9)),
        ],
    )
    def test_date_formats_are_parsed(self, text: str, day: date, clock: time | None) -> None:
        (draft,) = read(f'title,due\nx,"{text}"\n').tasks
        assert (draft.fields["due_date"], draft.fields.get("due_time")) == (day, clock)

    @pytest.mark.parametrize("text", ["someday", "30.02.2026", "2026-13-01", "2026-12-03 25:00", "9" * 5000])
    def test_unparsed_dates_go_to_the_notes(self, text: str) -> None:
        source = read(f"title,Due Date,notes\nx,{text},n\n")
        (draft,) = source.tasks
        assert "due_date" not in draft.fields
        assert draft.fields["notes"] == f"n\nDue Date: {text}"
        assert report_lines(source)[-1][0] == "line 2"

    def test_dates_of_a_column_have_one_order(self) -> None:
        source = read("title,due\na,12/25/2026\nb,12/4/2026\n")
        assert [draft.fields["due_date"] for draft in source.tasks] == [date(2026, 12, 25), date(2026, 12, 4)]
        assert report_lines(source) == []

    def test_ambiguous_dates_follow_the_user_and_are_reported(self) -> None:
        text = "title,due\na,3/12/2026\n"
        german, american = read(text), read(text, calendar=AMERICAN)
        assert german.tasks[0].fields["due_date"] == date(2026, 12, 3)
        assert american.tasks[0].fields["due_date"] == date(2026, 3, 12)
        assert "both ways" in report_lines(german)[0][1]
        assert "both ways" in report_lines(american)[0][1]

    def test_completion_dates_are_kept(self) -> None:
        (draft,) = read("Name,Completed At\nx,2026-01-02T03:04:05Z\n").tasks
        assert draft.done
        assert draft.completed_at
        assert draft.completed_at.isoformat() == "2026-01-02T03:04:05+00:00"


class TestColumns:
    def test_most_specific_column_wins(self) -> None:
        source = read("name,title,notes\nOther,Real title,n\n")
        (draft,) = source.tasks
        assert (draft.fields["title"], draft.fields["notes"]) == ("Real title", "n\nname: Other")
        assert "more specific" in report_lines(source)[0][1]

    def test_unknown_columns_are_reported_with_their_number(self) -> None:
        rows = "".join(f"t{n},ada,\n" for n in range(10))
        assert report_lines(read(f"Title,Assignee,Empty\n{rows}")) == [
            ("line 2, line 3, line 4 and 7 more", "Skipped: the column “Assignee”.")
        ]

    def test_columns_name_projects_labels_and_parents(self) -> None:
        source = read('Name,Projects,Tags,Parent task\nA,Home,"x, y",\nB,Home,,A\n')
        above, below = source.tasks
        assert (below.parent, above.project, above.fields["labels"]) == (above.key, "Home", ["x", "y"])

    def test_missing_title_column_is_rejected_with_the_columns(self) -> None:
        with pytest.raises(UnreadableFile, match="line 1 has “a”, “b”"):
            read("a,b\n1,2\n")

    def test_duplicate_ids_lose_no_row(self) -> None:
        assert len({draft.key for draft in read("id,title\n1,a\n1,b\n").tasks}) == 2

    @pytest.mark.parametrize(
        ("word", "level"), [("High", 3), ("P1", 4), ("urgent", 4), ("2", 2), ("none", 0)]
    )
    def test_priority_column_is_parsed(self, word: str, level: int) -> None:
        assert read(f"title,priority\nx,{word}\n").tasks[0].fields["priority"] == level

    @pytest.mark.parametrize("word", ["done", "Completed", "archived", "closed", "x", "TRUE", "yes", "2"])
    def test_status_column_is_parsed(self, word: str) -> None:
        assert read(f"title,status\nx,{word}\n").tasks[0].done


class TestTickTick:
    def test_ticktick_export_is_read(self) -> None:
        source = read(TICKTICK)
        report, sub = source.tasks
        assert (report.fields["title"], report.fields["notes"]) == ("Weekly report", "Write it")
        assert (report.fields["due_date"], report.fields.get("due_time")) == (date(2026, 12, 3), None)
        assert (report.fields["priority"], report.done) == (3, True)
        assert report.fields["recurrence"]["rule"] == "FREQ=WEEKLY;INTERVAL=1"
        assert report.project == "Work/Office"
        assert (sub.parent, sub.fields["notes"], sub.done) == (report.key, "[ ] milk\n[x] tea", False)
        assert (sub.fields["due_time"], sub.fields["priority"]) == (time(14), 2)
