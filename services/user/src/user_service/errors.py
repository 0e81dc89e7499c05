"""Errors of the user service."""

from servicekit.errors import Conflict, TooManyRequests, Unauthenticated


class EmailTaken(Conflict):
    code = "email-taken"
    title = "An account with this e-mail address already exists"


class WrongCredentials(Unauthenticated):
    code = "wrong-credentials"
    title = "E-mail address or password is wrong"


class RefreshTokenInvalid(Unauthenticated):
    code = "refresh-token-invalid"
    title = "This refresh token is unknown, used up or expired; sign in again"


class TooManyAttempts(TooManyRequests):
    code = "too-many-attempts"
    title = "Too many failed attempts to sign in; wait a while"


class SignInBusy(TooManyRequests):
    code = "sign-in-busy"
    title = "Too many people are signing in right now; try again in a moment"


class ApiTokenInvalid(Unauthenticated):
    code = "api-token-invalid"
    title = "This API token is unknown, revoked or expired"


class TooManyTokens(Conflict):
    code = "too-many-tokens"
    title = "This account has the maximum number of API tokens; revoke one first"
