"""Changes of many tasks at once: a few in the request, the others right after it, a few at a time."""
