"""What the Status page knows, without a window: load, engines, and how long recent turns took."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from event_system import ChatResponse, Envelope, Stage, SystemStatus, TurnTiming
from frontend.pages.stages import own_times

if TYPE_CHECKING:
    from frontend.api import Api, ApiError

TURNS = 24
"""Turns in the latency chart."""
RATE_POINTS = 60
"""Seconds of event rate that are kept."""
STAGES = {
    "endpoint": "End of speech",
    "transcript": "Transcript",
    "first_token": "First token",
    "first_sentence": "First sentence",
    "first_audio": "First audio",
    "first_frame": "First frame",
}
"""Stages of a turn in their order, with their names for people."""
KINDS = {
    "llm": "Chat model",
    "tts": "Voice",
    "stt": "Speech to text",
    "clip": "Avatar",
    "trainer": "Voice training",
}
"""Kinds of engine in the order of the table, with their names for people."""

FACTS = {"events": "Events", "clients": "Clients", "uptime": "Up for", "avatar": "Avatar"}
"""Small figures, with their names for people."""

EngineState = Literal["on_duty", "ready", "standby", "unavailable"]
"""At work; would do the work; can run, but another goes first; cannot run."""


@dataclass(frozen=True)
class Gauge:
    """What a ring shows: its share (None: unknown), figure, colour's name and a line below."""

    share: float | None
    figure: str
    colour: str
    note: str


@dataclass(frozen=True)
class Turn:
    """How long one turn took: milliseconds for each of `STAGES`, and who answered."""

    turn_id: str
    took_ms: tuple[float, ...]
    slowest: str
    engine: str

    @property
    def total_ms(self) -> float:
        """Milliseconds until the first sound left for the window."""
        return sum(self.took_ms)


@dataclass(frozen=True)
class EngineRow:
    """One line of the engines table; `model` is its model, or what else tells it from others."""

    kind: str
    name: str
    label: str
    state: EngineState
    model: str
    summary: str
    reason: str
    remedy: str

    @property
    def state_text(self) -> str:
        """The state in words."""
        return {
            "on_duty": "On duty",
            "ready": "Ready",
            "standby": "Stand-by",
            "unavailable": "Cannot run",
        }[self.state]


