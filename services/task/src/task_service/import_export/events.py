"""Import → event."""

from contracts.imports import ImportFinished
from task_service.import_export.models import ImportJob

SOURCES = {
    "todo-json": "an export of todo",
    "vikunja-json": "Vikunja",
    "todoist-csv": "Todoist",
    "csv": "a CSV file",
    "icalendar": "an iCalendar file",
    "google-tasks": "Google Tasks",
    "microsoft-todo": "Microsoft To Do",
}
"""Where a file of each format comes from, in words."""


def import_finished(job: ImportJob, failure: str) -> ImportFinished:
    """`job` is done, or given up for the reason `failure`."""
    assert job.finished_at
    return ImportFinished(
        user_id=job.user_id,
        import_id=job.id,
        source=SOURCES.get(job.format or "", "a file"),
        added=job.added,
        skipped=job.skipped,
        losses=0 if failure else len(job.report) + job.more,
        failure=failure,
        finished_at=job.finished_at,
    )
