"""The feed of changes: what is different since a token, deletions included."""
