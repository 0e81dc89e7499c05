"""Pages of tasks: lists, editing, recurrence, trash, and the projects, labels and filters around them."""
