"""Projects: lists of tasks, which may lie in each other."""
