"""Authentication for the parts of the API that the frontend answers itself."""

import time

from fastapi import Request
from fastapi.security import HTTPBearer

from frontend_service.container import container_of
from frontend_service.gateway.api_tokens import is_api_token
from frontend_service.gateway.client_identification import client_address
from servicekit.errors import Unauthenticated
from servicekit.security.auth import API_PREFIX, Principal, authorize_token, parse_bearer_token

bearer = HTTPBearer(auto_error=False, bearerFormat="JWT")
"""Names the scopes of a route, `Security(bearer, scopes=[…])`. `authenticate` does the work, since these
routes take the session of a browser, too."""


async def authenticate(request: Request, headers: dict[str, str], *, good_for: float) -> Principal:
    """The account, by access token, by API token, or by the session of a browser. One request is counted.

    headers: of the response; what is left of the rate limit, and a session that was renewed, are added.
    good_for: seconds the token of a session has to last; the other tokens last as long as they do.
    Raises `TooManyRequests`, `Unauthenticated`, `InsufficientScope`, or `Unavailable`.
    """
    container = container_of(request.app)
    client = await container.client_identifier.identify_request(request.headers, client_address(request))
    cost = container.operations.cost(request.method, request.url.path.removeprefix(API_PREFIX))
    headers |= container.rate_limit.count(client, cost)
    if "authorization" in request.headers:
        token = parse_bearer_token(request.headers["authorization"])
        if is_api_token(token):
            token = await container.api_tokens.access_token(token)
        return await authorize_token(request, token)
    sessions = container.sessions
    session = sessions.open(request.headers.get("cookie", ""))
    if session is None:
        raise Unauthenticated(code="token-missing")
    if session.expires_at - good_for < time.time():
        session = await sessions.renew(session)
        if session is None:
            raise Unauthenticated("This session has ended.", code="session-ended")
        headers["set-cookie"] = sessions.set_cookie(session)
    return await container.token_verifier.verify(session.access_token)
