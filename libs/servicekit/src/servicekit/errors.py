"""The errors a service answers with. Their RFC 9457 documents are made in `problems`.

ServiceError (500)
├── BadRequest (400)
├── MalformedJson (400)
├── Unauthenticated (401)
│   └── AccountGone           its token is good for some minutes more
├── Forbidden (403)
│   └── InsufficientScope     tells the scopes an API token would need
├── NotFound (404)            also for what belongs to somebody else
├── MethodNotAllowed (405)    tells the methods there are
├── RequestTimeout (408)
├── Conflict (409)
│   └── QuotaExceeded         tells which limit of the account, and how much of it is used
├── PreconditionFailed (412)  carries the current representation
├── TooLarge (413)
├── UriTooLong (414)
├── Invalid (422)             carries pointers to the wrong fields
├── TooManyRequests (429)
├── HeadersTooLarge (431)
└── Unavailable (503)         a service this request needs is unavailable; try again
    ├── Overloaded            too many came at once; nothing was done
    ├── TimedOut              somebody was there, and took too long over this request
    ├── ServiceUnreachable    nobody was there at all
    └── IncompleteResponse    another service left out a field that its API promises
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from pydantic import BaseModel


class FieldProblem(BaseModel, use_attribute_docstrings=True):
    """What is wrong with one field."""

    pointer: str
    """JSON pointer into the body (RFC 6901), or `?name` for a query parameter."""
    detail: str
    """What is wrong with it, for people."""
    position: int | None = None
    """Offset of the first wrong character, for values with a grammar of their own."""


class ServiceError(Exception):
    """Base of all errors a service answers with; `code` is stable, `detail` is for people."""

    status: ClassVar[int] = 500
    code: str = "internal-error"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(self, detail: str = "", *, code: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.code = code or self.code
        self.headers = dict(headers or {})

    def extensions(self) -> dict[str, Any]:
        """Members this problem has beyond the standard ones."""
        return {}


class Invalid(ServiceError):
    status = 422
    code = "invalid"
    title = "The request is not valid"

    def __init__(self, detail: str = "", *, code: str = "", errors: list[FieldProblem] | None = None) -> None:
        super().__init__(detail, code=code)
        self.errors = errors or []

    @classmethod
    def field(cls, pointer: str, detail: str, *, code: str = "", position: int | None = None) -> "Invalid":
        """One wrong field."""
        problem = FieldProblem(pointer=pointer, detail=detail, position=position)
        return cls(detail, code=code, errors=[problem])

    def extensions(self) -> dict[str, Any]:
        return {"errors": [error.model_dump(exclude_none=True) for error in self.errors]}


class Unauthenticated(ServiceError):
    status = 401
    code = "unauthenticated"
    title = "A valid access token is needed"

    def __init__(self, detail: str = "", *, code: str = "") -> None:
        super().__init__(detail, code=code, headers={"WWW-Authenticate": "Bearer"})


class AccountGone(Unauthenticated):
    code = "account-gone"
    title = "This account no longer exists"


class Forbidden(ServiceError):
    status = 403
    code = "forbidden"
    title = "This account may not do that"


class InsufficientScope(Forbidden):
    code = "insufficient-scope"
    title = "This API token may not do that"

    def __init__(self, needed: Iterable[str] = ()) -> None:
        """needed: all of them (RFC 6750, section 3.1); none where no API token is enough."""
        scope = " ".join(needed)
        detail = f"This needs an API token with the scope {scope}." if scope else "No API token may do this."
        challenge = 'Bearer error="insufficient_scope"' + (f', scope="{scope}"' if scope else "")
        super().__init__(detail, headers={"WWW-Authenticate": challenge})


class NotFound(ServiceError):
    status = 404
    code = "not-found"
    title = "Not found"


class MethodNotAllowed(ServiceError):
    status = 405
    code = "method-not-allowed"
    title = "Method not allowed"

    def __init__(self, allowed: Iterable[str]) -> None:
        """allowed: where GET is, HEAD is too, named or not."""
        methods = {method.strip() for method in allowed}
        if "GET" in methods:
            methods.add("HEAD")
        super().__init__(headers={"Allow": ", ".join(sorted(methods))})


class RequestTimeout(ServiceError):
    status = 408
    code = "request-timeout"
    title = "The request took too long to arrive"


class Conflict(ServiceError):
    status = 409
    code = "conflict"
    title = "Conflicts with the current state"


class QuotaExceeded(Conflict):
    code = "quota-exceeded"
    title = "A quota of this account is used up"

    def __init__(self, name: str, *, used: int, limit: int) -> None:
        """name: of the quota, as `GET /users/me/usage` has it."""
        what = name.replace("_", " ")
        super().__init__(f"This account may have {limit} {what}; it has {used}.")
        self.quota = {"name": name, "used": used, "limit": limit}

    def extensions(self) -> dict[str, Any]:
        return {"quota": self.quota}


class PreconditionFailed(ServiceError):
    status = 412
    code = "precondition-failed"
    title = "The resource has changed since you read it"

    def __init__(self, current: BaseModel | None, etag: str) -> None:
        super().__init__(headers={"ETag": etag})
        self.current = current

    def without_content(self) -> "PreconditionFailed":
        """For who may not read what is stored."""
        return PreconditionFailed(None, self.headers["ETag"])

    def extensions(self) -> dict[str, Any]:
        return {"current": self.current.model_dump(mode="json")} if self.current else {}


class TooLarge(ServiceError):
    status = 413
    code = "too-large"
    title = "The request body is too large"


class TooManyRequests(ServiceError):
    status = 429
    code = "too-many-requests"
    title = "Too many requests"


class Unavailable(ServiceError):
    status = 503
    code = "unavailable"
    title = "A service this request needs is unavailable"

    def __init__(self, detail: str = "", *, code: str = "", retry_after: int = 2) -> None:
        super().__init__(detail, code=code, headers={"Retry-After": str(retry_after)})


class Overloaded(Unavailable):
    code = "overloaded"
    title = "The server is overloaded"

    def __init__(self) -> None:
        super().__init__("Nothing was done. Send it again in a moment.", retry_after=1)


class TimedOut(Unavailable):
    """Whoever was asked has not answered in time: it may be the request that takes long."""

    code = "timed-out"
    title = "The server took too long to respond"


class ServiceUnreachable(Unavailable):
    """Nobody was there to answer: what a circuit breaker counts."""


class IncompleteResponse(Unavailable):
    code = "response-incomplete"
    title = "Another service sent an incomplete response"


class BadRequest(ServiceError):
    status = 400
    code = "bad-request"
    title = "The server can't understand this request"


class UriTooLong(ServiceError):
    status = 414
    code = "uri-too-long"
    title = "The URL is too long"


class HeadersTooLarge(ServiceError):
    status = 431
    code = "headers-too-large"
    title = "The headers of the request are too large"


class MalformedJson(ServiceError):
    status = 400
    code = "malformed-json"
    title = "The request body is not valid JSON"
