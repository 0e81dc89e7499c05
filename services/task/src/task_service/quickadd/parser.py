"""From a line of text to a task."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from task_service.quickadd import markers
from task_service.quickadd.calendar import Calendar
from task_service.quickadd.date_mentions import seems_dated
from task_service.quickadd.date_resolvers import Moment, added
from task_service.quickadd.dialects import DIALECTS, Marks
from task_service.quickadd.phrase_match import Found
from task_service.quickadd.phrase_matcher import find, signed_reminders
from task_service.quickadd.recurrence_resolvers import Limit, Reminder, Repeat
from task_service.quickadd.text import Span, fold, hide, protect, quoted, rest, without
from task_service.recurrence import Rule, RuleError, parse
from task_service.recurrence.days import Days
from task_service.recurrence.wall_clock import place

HOW = {"from": "due", "month_end": "clamp", "missed": "skip"}
MAX_REMINDERS = 20


@dataclass(slots=True)
class Understood:
    """What a text says; `spans` are in order, apart. A text of which nothing is left is its own title."""

    title: str
    due_date: date | None = None
    due_time: time | None = None
    priority: int = 0
    labels: list[str] = field(default_factory=list)
    project: str | None = None
    recurrence: dict[str, str] | None = None
    reminders: list[dict[str, Any]] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)


def understand(text: str, calendar: Calendar, marks: Marks = "todo") -> Understood:
    """Read `text`. Whatever it is, there is an answer; a text wholly in quotes is the title.

    marks: whose signs for labels, projects and priorities it has.
    """
    inner = quoted(text)
    if inner is not None:
        return Understood(" ".join(inner.split()))
    dialect = DIALECTS[marks]
    visible = protect(text)
    marked = markers.read(text, visible, dialect)
    words = fold(hide(without(dialect.unread, visible), marked.spans))
    signed = signed_reminders(words, calendar) if dialect.reminders else []
    said = _Said(hide(words, (Span(each.start, each.end, "") for each in signed)), calendar, signed)
    spans = sorted([*marked.spans, *said.spans])
    title = rest(text, spans)
    if not title:
        return Understood(" ".join(text.split()))
    return Understood(
        title,
        said.due_date,
        said.due_time,
        marked.priority,
        marked.labels,
        marked.project,
        said.recurrence,
        said.reminders,
        spans,
    )


class _Said:
    """What phrases say together: of two dates, times or recurrences the last one counts."""

    def __init__(self, text: str, calendar: Calendar, signed: Sequence[Found] = ()) -> None:
        self._text = text
        self._calendar = calendar
        self._found: Sequence[Found] = [*find(text, calendar), *signed]
        self.spans: list[Span] = []
        self.due_date: date | None = None
        self.due_time: time | None = None
        self.recurrence: dict[str, str] | None = None
        self.reminders: list[dict[str, Any]] = []
        self._stretch: Found | None = None
        repeat = self._recurrence()
        day = self._date(ended=repeat is not None)
        clock = self._time(day)
        self._set_due(day, clock, repeat)
        self._remind()

    def _recurrence(self) -> Repeat | None:
        """The last one that is a rule there can be."""
        for found in reversed([each for each in self._found if each.kind == "recurrence"]):
            repeat: Repeat = found.value
            if _rule(repeat.rule):
                self._take(found)
                return self._limited(repeat)
        return None

    def _limited(self, repeat: Repeat) -> Repeat:
        for found in [each for each in self._found if each.kind == "limit"]:
            limit: Limit = found.value
            with_end = _with_end(repeat.rule, limit)
            if with_end is None or (with_end != repeat.rule and not _rule(with_end)):
                continue
            from_completion = repeat.from_completion or limit.from_completion
            repeat = replace(repeat, rule=with_end, from_completion=from_completion)
            self._take(found)
        self._stretch = next((f for f in self._found if f.kind == "limit" and f.value.stretch), None)
        return repeat

    def _date(self, *, ended: bool) -> Moment:
        """The last date; without a recurrence that it could end, `until Friday` is one too."""
        dates = [each for each in self._found if each.kind == "date"]
        if not ended:
            dates += [each for each in self._found if each.kind == "limit" and each.value.until]
        if not dates:
            return Moment()
        found = max(dates, key=lambda each: each.start)
        self._take(found, "date")
        moment: Moment = Moment(found.value.until) if isinstance(found.value, Limit) else found.value
        return moment

    def _time(self, day: Moment) -> Moment:
        """The last time, one said outright before a habit such as `morning`; a date may have one."""
        times = [each for each in self._found if each.kind == "time"]
        if not times or (day.clock and not day.soft):
            return day
        found = max(times, key=lambda each: (not each.value.soft, each.start))
        if found.value.soft and day.clock:
            return day
        self._take(found)
        moment: Moment = found.value
        return moment

    def _set_due(self, day: Moment, clock: Moment, repeat: Repeat | None) -> None:
        self.due_time = clock.clock or (repeat.clock if repeat else None)
        self.due_date = day.day
        if repeat:
            self._set_first(repeat)
        elif self.due_time and not day.day:
            self._set_next(self.due_time)

    def _set_next(self, clock: time) -> None:
        """The next such time, unless another day seems to be meant that was not read."""
        if self._names_a_day_unread:
            self.due_time = None
            self.spans = [span for span in self.spans if span.kind != "time"]
        else:
            passed = self._calendar.has_passed(self._calendar.today, clock)
            self.due_date = self._calendar.today + timedelta(days=passed)

    @property
    def _names_a_day_unread(self) -> bool:
        read = [Span(each.start, each.end, "") for each in self._found if each.kind in ("time", "reminder")]
        doubted = any(each.kind in ("doubt", "recurrence") for each in self._found)
        return doubted or seems_dated(hide(self._text, read))

    def _set_first(self, repeat: Repeat) -> None:
        """The first day of the rule from the date on, or from now on."""
        calendar, rule = self._calendar, _rule(repeat.rule)
        assert rule
        start = self.due_date or calendar.today
        if not self.due_date and self.due_time and calendar.has_passed(start, self.due_time):
            start += timedelta(days=1)
        first = next(Days(rule, start).after(start - timedelta(days=1)), None) if start > date.min else None
        if first is None:
            self.spans = [span for span in self.spans if span.kind != "recurrence"]
            return
        self.due_date = place(first, self.due_time, calendar.zone).due_date
        text = self._stretched(repeat.rule, self.due_date)
        self.recurrence = {"rule": text, **HOW, "from": "completion" if repeat.from_completion else "due"}

    def _stretched(self, rule: str, first: date) -> str:
        found = self._stretch
        if found is None or "UNTIL" in rule or "COUNT" in rule:
            return rule
        try:
            last = added(first, *found.value.stretch) - timedelta(days=1)
        except (ValueError, OverflowError):
            return rule
        self._take(found)
        return f"{rule};UNTIL={last:%Y%m%d}"

    def _remind(self) -> None:
        """Those that can be placed: before a due date there is, or at a moment."""
        for found in [each for each in self._found if each.kind == "reminder"][:MAX_REMINDERS]:
            reminder: Reminder = found.value
            if reminder.minutes_before is not None:
                if self.due_date is None:
                    continue
                self.reminders.append({"minutes_before": reminder.minutes_before})
            elif reminder.at and reminder.at.clock:
                if not (reminder.at.day or self.due_date) and self._names_a_day_unread:
                    continue
                self.reminders.append({"at": self._moment(reminder.at)})
            self._take(found)

    def _moment(self, at: Moment) -> datetime:
        assert at.clock
        day = at.day or self.due_date or self._calendar.today
        if not at.day and not self.due_date and self._calendar.has_passed(day, at.clock):
            day += timedelta(days=1)
        return self._calendar.instant(day, at.clock).astimezone(UTC)

    def _take(self, found: Found, kind: str = "") -> None:
        kind = kind or ("recurrence" if found.kind == "limit" else found.kind)
        self.spans.append(Span(found.start, found.end, kind))


def _rule(text: str) -> Rule | None:
    try:
        return parse(text)
    except RuleError:
        return None


def _with_end(rule: str, limit: Limit) -> str | None:
    """`rule` with its end; None for an end that is not this rule's, or has to wait for its first day."""
    if limit.from_completion:
        return rule
    if "UNTIL" in rule or "COUNT" in rule:
        return None
    if limit.count is not None:
        return f"{rule};COUNT={limit.count}"
    return f"{rule};UNTIL={limit.until:%Y%m%d}" if limit.until else None
