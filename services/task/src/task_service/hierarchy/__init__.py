"""Trees by `parent_id`, the same for tasks below tasks and for projects inside projects."""
