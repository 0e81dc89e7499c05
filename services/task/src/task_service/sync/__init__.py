"""Incremental (delta) sync: what has changed since a sync token, deletions included (ADR 19)."""
