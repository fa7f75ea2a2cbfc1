"""The application: which parts there are and in which order a request meets them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

from gliner_fast.server import routes_detect, routes_info
from gliner_fast.server.context import RequestContext
from gliner_fast.server.errors import handle_exception
from gliner_fast.server.metrics import Metrics
from gliner_fast.server.openapi import install_openapi
from gliner_fast.server.protocol import Engine
from gliner_fast.server.runtime import EngineLoader, Runtime
from gliner_fast.server.security import BodyLimit, KeyRing, RequireKey
from gliner_fast.server.service import Service
from gliner_fast.server.settings import ServerSettings

__all__ = ["create_app"]

_DESCRIPTION = "Finds personal data in text with a GLiNER model, behind OpenAI's chat interface."


def create_app(
    source: Engine | EngineLoader,
    settings: ServerSettings | None = None,
) -> FastAPI:
    """Build the server around an engine.

    Args:
        source: An engine, or a function that loads one; it is called on a background thread
            when the server starts, and again if the engine dies.
        settings: All settings; the defaults and the environment if not given.

    Raises:
        ValueError: If the key file is unusable.
    """
    settings = settings or ServerSettings()
    metrics = Metrics()
    runtime = Runtime(_as_loader(source), settings, metrics)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        await runtime.start()
        while runtime.state == "loading" and app.state.hold_back():
            await asyncio.sleep(0.02)
        yield
        await runtime.stop()

    app = FastAPI(
        title="gliner-fast",
        version="1",
        description=_DESCRIPTION,
        lifespan=lifespan,
        docs_url="/docs" if settings.docs else None,
        openapi_url="/openapi.json" if settings.docs else None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=lambda route: route.name,
    )
    # A process that joins others does not listen before it can answer; see run.py.
    app.state.hold_back = lambda: False
    app.state.draining = False
    app.state.settings = settings
    app.state.metrics = metrics
    app.state.runtime = runtime
    app.state.service = Service(runtime, settings, metrics)
    app.include_router(routes_detect.router)
    app.include_router(routes_info.router)
    app.add_exception_handler(HTTPException, handle_exception)
    install_openapi(app)

    # The last one added is the first to see a request.
    app.add_middleware(BodyLimit, max_bytes=settings.max_body_bytes, timeout=settings.body_timeout)
    if settings.api_key_file is not None:
        app.add_middleware(RequireKey, keys=KeyRing.read(settings.api_key_file))
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", "x-request-id"],
        )
    app.add_middleware(RequestContext, metrics=metrics)
    return app


def _as_loader(source: Engine | EngineLoader) -> EngineLoader:
    if callable(source):
        return source
    engine = source
    return lambda: engine
