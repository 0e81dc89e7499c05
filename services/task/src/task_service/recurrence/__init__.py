"""Recurrence rules of RFC 5545 (iCalendar), without I/O: parse, expand, describe.

`rule` parses and validates an RRULE, `days` and `times` expand it, `series` finds the next occurrence of a
task, `wall_clock` resolves local times to instants, `description` says a rule in words.
"""

from task_service.recurrence.rule import Rule, RuleError, parse_rule
from task_service.recurrence.series import NextOccurrence, Series
from task_service.recurrence.wall_clock import Occurrence

__all__ = ["NextOccurrence", "Occurrence", "Rule", "RuleError", "Series", "parse_rule"]
