"""What is kept for a time or up to a size only: the trash and the history of tasks."""
