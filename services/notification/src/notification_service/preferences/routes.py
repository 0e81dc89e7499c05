"""HTTP in: preferences."""

from fastapi import Request

from notification_service.channels.keys import Keys
from notification_service.models import Recipient
from notification_service.preferences import use_cases
from notification_service.preferences.schemas import PreferencesPatch, PreferencesRead
from notification_service.settings import Settings
from servicekit.security.auth import CurrentUser
from servicekit.web.routes import SessionDep, create_router

preferences = create_router(prefix="/preferences", tags=["notifications"])


@preferences.get("")
async def read_preferences(user: CurrentUser, session: SessionDep, request: Request) -> PreferencesRead:
    return _show(request, await use_cases.read(session, user))


@preferences.patch("")
async def change_preferences(
    user: CurrentUser, body: PreferencesPatch, session: SessionDep, request: Request
) -> PreferencesRead:
    return _show(request, await use_cases.change(session, user, body))


def _show(request: Request, recipient: Recipient) -> PreferencesRead:
    settings: Settings = request.app.state.settings
    keys: Keys = request.app.state.keys
    own = recipient.model_dump(include=set(PreferencesRead.model_fields))
    return PreferencesRead(**own, email_available=bool(settings.smtp_host), push_key=keys.push_key)
