"""Looks after what is new in the models folder: checks it, and measures it in a quiet moment."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from config import KotodamaError

if TYPE_CHECKING:
    from backend.models_store.status import ModelStatus
    from backend.models_store.store import ModelStore

_QUIET_CHECK_S = 2.0
_MOST_AUTOMATIC_S = 3.0
"""A recogniser whose answer is estimated to take longer is not measured unasked."""
log = logging.getLogger("kotodama.models")


class Upkeep:
    """Does that in a task of the running loop.

    Args:
        store: Whose models.
        quiet: Tells whether nothing else needs the processor; None: nothing is measured unasked.
    """

    def __init__(self, store: ModelStore, quiet: Callable[[], bool] | None) -> None:
        self._store = store
        self._quiet = quiet
        self._task: asyncio.Task[None] | None = None
        self._refused: set[str] = set()

    def begin(self) -> None:
        """Begin, unless it is being done."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self) -> None:
        """Stop."""
        if self._task:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def check_new(self) -> None:
        """Check models that were put into the folder by hand, and tell of damaged ones."""
        for status in await asyncio.to_thread(self._store.list):
            if status.own or status.checked or status.message or status.state != "installed":
                continue
            try:
                await self._store.verify(status.id)
            except KotodamaError as error:
                log.warning("%s: %s", status.id, error.message)

    async def measure_new(self, quiet: Callable[[], bool]) -> None:
        """Measure installed models that have not run here yet, one by one.

        Args:
            quiet: A model waits until this is true.
        """
        for status in await asyncio.to_thread(self._store.list):
            if not self._worth_measuring(status):
                continue
            while not quiet():  # noqa: ASYNC110 (nothing tells when a conversation falls quiet)
                await asyncio.sleep(_QUIET_CHECK_S)
            await self.measure_if_new(status)

    async def measure_if_new(self, status: ModelStatus) -> ModelStatus:
        """Measure a model that has not run here yet, unless that would take long; how it stands."""
        if not self._worth_measuring(status):
            return status
        try:
            return await self._store.measure(status.id)
        except KotodamaError as error:
            self._refused.add(status.id)
            log.warning("%s is not measured: %s", status.id, error.message)
            return status

    def _worth_measuring(self, status: ModelStatus) -> bool:
        from backend.models_store.measure import can_measure, has_room

        pace = status.pace
        if pace is not None and (pace.measured or pace.first_s > _MOST_AUTOMATIC_S):
            return False
        return status.id not in self._refused and can_measure(status) and has_room(status)

    async def _run(self) -> None:
        await self.check_new()
        if self._quiet:
            await self.measure_new(self._quiet)
