"""FastAPI with our own layers around a request in place of its own."""

from fastapi import FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.middleware import Middleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send


class ServiceApp(FastAPI):
    """Without what would be done twice, for a tenth of what a read costs.

    Its response to what nobody caught is that of `CatchAll`, its limit of bodies is `BodyLimit`, and its
    telemetry is `TracingMiddleware` and `RouteMetrics`.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await super().__call__(scope, receive, send)
            return
        scope["app"] = self
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        await self.middleware_stack(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        """What was added, outermost first, and within it what routes of FastAPI can't do without."""
        handlers = {key: handle for key, handle in self.exception_handlers.items() if key is not Exception}
        within = [Middleware(ExceptionMiddleware, handlers=handlers), Middleware(AsyncExitStackMiddleware)]
        app: ASGIApp = self.router
        for layer, args, options in reversed([*self.user_middleware, *within]):
            app = layer(app, *args, **options)
        return app
