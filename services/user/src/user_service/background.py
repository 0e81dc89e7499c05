"""What runs beside requests: at the start, and to forget what is over."""

from user_service import keys, use_cases
from user_service.api_tokens.use_cases import forget as forget_api_tokens

STARTUP = (keys.load,)
FORGET = (forget_api_tokens, use_cases.forget_refresh_tokens)
