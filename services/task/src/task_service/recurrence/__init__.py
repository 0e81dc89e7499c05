"""Recurrence: RFC 5545 rules, the days they fall on, and the wall-clock times these become."""

from task_service.recurrence.rule import Rule, RuleError, parse_rule
from task_service.recurrence.series import NextOccurrence, Series
from task_service.recurrence.wall_clock import Occurrence

__all__ = ["NextOccurrence", "Occurrence", "Rule", "RuleError", "Series", "parse_rule"]
