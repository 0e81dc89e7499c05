"""Projects, labels and saved filters: what tasks are sorted into, and found by."""
