"""Combines the phrases of a text to a task: of several dates, times or recurrences the last one wins."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from task_service.quickadd import markers
from task_service.quickadd.calendar import Calendar
from task_service.quickadd.date_mentions import mentions_date
from task_service.quickadd.date_resolvers import PartialDateTime, add_units
from task_service.quickadd.dialects import DIALECTS, SyntaxName
from task_service.quickadd.phrase_match import PhraseMatch
from task_service.quickadd.phrase_matcher import find_phrases, find_signed_reminders
from task_service.quickadd.recurrence_resolvers import ParsedRecurrence, ParsedReminder, RecurrenceLimit
from task_service.quickadd.text import (
    TextSpan,
    casefold_same_length,
    extract_title,
    mask_matches,
    mask_protected,
    mask_spans,
    unquote,
)
from task_service.recurrence import Rule, RuleError, parse_rule
from task_service.recurrence.days import RuleDays
from task_service.recurrence.wall_clock import resolve_occurrence

RECURRENCE_DEFAULTS = {"from": "due", "month_end": "clamp", "missed": "skip"}
MAX_REMINDERS = 20


@dataclass(slots=True)
class ParsedTask:
    """The result of parsing; `spans` are the parsed parts, in order, without overlap.

    A text that would leave no title is its own title, and nothing is parsed of it.
    """

    title: str
    due_date: date | None = None
    due_time: time | None = None
    priority: int = 0
    labels: list[str] = field(default_factory=list)
    project: str | None = None
    recurrence: dict[str, str] | None = None
    reminders: list[dict[str, Any]] = field(default_factory=list)
    spans: list[TextSpan] = field(default_factory=list)


def parse_text(text: str, calendar: Calendar, marks: SyntaxName = "todo") -> ParsedTask:
    """Parse `text`. Never fails; a text wholly in quotes is a title, verbatim.

    marks: the syntax of labels, projects and priorities, ours or that of another program.
    """
    inner = unquote(text)
    if inner is not None:
        return ParsedTask(" ".join(inner.split()))
    dialect = DIALECTS[marks]
    visible = mask_protected(text)
    marked = markers.parse_markers(text, visible, dialect)
    words = casefold_same_length(mask_spans(mask_matches(dialect.unread, visible), marked.spans))
    signed = find_signed_reminders(words, calendar) if dialect.reminders else []
    phrases = _PhraseResolver(
        mask_spans(words, (TextSpan(each.start, each.end, "") for each in signed)), calendar, signed
    )
    spans = sorted([*marked.spans, *phrases.spans])
    title = extract_title(text, spans)
    if not title:
        return ParsedTask(" ".join(text.split()))
    return ParsedTask(
        title,
        phrases.due_date,
        phrases.due_time,
        marked.priority,
        marked.labels,
        marked.project,
        phrases.recurrence,
        phrases.reminders,
        spans,
    )


class _PhraseResolver:
    """Resolves the phrases of one text against each other: due date, time, recurrence and reminders."""

    def __init__(self, text: str, calendar: Calendar, signed: Sequence[PhraseMatch] = ()) -> None:
        self._text = text
        self._calendar = calendar
        self._found: Sequence[PhraseMatch] = [*find_phrases(text, calendar), *signed]
        self.spans: list[TextSpan] = []
        self.due_date: date | None = None
        self.due_time: time | None = None
        self.recurrence: dict[str, str] | None = None
        self.reminders: list[dict[str, Any]] = []
        self._duration: PhraseMatch | None = None
        repeat = self._resolve_recurrence()
        day = self._resolve_date(ended=repeat is not None)
        clock = self._resolve_time(day)
        self._set_due(day, clock, repeat)
        self._resolve_reminders()

    def _resolve_recurrence(self) -> ParsedRecurrence | None:
        """The last phrase that makes a valid rule."""
        for found in reversed([each for each in self._found if each.kind == "recurrence"]):
            repeat: ParsedRecurrence = found.value
            if _parse_valid_rule(repeat.rule):
                self._consume(found)
                return self._apply_limits(repeat)
        return None

    def _apply_limits(self, repeat: ParsedRecurrence) -> ParsedRecurrence:
        for found in [each for each in self._found if each.kind == "limit"]:
            limit: RecurrenceLimit = found.value
            with_end = _add_end(repeat.rule, limit)
            if with_end is None or (with_end != repeat.rule and not _parse_valid_rule(with_end)):
                continue
            from_completion = repeat.from_completion or limit.from_completion
            repeat = replace(repeat, rule=with_end, from_completion=from_completion)
            self._consume(found)
        self._duration = next((f for f in self._found if f.kind == "limit" and f.value.duration), None)
        return repeat

    def _resolve_date(self, *, ended: bool) -> PartialDateTime:
        """The last date; without a recurrence that it could end, `until Friday` is one too."""
        dates = [each for each in self._found if each.kind == "date"]
        if not ended:
            dates += [each for each in self._found if each.kind == "limit" and each.value.until]
        if not dates:
            return PartialDateTime()
        found = max(dates, key=lambda each: each.start)
        self._consume(found, "date")
        moment: PartialDateTime = (
            PartialDateTime(found.value.until) if isinstance(found.value, RecurrenceLimit) else found.value
        )
        return moment

    def _resolve_time(self, day: PartialDateTime) -> PartialDateTime:
        """The last time; an explicit one beats the default time of a word such as `morning`."""
        times = [each for each in self._found if each.kind == "time"]
        if not times or (day.clock and not day.is_default):
            return day
        found = max(times, key=lambda each: (not each.value.is_default, each.start))
        if found.value.is_default and day.clock:
            return day
        self._consume(found)
        moment: PartialDateTime = found.value
        return moment

    def _set_due(self, day: PartialDateTime, clock: PartialDateTime, repeat: ParsedRecurrence | None) -> None:
        self.due_time = clock.clock or (repeat.clock if repeat else None)
        self.due_date = day.day
        if repeat:
            self._set_first_day(repeat)
        elif self.due_time and not day.day:
            self._set_next_time(self.due_time)

    def _set_next_time(self, clock: time) -> None:
        """Today or tomorrow at that time, unless the text seems to mention another day."""
        if self._mentions_unread_day:
            self.due_time = None
            self.spans = [span for span in self.spans if span.kind != "time"]
        else:
            passed = self._calendar.has_passed(self._calendar.today, clock)
            self.due_date = self._calendar.today + timedelta(days=passed)

    @property
    def _mentions_unread_day(self) -> bool:
        read = [
            TextSpan(each.start, each.end, "") for each in self._found if each.kind in ("time", "reminder")
        ]
        is_ambiguous = any(each.kind in ("ambiguous", "recurrence") for each in self._found)
        return is_ambiguous or mentions_date(mask_spans(self._text, read))

    def _set_first_day(self, repeat: ParsedRecurrence) -> None:
        """The first day of the rule on or after the date, or from now on."""
        calendar, rule = self._calendar, _parse_valid_rule(repeat.rule)
        assert rule
        start = self.due_date or calendar.today
        if not self.due_date and self.due_time and calendar.has_passed(start, self.due_time):
            start += timedelta(days=1)
        first = (
            next(RuleDays(rule, start).after(start - timedelta(days=1)), None) if start > date.min else None
        )
        if first is None:
            self.spans = [span for span in self.spans if span.kind != "recurrence"]
            return
        self.due_date = resolve_occurrence(first, self.due_time, calendar.zone).due_date
        text = self._apply_duration(repeat.rule, self.due_date)
        self.recurrence = {
            "rule": text,
            **RECURRENCE_DEFAULTS,
            "from": "completion" if repeat.from_completion else "due",
        }

    def _apply_duration(self, rule: str, first: date) -> str:
        found = self._duration
        if found is None or "UNTIL" in rule or "COUNT" in rule:
            return rule
        try:
            last = add_units(first, *found.value.duration) - timedelta(days=1)
        except (ValueError, OverflowError):
            return rule
        self._consume(found)
        return f"{rule};UNTIL={last:%Y%m%d}"

    def _resolve_reminders(self) -> None:
        """Keep the reminders that can be scheduled: before a due date, if there is one, or at a time."""
        for found in [each for each in self._found if each.kind == "reminder"][:MAX_REMINDERS]:
            reminder: ParsedReminder = found.value
            if reminder.minutes_before is not None:
                if self.due_date is None:
                    continue
                self.reminders.append({"minutes_before": reminder.minutes_before})
            elif reminder.at and reminder.at.clock:
                if not (reminder.at.day or self.due_date) and self._mentions_unread_day:
                    continue
                self.reminders.append({"at": self._reminder_instant(reminder.at)})
            self._consume(found)

    def _reminder_instant(self, at: PartialDateTime) -> datetime:
        assert at.clock
        day = at.day or self.due_date or self._calendar.today
        if not at.day and not self.due_date and self._calendar.has_passed(day, at.clock):
            day += timedelta(days=1)
        return self._calendar.to_utc(day, at.clock).astimezone(UTC)

    def _consume(self, found: PhraseMatch, kind: str = "") -> None:
        kind = kind or ("recurrence" if found.kind == "limit" else found.kind)
        self.spans.append(TextSpan(found.start, found.end, kind))


def _parse_valid_rule(text: str) -> Rule | None:
    try:
        return parse_rule(text)
    except RuleError:
        return None


def _add_end(rule: str, limit: RecurrenceLimit) -> str | None:
    """`rule` with its end; None if it has one, or if the end depends on its first day (a duration)."""
    if limit.from_completion:
        return rule
    if "UNTIL" in rule or "COUNT" in rule:
        return None
    if limit.count is not None:
        return f"{rule};COUNT={limit.count}"
    return f"{rule};UNTIL={limit.until:%Y%m%d}" if limit.until else None
