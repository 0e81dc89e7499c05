"""All pages."""

from frontend_service.web import api_docs, browser_span_routes, static_file_routes
from frontend_service.web.account import (
    account_deletion,
    api_tokens,
    auth,
    calendar_subscription,
    import_page,
    profile,
    theme,
)
from frontend_service.web.assistant import conversation_page
from frontend_service.web.notifications import inbox_page, preferences, reminder_toasts
from frontend_service.web.tasks import (
    edit_page,
    list_page,
    projects_labels,
    quick_add_preview,
    recurrence_page,
    row_updates,
    sidebar,
    stats,
    subtasks,
    trash,
)

ROUTERS = (
    row_updates.pages,
    recurrence_page.pages,
    subtasks.pages,
    list_page.pages,
    quick_add_preview.pages,
    edit_page.pages,
    trash.pages,
    sidebar.pages,
    projects_labels.pages,
    inbox_page.pages,
    reminder_toasts.pages,
    conversation_page.pages,
    stats.pages,
    auth.pages,
    profile.pages,
    import_page.pages,
    calendar_subscription.pages,
    account_deletion.pages,
    api_tokens.pages,
    preferences.pages,
    static_file_routes.static_router,
    theme.pages,
    browser_span_routes.pages,
    api_docs.pages,
)
