"""Project, label or saved filter → event."""

from contracts.event import Event
from contracts.filter import FilterCreated, FilterDeleted, FilterSnapshot, FilterUpdated
from contracts.label import LabelCreated, LabelDeleted, LabelSnapshot, LabelUpdated
from contracts.project import ProjectCreated, ProjectDeleted, ProjectRestored, ProjectSnapshot, ProjectUpdated
from task_service.models import Label, Project, SavedFilter


def created(row: Project | Label | SavedFilter) -> Event:
    if isinstance(row, Project):
        return ProjectCreated(user_id=row.user_id, project=ProjectSnapshot.model_validate(row))
    if isinstance(row, Label):
        return LabelCreated(user_id=row.user_id, label=LabelSnapshot.model_validate(row))
    return FilterCreated(user_id=row.user_id, filter=FilterSnapshot.model_validate(row))


def changed(row: Project | Label | SavedFilter, names: list[str]) -> Event:
    """names: the fields that differ; a project that comes or goes has an event of its own for that."""
    if isinstance(row, Project):
        return _project_changed(row, names)
    if isinstance(row, Label):
        return LabelUpdated(user_id=row.user_id, label=LabelSnapshot.model_validate(row), changed=names)
    return FilterUpdated(user_id=row.user_id, filter=FilterSnapshot.model_validate(row), changed=names)


def deleted(row: Label | SavedFilter) -> Event:
    if isinstance(row, Label):
        return LabelDeleted(user_id=row.user_id, label=LabelSnapshot.model_validate(row))
    return FilterDeleted(user_id=row.user_id, filter=FilterSnapshot.model_validate(row))


def _project_changed(project: Project, names: list[str]) -> Event:
    snapshot = ProjectSnapshot.model_validate(project)
    if "deleted_at" not in names:
        return ProjectUpdated(user_id=project.user_id, project=snapshot, changed=names)
    event = ProjectRestored if project.deleted_at is None else ProjectDeleted
    return event(user_id=project.user_id, project=snapshot)