class StatusPresenter:
    """State of the Status page.

    Args:
        api: Where the backend is asked.
    """

    def __init__(self, api: Api) -> None:
        self._api = api
        self._changed: Callable[[], None] = lambda: None
        self.load: SystemStatus | None = None
        self.engines: list[EngineRow] = []
        self.turns: deque[Turn] = deque(maxlen=TURNS)
        self.rates: deque[float] = deque(maxlen=RATE_POINTS)
        self.problem = ""
        self.asking = False
        self._has_history = False
        self._running_id = ""
        self._running: list[Stage] = []

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call back after an answer of the backend changed the state."""
        self._changed = changed

    def refresh(self) -> None:
        """Ask the backend for its status and engines."""
        self.asking = True
        self._api.get("/api/status", self._got_status, self._failed)
        self._api.get("/api/engines?fresh=true", self._got_engines, self._failed)
        if not self._has_history:
            self._api.get("/api/characters", self._got_characters, self._failed)

    def on_event(self, envelope: Envelope) -> bool:
        """Take in an event; whether it changed what the page shows."""
        event = envelope.event
        if isinstance(event, SystemStatus):
            self.load = event
            self.rates.append(event.events_per_second)
            return True
        if isinstance(event, TurnTiming):
            return self._follow_turn(event)
        if isinstance(event, ChatResponse):
            self._running = []
            return self._add_turn(event)
        return False

    def gauges(self) -> dict[str, Gauge]:
        """Rings by name: cpu, memory, disk, gpu."""
        load = self.load
        if load is None:
            return {
                name: Gauge(None, "–", "muted", "") for name in ("cpu", "memory", "disk", "gpu")
            }
        return {
            "cpu": _percent(load.cpu_percent, "of all cores"),
            "memory": _percent(load.memory_percent, f"backend {load.memory_mb:,.0f} MB"),
            "disk": _disk(load),
            "gpu": _gpu(load),
        }

    def facts(self) -> dict[str, str]:
        """The small figures, by the keys of `FACTS`."""
        load = self.load
        if load is None:
            return {name: "–" for name in FACTS}
        return {
            "events": f"{load.events_per_second:,.0f}/s",
            "clients": str(load.clients),
            "uptime": duration(load.uptime_s),
            "avatar": f"{load.avatar_fps:.0f} fps" if load.avatar_fps > 0 else "at rest",
        }

    def latency_line(self) -> str:
        """One sentence on the turn that runs, else on the newest one."""
        if self._running:
            steps = (f"{STAGES[s.name].lower()} {s.at_ms:,.0f} ms" for s in self._running)
            return f"This turn: {', '.join(steps)}."
        if not self.turns:
            return ""
        turn = self.turns[-1]
        line = f"Last turn: first sound after {turn.total_ms:,.0f} ms"
        slowest = STAGES.get(turn.slowest, turn.slowest)
        return f"{line}; slowest: {slowest.lower()}." if slowest else f"{line}."

    def _follow_turn(self, event: TurnTiming) -> bool:
        if event.stage.name not in STAGES:
            return False
        if event.turn_id != self._running_id:
            self._running_id, self._running = event.turn_id, []
        self._running.append(event.stage)
        return True

    def _add_turn(self, event: ChatResponse) -> bool:
        turn = _turn(event.turn_id, event.stages, event.slowest, event.engine)
        if turn is None or any(known.turn_id == turn.turn_id for known in self.turns):
            return False
        self.turns.append(turn)
        return True

    def _got_characters(self, answer: Any) -> None:
        on_air = next((item["id"] for item in answer if item.get("active")), None)
        if on_air is not None:
            path = f"/api/characters/{on_air}/chat?limit={TURNS}"
            self._api.get(path, self._got_history, self._failed)

    def _got_history(self, answer: Any) -> None:
        """Turns from before this page was made go before those that it saw itself."""
        self._has_history = True
        known = {turn.turn_id for turn in self.turns}
        for row in reversed(answer):
            stages = [Stage.model_validate(stage) for stage in row.get("stages") or ()]
            turn = _turn(str(row["turn_id"]), stages, "", str(row.get("engine") or ""))
            if turn is not None and turn.turn_id not in known and len(self.turns) < TURNS:
                self.turns.appendleft(turn)
        self._changed()

    def _got_status(self, answer: Any) -> None:
        self.problem = ""
        self.load = SystemStatus.model_validate(answer["system"])
        self._changed()

    def _got_engines(self, answer: Any) -> None:
        self.asking = False
        self.problem = ""
        self.engines = engine_rows(answer if isinstance(answer, list) else [])
        self._changed()

    def _failed(self, error: ApiError) -> None:
        self.asking = False
        self.problem = error.message
        self._changed()


def engine_rows(answer: Iterable[Mapping[str, Any]]) -> list[EngineRow]:
    """The table of `GET /api/engines`: by kind, then in the order that the backend gave."""
    engines = list(answer)
    manned = {engine.get("kind") for engine in engines if engine.get("active")}
    rows = []
    for engine in engines:
        kind, name = str(engine.get("kind", "")), str(engine.get("name", ""))
        state: EngineState = "unavailable"
        if engine.get("available"):
            state = "on_duty" if engine.get("active") else "standby" if kind in manned else "ready"
        if state == "ready":
            manned.add(kind)
        model = str(engine.get("model") or "")
        label, aside = split_label(str(engine.get("label") or name))
        rows.append(
            EngineRow(
                kind=kind,
                name=name,
                label=label,
                state=state,
                model=aside if model in ("", name) else model,
                summary=str(engine.get("summary") or ""),
                reason=str(engine.get("reason") or ""),
                remedy=str(engine.get("remedy") or ""),
            )
        )
    order = list(KINDS)
    return sorted(rows, key=lambda row: order.index(row.kind) if row.kind in order else len(order))


def split_label(label: str) -> tuple[str, str]:
    """An engine's name and what stands behind it in brackets."""
    name, _, aside = label.partition(" (")
    return name, aside.removesuffix(")")


def duration(seconds: float) -> str:
    """A time span with its two largest units: "3 h 12 min"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _turn(turn_id: str, stages: Iterable[Stage], slowest: str, engine: str) -> Turn | None:
    """The turn with these stages; None when it has no times."""
    stages = tuple(stages)
    took = own_times(stages)
    values = tuple(took.get(name, 0.0) for name in STAGES)
    if not any(values):
        return None
    if not slowest:
        slowest = max(STAGES, key=lambda name: took.get(name, 0.0))
    return Turn(turn_id, values, slowest, engine)


def _percent(percent: float, note: str) -> Gauge:
    colour = "danger" if percent >= 92 else "warning" if percent >= 80 else "info"
    return Gauge(percent / 100, f"{percent:.0f}%", colour, note)


def _disk(load: SystemStatus) -> Gauge:
    free = load.disk_free_gb
    share = 1 - free / load.disk_total_gb if load.disk_total_gb > 0 else None
    colour = "danger" if free < 1 else "warning" if free < 5 else "success"
    figure = f"{free:,.0f} GB" if free >= 10 else f"{free:.1f} GB"
    return Gauge(share, figure, colour, "free" if free >= 5 else "free: make room")


def _gpu(load: SystemStatus) -> Gauge:
    if load.gpu_percent is None:
        note = f"{load.gpu_name}: load not readable" if load.gpu_name else "No GPU found"
        return Gauge(None, "None" if not load.gpu_name else "–", "muted", note)
    gauge = _percent(load.gpu_percent, load.gpu_name)
    if load.gpu_memory_percent is None:
        return gauge
    return Gauge(gauge.share, gauge.figure, gauge.colour,
                 f"{load.gpu_name}, memory {load.gpu_memory_percent:.0f}%")  # fmt: skip
