"""Downloads that run: tasks of the running loop, two at a time, each by the store or by Ollama."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backend.models_store.catalogue import CatalogueModel
from backend.models_store.errors import DownloadError
from backend.models_store.library import Library
from backend.models_store.meter import Meter
from backend.models_store.status import State
from config import KotodamaError

if TYPE_CHECKING:
    from backend.models_store.fetch import Limits
    from backend.models_store.ollama import OllamaServer

AT_ONCE = 2
EVERY_S = 0.25
"""How often progress is told."""
log = logging.getLogger("kotodama.models")


@dataclass
class Job:
    """A download that runs."""

    state: State
    meter: Meter
    task: asyncio.Task[None]
    told_at: float = field(default=-1.0)


class Downloads:
    """Runs them.

    Args:
        library: The models folder.
        ollama: Downloads its own models.
        limits: How patient downloads are.
        tell: Called with a model's name when there is progress, and at the end.
        ended: Called with a model when it is there, or with what went wrong.

    Attributes:
        jobs: Those that run or wait, by the model's name.
        came: Bytes of Ollama's paused models; it does not tell them itself.
    """

    def __init__(
        self,
        library: Library,
        ollama: OllamaServer,
        limits: Callable[[], Limits],
        tell: Callable[[str], object],
        ended: Callable[[CatalogueModel, KotodamaError | None], None],
    ) -> None:
        self.jobs: dict[str, Job] = {}
        self.came: dict[str, int] = {}
        self._library = library
        self._ollama = ollama
        self._limits = limits
        self._tell = tell
        self._ended = ended
        self._places = asyncio.Semaphore(AT_ONCE)

    def begin(self, model: CatalogueModel, *, damaged: bool) -> None:
        """Start one; of a damaged model the files that are not what they should be come anew."""
        task = asyncio.get_running_loop().create_task(self._run(model, damaged))
        self.jobs[model.id] = Job("waiting", Meter(model.bytes), task)

    async def stop(self, model_id: str) -> None:
        """Stop one, if it runs; what came stays."""
        job = self.jobs.get(model_id)
        if job:
            job.task.cancel()
            await asyncio.wait([job.task])

    async def wait(self, model_id: str) -> None:
        """Wait for the end of one; a cancellation stops it."""
        job = self.jobs.get(model_id)
        if job is None:
            return
        try:
            await asyncio.wait([job.task])
        except asyncio.CancelledError:
            await self.stop(model_id)
            raise

    async def close(self) -> None:
        """Stop all of them."""
        for model_id in list(self.jobs):
            await self.stop(model_id)

    async def _run(self, model: CatalogueModel, damaged: bool) -> None:
        """Wait for a place, download, and leave word of the end."""
        try:
            async with self._places:
                if damaged:
                    self.jobs[model.id].state = "checking"
                    await asyncio.to_thread(self._library.drop_damaged, model)
                await (self._pull(model) if model.by_ollama else self._download(model))
            self._ended(model, None)
        except KotodamaError as error:
            self._ended(model, error)
        except Exception as error:
            log.exception("the download of %s broke", model.id)
            self._ended(model, DownloadError(f"The download of {model.name} broke ({error})."))
        finally:
            self.jobs.pop(model.id, None)
            self._tell(model.id)

    async def _pull(self, model: CatalogueModel) -> None:
        job = self.jobs[model.id]
        job.state = "downloading"

        def progress(done: int, total: int) -> None:
            # The sizes in the catalogue are rounded, and Ollama names a model's parts one by one.
            job.meter.total = total if total > model.bytes // 2 else max(total, model.bytes)
            self.came[model.id] = done
            self._progress(model.id, done)

        await self._ollama.pull(model.name, progress, self._limits())
        self.came.pop(model.id, None)

    async def _download(self, model: CatalogueModel) -> None:
        from backend.models_store.fetch import Fetch, make_client

        job = self.jobs[model.id]
        job.state = "downloading"
        limits = self._limits()
        before = 0
        client = await asyncio.to_thread(make_client, limits)
        async with client:
            for file in model.in_order:
                missing = await asyncio.to_thread(self._library.missing, model)
                if file in missing:
                    start = before

                    def progress(done: int, start: int = start) -> None:
                        self._progress(model.id, start + done)

                    target = self._library.target(file)
                    try:
                        await Fetch(file, target, client, limits, progress).run()
                    except DownloadError:
                        if not file.optional:
                            raise
                        log.warning("%s was not to be had", file.name)
                before += file.bytes
        job.state = "checking"
        await asyncio.to_thread(self._library.note_checked, model)

    def _progress(self, model_id: str, done: int) -> None:
        job, now = self.jobs[model_id], time.monotonic()
        job.meter.move(done, now)
        if now - job.told_at >= EVERY_S:
            job.told_at = now
            self._tell(model_id)
