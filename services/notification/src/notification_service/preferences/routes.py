"""HTTP in: preferences."""

from fastapi import Security

from notification_service.container import Container, ContainerDep
from notification_service.models import Recipient
from notification_service.preferences import use_cases
from notification_service.preferences.schemas import PreferencesPatch, PreferencesRead
from servicekit.security.auth import CurrentUser, access_token
from servicekit.web.routes import SessionDep, create_router

preferences = create_router(prefix="/preferences", tags=["notifications"])


@preferences.get("", dependencies=[Security(access_token, scopes=["notifications:read"])])
async def read_preferences(
    user: CurrentUser, session: SessionDep, container: ContainerDep
) -> PreferencesRead:
    """Read preferences.

    Also tells whether this server sends mail, and the key for push.
    """
    return _show_preferences(container, await use_cases.read_preferences(session, user))


@preferences.patch("", dependencies=[Security(access_token, scopes=["notifications:write"])])
async def change_preferences(
    user: CurrentUser, body: PreferencesPatch, session: SessionDep, container: ContainerDep
) -> PreferencesRead:
    """Change preferences.

    A JSON merge patch (RFC 7396): what is absent stays, null clears.
    """
    return _show_preferences(container, await use_cases.change_preferences(session, user, body))


def _show_preferences(container: Container, recipient: Recipient) -> PreferencesRead:
    settings = container.settings
    keys = container.keys
    own = recipient.model_dump(include=set(PreferencesRead.model_fields))
    return PreferencesRead(**own, email_available=bool(settings.smtp_host), push_key=keys.push_key)
