"""From the threads to Tk: one queue, emptied by one `after` loop with a time budget.

Threads only append to a deque; everything that touches a widget runs here. A tick works for at
most `BUDGET_S` and comes every 16 ms while there is something to do, else every 50 ms.
"""

from __future__ import annotations

import gc
import time
import tkinter as tk
from collections import deque
from collections.abc import Callable

from event_system import ChatDelta, Envelope, LogLines
from frontend.metrics import Metrics

BUDGET_S = 0.006
BUSY_MS = 16
IDLE_MS = 50
BUSY_FOR_S = 0.1
EXPECT_FOR_S = 1.0
YOUNG_GC_S = 2.0
FULL_GC_S = 20.0

Job = Callable[[], None]
Item = Envelope | Job


def merge(items: list[Item]) -> list[Item]:
    """Join neighbouring text deltas of a turn, and neighbouring batches of log lines.

    Inserting each token singly takes a hundred times as long as inserting them joined.
    """
    merged: list[Item] = []
    for item in items:
        joined = _join(merged[-1], item) if merged else None
        if joined is None:
            merged.append(item)
        else:
            merged[-1] = joined
    return merged


def _join(first: Item, second: Item) -> Envelope | None:
    if not (isinstance(first, Envelope) and isinstance(second, Envelope)):
        return None
    a, b = first.event, second.event
    if isinstance(a, ChatDelta) and isinstance(b, ChatDelta) and a.turn_id == b.turn_id:
        return first._replace(event=ChatDelta(turn_id=a.turn_id, text=a.text + b.text))
    if isinstance(a, LogLines) and isinstance(b, LogLines):
        lines = LogLines(lines=a.lines + b.lines, dropped=a.dropped + b.dropped)
        return first._replace(event=lines)
    return None


class Pump:
    """The loop of one window.

    The garbage collector is switched off while the pump runs and is run from it: Tk objects that
    are collected in another thread can hang the program.

    Args:
        root: The window.
        on_event: Gets each envelope.
        on_tick: Called each tick with `time.monotonic()`; True keeps the pump at its busy pace.
        metrics: Gets the tick times.
    """

    def __init__(
        self,
        root: tk.Misc,
        on_event: Callable[[Envelope], None],
        on_tick: Callable[[float], bool],
        metrics: Metrics,
    ) -> None:
        self._root = root
        self._on_event = on_event
        self._on_tick = on_tick
        self._metrics = metrics
        self._inbox: deque[Item] = deque()
        self._timer = ""
        self._busy_until = 0.0
        self._wanted_at = 0.0
        self._due = 0.0
        self._last_young = self._last_full = 0.0

    def post(self, item: Item) -> None:
        """Queue an envelope or a function for Tk's loop; from any thread."""
        self._inbox.append(item)

    def hurry(self) -> None:
        """Keep the busy pace for a moment: something is expected. Tk's thread only."""
        self._busy_until = time.monotonic() + EXPECT_FOR_S

    def wake_at(self, at: float) -> None:
        """Let the next tick come no later than this monotonic time. Tk's thread only."""
        self._wanted_at = at

    def start(self) -> None:
        """Begin to tick.

        From here on garbage is collected in ticks alone. Tk's objects call Tk when they are freed,
        and in another thread such a call waits for Tk's loop.
        """
        gc.disable()
        # What lives now lives on: without it, each collection takes a tenth of the time.
        gc.freeze()
        self._last_young = self._last_full = time.monotonic()
        self._due = time.perf_counter()
        self._timer = self._root.after(1, self._tick)

    def stop(self) -> None:
        """Tick no more; what is queued is dropped."""
        if self._timer:
            self._root.after_cancel(self._timer)
            self._timer = ""
            gc.unfreeze()

    def _tick(self) -> None:
        began = time.perf_counter()
        self._metrics.tick_gap.append(max(0.0, began - self._due))
        delay = IDLE_MS
        try:
            now = time.monotonic()
            if self._drain(began + BUDGET_S) or self._on_tick(now):
                self._busy_until = max(self._busy_until, now + BUSY_FOR_S)
            busy = now < self._busy_until
            delay = BUSY_MS if busy else IDLE_MS
            self._collect(now, busy)
        finally:
            # Rescheduled even after an exception, which Tk reports: one bad event must not
            # freeze the window.
            took = time.perf_counter() - began
            self._metrics.tick.append(took)
            wait = delay - 1000 * took
            if self._wanted_at:
                wait = min(wait, 1000 * (self._wanted_at - time.monotonic()))
                self._wanted_at = 0.0
            wait = max(1, round(wait))
            self._due = time.perf_counter() + wait / 1000
            if self._timer:
                self._timer = self._root.after(wait, self._tick)

    def _drain(self, until: float) -> bool:
        inbox = self._inbox
        waiting: list[Item] = []
        while inbox:
            waiting.append(inbox.popleft())
        batch = deque(merge(waiting))
        worked = bool(batch)
        try:
            while batch and time.perf_counter() < until:
                item = batch.popleft()
                if isinstance(item, Envelope):
                    self._on_event(item)
                else:
                    item()
        finally:
            inbox.extendleft(reversed(batch))
        return worked

    def _collect(self, now: float, busy: bool) -> None:
        if not busy and now - self._last_full > FULL_GC_S:
            self._last_full = self._last_young = now
            gc.collect()
        elif now - self._last_young > YOUNG_GC_S:
            self._last_young = now
            gc.collect(0 if busy else 1)
