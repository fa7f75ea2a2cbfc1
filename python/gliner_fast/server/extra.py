"""Importing this says which package of the extra ``server`` is missing, if one is.

What imports the server's other modules imports this one first.
"""

from __future__ import annotations

from importlib.util import find_spec

from gliner_fast.errors import MissingDependencyError

__all__: list[str] = []

for _package in ("fastapi", "prometheus_client", "pydantic", "pydantic_settings", "uvicorn"):
    if find_spec(_package) is None:
        raise MissingDependencyError(_package.replace("_", "-"), "server", "Serving")
