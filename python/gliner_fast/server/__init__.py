"""The detection server: the only part of gliner-fast that knows HTTP.

A request goes through the modules in this order: ``security`` (limits, keys) -> ``schemas`` ->
``routes_*`` -> ``service`` -> ``scheduler`` -> ``batching`` and ``runner`` (the engine) ->
``answers`` -> ``streaming``. ``app.create_app`` puts them together, ``run.serve`` runs them.

The public names are loaded on first use, so that the command line can read ``settings``
without paying for FastAPI.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gliner_fast.server.app import create_app
    from gliner_fast.server.run import add_arguments, main, serve
    from gliner_fast.server.settings import ServerSettings

__all__ = ["ServerSettings", "add_arguments", "create_app", "main", "serve"]

_HOME = {
    "ServerSettings": "settings",
    "add_arguments": "run",
    "create_app": "app",
    "main": "run",
    "serve": "run",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    import_module(f"{__name__}.extra")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
