"""Reminders: when to remind, kept in step with tasks, fired once."""
