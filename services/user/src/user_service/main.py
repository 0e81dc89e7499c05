"""The user service."""

from servicekit.app import create_app
from user_service import keys, routes
from user_service.settings import Settings

app = create_app(
    Settings(),
    [routes.auth, routes.users, routes.keys],
    startup=[keys.load],
)
