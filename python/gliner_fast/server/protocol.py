"""What the server needs of an engine and of whoever counts what it does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gliner_fast.types import DetectOptions, EncodedWindow, Entity, Plan, Spans

__all__ = ["Engine", "Observer", "SilentObserver"]


class Engine(Protocol):
    """The three stages of a detection. Each may be called from any thread.

    Attributes:
        pads_rows: Whether rows of a batch are padded to the longest: padding costs time.
    """

    @property
    def pads_rows(self) -> bool: ...

    def plan(self, text: str, labels: Sequence[str], options: DetectOptions) -> Plan:
        """Cut and encode a text. Takes CPU time; raises ``InvalidInputError``."""
        ...

    def run(self, windows: Sequence[EncodedWindow]) -> list[Spans]:
        """Run windows of any requests as one batch, one ``Spans`` each, in order.

        Releases the GIL; raises ``InferenceError``. A window's spans do not depend on the
        other windows.
        """
        ...

    def assemble(self, plan: Plan, spans: Sequence[Spans]) -> list[Entity]:
        """Entities of the whole text; ``spans`` are aligned with ``plan.windows``."""
        ...


class Observer(Protocol):
    """Hears what the scheduler does. Calls come from several threads and must be quick."""

    def queued(self, requests: int, tokens: int) -> None:
        """The queue now holds this much."""
        ...

    def waited(self, seconds: float) -> None:
        """A request's first window went into a batch after waiting this long."""
        ...

    def batch(self, requests: int, windows: int, tokens: int, padded: int, seconds: float) -> None:
        """A batch ran: real tokens, tokens with padding, time in the engine."""
        ...

    def batch_failed(self) -> None:
        """A run of the engine raised."""
        ...

    def rejected(self, reason: str) -> None:
        """A request was refused because of load."""
        ...

    def cancelled(self, reason: str) -> None:
        """A request was given up before its answer: ``client`` or ``deadline``."""
        ...


class SilentObserver:
    """Counts nothing."""

    def queued(self, requests: int, tokens: int) -> None: ...

    def waited(self, seconds: float) -> None: ...

    def batch(
        self, requests: int, windows: int, tokens: int, padded: int, seconds: float
    ) -> None: ...

    def batch_failed(self) -> None: ...

    def rejected(self, reason: str) -> None: ...

    def cancelled(self, reason: str) -> None: ...
