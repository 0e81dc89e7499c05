"""All pages."""

from frontend_service.pages import (
    appearance,
    assistant,
    editing,
    figures,
    notifications,
    profile,
    reference,
    signing,
    tasks,
)

ROUTERS = (
    tasks.pages,
    editing.pages,
    notifications.pages,
    assistant.pages,
    figures.pages,
    signing.pages,
    profile.pages,
    appearance.pages,
    reference.pages,
)
