"""The private calendar address: tasks for a calendar program, which can't sign in."""
