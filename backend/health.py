"""Load of the computer and of the backend: processor, memory, disk, and the GPU if there is one."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from event_system import EventBus, SystemStatus

EVERY_S = 1.0
GPU_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Gpu:
    """A graphics card as `nvidia-smi` tells it."""

    name: str
    percent: float
    memory_percent: float


def read_gpu(timeout: float = 2.0) -> Gpu | None:
    """The first NVIDIA GPU, or None where there is none or it cannot be read."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return None
    query = "--query-gpu=name,utilization.gpu,memory.used,memory.total"
    try:
        done = subprocess.run(
            [tool, query, "--format=csv,noheader,nounits"],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=True,
        )
        name, percent, used, total = done.stdout.splitlines()[0].split(", ")
        return Gpu(name, float(percent), 100.0 * float(used) / float(total))
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


class Monitor:
    """Publishes `system.status` once a second.

    Args:
        clients: How many clients are connected.
        avatar_fps: Pictures a second that are drawn now.
    """

    def __init__(
        self,
        bus: EventBus,
        folder: Path,
        *,
        clients: Callable[[], int],
        avatar_fps: Callable[[], float],
    ) -> None:
        self._bus = bus
        self._folder = folder
        self._clients = clients
        self._avatar_fps = avatar_fps
        self._process = psutil.Process()
        self._started = time.monotonic()
        self._gpu: Gpu | None = None
        self._gpu_read = -GPU_EVERY_S
        self._published, self._published_at = bus.published, time.monotonic()
        psutil.cpu_percent()

    def read(self) -> SystemStatus:
        """The load now; blocks for some milliseconds, or for the GPU's tool."""
        now = time.monotonic()
        if now - self._gpu_read >= GPU_EVERY_S:
            self._gpu, self._gpu_read = read_gpu(), now
        published, span = self._bus.published, max(1e-3, now - self._published_at)
        rate = (published - self._published) / span
        self._published, self._published_at = published, now
        disk = shutil.disk_usage(self._folder)
        return SystemStatus(
            cpu_percent=psutil.cpu_percent(),
            memory_percent=psutil.virtual_memory().percent,
            memory_mb=round(self._process.memory_info().rss / 1e6, 1),
            disk_free_gb=round(disk.free / 1e9, 1),
            disk_total_gb=round(disk.total / 1e9, 1),
            gpu_name=self._gpu.name if self._gpu else "",
            gpu_percent=self._gpu.percent if self._gpu else None,
            gpu_memory_percent=self._gpu.memory_percent if self._gpu else None,
            clients=self._clients(),
            events_per_second=round(rate, 1),
            uptime_s=round(now - self._started, 1),
            avatar_fps=self._avatar_fps(),
        )

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            self._bus.publish(await asyncio.to_thread(self.read))
            await asyncio.sleep(EVERY_S)
