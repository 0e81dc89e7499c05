"""Taking tasks in from other systems, and giving them out again."""
