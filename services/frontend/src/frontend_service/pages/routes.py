"""All pages."""

from frontend_service.pages import (
    appearance,
    assistant,
    editing,
    figures,
    notifications,
    preferences,
    profile,
    reference,
    service_worker,
    signing,
    tasks,
    understood,
)

ROUTERS = (
    tasks.pages,
    understood.pages,
    editing.pages,
    notifications.pages,
    assistant.pages,
    figures.pages,
    signing.pages,
    profile.pages,
    preferences.pages,
    service_worker.router,
    appearance.pages,
    reference.pages,
)
