"""What runs beside requests: at startup, and as retention jobs."""

from user_service import signing_keys, use_cases
from user_service.api_tokens.use_cases import purge_expired_tokens

STARTUP = (signing_keys.load_signing_keys,)
RETENTION = (purge_expired_tokens, use_cases.purge_refresh_tokens)
