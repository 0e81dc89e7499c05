"""Recurrence: RFC 5545 rules, the days they fall on, and the wall-clock times these become."""

from task_service.recurrence.rule import Rule, RuleError, parse
from task_service.recurrence.series import Next, Series
from task_service.recurrence.wall_clock import Occurrence

__all__ = ["Next", "Occurrence", "Rule", "RuleError", "Series", "parse"]
