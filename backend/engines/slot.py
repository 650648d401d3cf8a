"""An engine on duty: the object, its thread, and how it fares."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

from backend.engines.base import Availability, Engine
from backend.errors import EngineError, KotodamaError

T = TypeVar("T")
log = logging.getLogger("kotodama.engines")


class EngineStatus(BaseModel):
    """What pickers, the status page and `doctor` show of an engine."""

    name: str
    kind: str
    label: str
    summary: str
    embedded: bool
    available: bool
    reason: str
    remedy: str
    loaded: bool
    active: bool
    model: str
    options_schema: dict[str, Any]


@dataclass
class Slot:
    """One engine: the object, its thread, and how it fares.

    Attributes:
        users: How many calls work with it now.
        retired: It goes once the last of them is done.
        told: Why it was passed over, as the user was told last.
    """

    engine: Engine
    worker: ThreadPoolExecutor
    loaded: bool = False
    users: int = 0
    retired: bool = False
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    failed_at: float = 0.0
    failure: str = ""
    told: str = ""
    probed_at: float = 0.0
    availability: Availability | None = None

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run in the engine's thread."""
        return await asyncio.get_running_loop().run_in_executor(self.worker, function, *args)


def known_error(engine: Engine, error: Exception) -> KotodamaError:
    """The error as one of ours: what a library raises by surprise is a failure of its engine."""
    if isinstance(error, KotodamaError):
        return error
    log.error("%s failed unexpectedly", engine.name, exc_info=error)
    return EngineError(
        f"{engine.label} failed unexpectedly ({type(error).__name__}); the log has the details."
    )
