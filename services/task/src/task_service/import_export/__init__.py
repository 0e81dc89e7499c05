"""Import and export of tasks: files of other programs in, JSON, CSV and iCalendar out.

An import is queued (`use_cases`, ADR 20), parsed in a sandboxed process (`file_process`, ADR 27) by the
reader of its format (`formats`), planned and validated there (`plan`, `preparation`), and written in chunks
by the `worker`.
"""
