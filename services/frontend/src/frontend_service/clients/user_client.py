"""The user service: signing up, in and out, the account, and its API tokens."""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.api.page import Page
from contracts.api.users import SignedIn, SignIn, SignUp, TokenCreated, TokenRead, UserRead
from contracts.names import App
from frontend_service.clients.service_client import ServiceClient, page_path

ME = "/users/me"


@dataclass(frozen=True, slots=True)
class UserClient:
    """Raises, `key` and `version`: as for `TaskClient`."""

    client: ServiceClient

    async def sign_up(self, account: SignUp, *, key: str) -> SignedIn:
        return await self.client.send(SignedIn, App.USER, "POST", "/auth/sign-up", account, key=key)

    async def sign_in(self, credentials: SignIn, *, key: str) -> SignedIn:
        return await self.client.send(SignedIn, App.USER, "POST", "/auth/sign-in", credentials, key=key)

    async def sign_out(self, refresh_token: str) -> None:
        await self.client.execute(App.USER, "POST", "/auth/sign-out", {"refresh_token": refresh_token})

    async def read_me(self) -> UserRead:
        return await self.client.get(UserRead, App.USER, ME)

    async def update_me(self, patch: Mapping[str, object], *, key: str, version: int) -> None:
        """patch: a `UserPatch`, with what somebody typed."""
        await self.client.execute(App.USER, "PATCH", ME, patch, key=key, version=version)

    async def delete_me(self, *, key: str) -> None:
        await self.client.execute(App.USER, "DELETE", ME, key=key)

    async def list_tokens(self, limit: int) -> Page[TokenRead]:
        return await self.client.get(Page[TokenRead], App.USER, page_path("/tokens", limit))

    async def create_token(self, token: Mapping[str, object], *, key: str) -> TokenCreated:
        """token: a `TokenCreate`, with what somebody typed."""
        return await self.client.send(TokenCreated, App.USER, "POST", "/tokens", token, key=key)

    async def revoke_token(self, id: str, *, key: str) -> None:
        await self.client.execute(App.USER, "DELETE", f"/tokens/{id}", key=key)
