"""Channels: how a notification leaves the inbox, and what became of it."""
