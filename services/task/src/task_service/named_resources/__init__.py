"""What projects, labels and saved filters have in common: a name, a position, a version."""
