"""All routers of the service."""

from user_service.api_tokens.routes import api_tokens, exchanges
from user_service.routes import FAST_READS, auth, credentials, keys, usage, users

__all__ = ["ALL", "FAST_READS"]

ALL = (auth, credentials, exchanges, users, api_tokens, usage, keys)
