"""All pages."""

from frontend_service.pages import (
    appearance,
    assistant,
    browser_spans,
    details,
    editing,
    figures,
    notifications,
    preferences,
    profile,
    reference,
    service_worker,
    sidebar,
    signing,
    tasks,
    trash,
    understood,
)

ROUTERS = (
    details.pages,
    tasks.pages,
    understood.pages,
    editing.pages,
    trash.pages,
    sidebar.pages,
    notifications.pages,
    assistant.pages,
    figures.pages,
    signing.pages,
    profile.pages,
    preferences.pages,
    service_worker.router,
    appearance.pages,
    browser_spans.pages,
    reference.pages,
)
