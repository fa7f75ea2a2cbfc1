"""Routes that say how the server is and what it serves."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from gliner_fast.server.failures import RequestRefused
from gliner_fast.server.metrics import CONTENT_TYPE_LATEST, Metrics
from gliner_fast.server.runtime import Runtime
from gliner_fast.server.schemas import Health, LabelList, ModelCard, ModelList
from gliner_fast.server.settings import ServerSettings

__all__ = ["router"]

router = APIRouter()


@router.get("/healthz", response_model=Health)
async def healthz(request: Request) -> dict[str, Any]:
    """Alive: the process answers. Says nothing about the model."""
    runtime: Runtime = request.app.state.runtime
    return {"status": "alive", "model_loaded": runtime.state == "ready", "model": None}


@router.get("/readyz", response_model=Health)
async def readyz(request: Request) -> dict[str, Any]:
    """Ready: the model is loaded, warmed and works; 503 otherwise."""
    runtime: Runtime = request.app.state.runtime
    _ = runtime.scheduler  # raises while there is none
    return {"status": "ready", "model_loaded": True, "model": runtime.model_id}


@router.get("/health", response_model=Health)
async def health(request: Request) -> dict[str, Any]:
    """Always 200, like NeMo Guardrails' example server: the state is in the body."""
    runtime: Runtime = request.app.state.runtime
    ready = runtime.state == "ready"
    return {
        "status": "healthy" if ready else runtime.state,
        "model_loaded": ready,
        "model": runtime.model_id if ready else None,
    }


@router.get("/metrics", response_model=None)
async def metrics(request: Request) -> Response:
    """Prometheus metrics."""
    counted: Metrics = request.app.state.metrics
    return Response(counted.render(), media_type=CONTENT_TYPE_LATEST)


def _card(runtime: Runtime) -> dict[str, Any]:
    _ = runtime.scheduler  # raises while there is none: its id is not known yet
    return {
        "id": runtime.model_id,
        "object": "model",
        "created": runtime.loaded_at,
        "owned_by": "gliner-fast",
    }


@router.get("/v1/models", response_model=ModelList)
async def list_models(request: Request) -> dict[str, Any]:
    """The served model."""
    return {"object": "list", "data": [_card(request.app.state.runtime)]}


@router.get("/v1/models/{model:path}", response_model=ModelCard)
async def get_model(request: Request, model: str) -> JSONResponse | dict[str, Any]:
    """One model by its name; 404 for any but the served one."""
    card = _card(request.app.state.runtime)
    if model != card["id"]:
        raise RequestRefused(404, "model_not_found", "this server has no such model")
    return card


@router.get("/v1/labels", response_model=LabelList)
async def list_labels(request: Request) -> dict[str, Any]:
    """Labels of a request that names none, and the aliases that requests may use."""
    settings: ServerSettings = request.app.state.settings
    return {"labels": list(settings.default_labels), "aliases": settings.aliases}
