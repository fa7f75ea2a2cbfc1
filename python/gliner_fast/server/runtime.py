"""The engine's life: loaded in the background, warmed, watched, and loaded again if it dies."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable

from gliner_fast.errors import GlinerFastError
from gliner_fast.server.failures import EngineUnavailable
from gliner_fast.server.metrics import Metrics
from gliner_fast.server.protocol import Engine
from gliner_fast.server.runner import RunnerOptions
from gliner_fast.server.scheduler import Scheduler, SchedulerOptions
from gliner_fast.server.settings import ServerSettings

__all__ = ["EngineLoader", "Runtime", "scheduler_options"]

log = logging.getLogger("gliner_fast.server.runtime")

EngineLoader = Callable[[], Engine]
_LONGEST_PAUSE = 60.0


def scheduler_options(settings: ServerSettings) -> SchedulerOptions:
    """The scheduler's part of the settings."""
    runner = RunnerOptions(
        batch_tokens=settings.max_batch_tokens,
        batch_seconds=settings.batch_target_ms / 1000,
        max_batch_requests=settings.max_batch_requests if settings.batch_mode else 1,
        batch_wait=settings.batch_wait_ms / 1000,
        hang_after=settings.inference_timeout,
    )
    return SchedulerOptions(
        queue_tokens=settings.max_queue_tokens,
        queue_requests=settings.max_queue_requests,
        runner=runner,
    )


class Runtime:
    """Holds the scheduler while there is one.

    ``on_failure`` hears of a model that does not load (False), or of one that died (True). If
    it returns True, the process is about to end; else the runtime loads the model again, with
    growing pauses.
    """

    def __init__(
        self,
        load: EngineLoader,
        settings: ServerSettings,
        metrics: Metrics,
    ) -> None:
        self._load = load
        self._settings = settings
        self._metrics = metrics
        self._scheduler: Scheduler | None = None
        self._state = "loading"
        self._watch: asyncio.Task[None] | None = None
        self.model_id = settings.model or ""
        self.loaded_at = 0
        self.on_ready: Callable[[], None] = lambda: None
        self.on_failure: Callable[[Exception, bool], bool] = lambda error, died: False

    # -- what requests ask ----------------------------------------------------------------

    @property
    def state(self) -> str:
        """``loading``, ``ready``, ``failed`` or ``stopping``."""
        if self._state == "ready" and (self._scheduler is None or self._scheduler.down):
            return "failed"
        return self._state

    @property
    def scheduler(self) -> Scheduler:
        """The scheduler, if the model can answer.

        Raises:
            EngineUnavailable: While it cannot, saying why.
        """
        state = self.state
        if state == "ready" and self._scheduler is not None:
            return self._scheduler
        reasons = {
            "loading": "the model is loading",
            "failed": "the model failed and is being loaded again",
            "stopping": "the server is stopping",
        }
        raise EngineUnavailable(reasons[state])

    # -- life -----------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to load, and come back at once."""
        self._watch = asyncio.get_running_loop().create_task(self._live())

    async def stop(self) -> None:
        """Fail what is left, end the threads."""
        self._state = "stopping"
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.wait({self._watch})
        self._metrics.unready()
        if self._scheduler is not None:
            # Nothing runs any more unless the engine hangs: that is not waited for.
            await asyncio.get_running_loop().run_in_executor(None, self._scheduler.stop, 1.0)

    def abandon(self) -> None:
        """Answer everything that still waits with 503: the time to drain is over."""
        self._state = "stopping"
        if self._scheduler is not None:
            self._scheduler.stop(0.0)

    async def _live(self) -> None:
        pause = 1.0
        while True:
            died = False
            try:
                await self._bring_up()
                pause = 1.0
                error = await self._until_down()
                died = True
            except Exception as failure:
                error = failure
            self._state = "failed"
            self._metrics.unready()
            given_up = self.on_failure(error, died)
            if not died:
                _log_failed_load(error, given_up)
            if given_up:
                return
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _bring_up(self) -> None:
        began = time.monotonic()
        engine, scheduler = await _in_daemon_thread(self._build)
        self._scheduler = scheduler
        self.model_id = str(getattr(engine, "model_id", None) or self.model_id or "gliner")
        self.loaded_at = int(time.time())
        self._state = "ready"
        device = str(getattr(engine, "device", self._settings.device))
        self._metrics.ready(self.model_id, device)
        seconds = round(time.monotonic() - began, 2)
        fields = {"model": self.model_id, "device": device, "seconds": seconds}
        log.info("the model is ready", extra={"fields": fields})
        self.on_ready()

    def _build(self) -> tuple[Engine, Scheduler]:
        engine = self._load()
        warmup = getattr(engine, "warmup", None)
        if warmup is not None:
            warmup()
        scheduler = Scheduler(engine, scheduler_options(self._settings), self._metrics)
        scheduler.start()
        return engine, scheduler

    async def _until_down(self) -> Exception:
        scheduler = self._scheduler
        assert scheduler is not None  # noqa: S101 - set by _bring_up just before
        while scheduler.down is None:
            scheduler.check()
            self._metrics.sample()
            await asyncio.sleep(0.25)
        reason = scheduler.down
        # Not waited for: its thread may never come back.
        scheduler.stop(0.0)
        return EngineUnavailable(reason)


def _log_failed_load(error: Exception, given_up: bool) -> None:
    """What is expected to fail says itself what is wrong; of the rest the place in the code helps.

    Whoever gives up says the former, as the reason for the end.
    """
    if not isinstance(error, (GlinerFastError, OSError)):
        log.error("the model cannot be loaded", exc_info=error)
    elif not given_up:
        log.error("the model cannot be loaded: %s", error)


async def _in_daemon_thread(
    function: Callable[[], tuple[Engine, Scheduler]],
) -> tuple[Engine, Scheduler]:
    """Run in a thread that does not keep the process alive: loading may hang on a network."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[tuple[Engine, Scheduler]] = loop.create_future()

    def settle(result: tuple[Engine, Scheduler] | None, error: BaseException | None) -> None:
        if future.done():
            if result is not None:
                result[1].stop(0.0)
        elif result is not None:
            future.set_result(result)
        elif isinstance(error, Exception):
            future.set_exception(error)
        else:
            future.set_exception(GlinerFastError(f"loading ended with {type(error).__name__}"))

    def work() -> None:
        result, error = None, None
        try:
            result = function()
        except BaseException as failure:
            error = failure
        try:
            loop.call_soon_threadsafe(settle, result, error)
        except RuntimeError:  # the loop is closed: the server has stopped meanwhile
            if result is not None:
                result[1].stop(0.0)

    threading.Thread(target=work, name="gliner-load", daemon=True).start()
    return await future
