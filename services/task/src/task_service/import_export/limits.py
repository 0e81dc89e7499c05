"""How much a file may hold, and what reading it may cost. Said in docs/many-at-once.md."""

MAX_BYTES = 16 * 1024 * 1024
"""Of a file when it is no longer packed; of an archive, of everything in it that is read."""
MAX_TASKS = 20_000
"""Tasks, and rows of a table, of one file."""
MAX_PROJECTS = 1_000
MAX_LABELS = 1_000
MAX_FILTERS = 200
MAX_COLUMNS = 200
MAX_MEMBERS = 1_000
"""Files in an archive."""
MAX_DIGITS = 15
"""Of a number that is read as one."""
CPU_SECONDS = 60
"""Of processing that one file may take."""
WAIT_SECONDS = 180
"""Until a reply of the process that reads a file; more than its processing takes on a busy machine."""
MEMORY_BYTES = 192 * 1024 * 1024
"""That reading a file may add to what the process has at its start."""
MAX_AT_ONCE = 3
"""Imports and previews of one user that are not finished."""
PREVIEW_TASKS = 20
FILES_AT_ONCE = 1
"""Files that requests parse at a time in one pod, beside the one that the worker imports."""
