"""What the Settings page does, without a window: loads, saves a moment after a change, resets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

from frontend.pages.settings_fields import FieldSpec, Section, build_sections

if TYPE_CHECKING:
    from frontend.api import Api, ApiError

SAVE_MS = 500
"""How long a field must rest before its value is sent."""
SAVED_MS = 2_000
"""How long "Saved" stands beside a field."""
Mark = Literal["", "saving", "saved"]


class Clock(Protocol):
    """Runs functions later; `AppContext` is one."""

    @property
    def schedule(self) -> Callable[[int, Callable[[], None]], str]:
        """Runs a function after milliseconds; gives an id."""

    @property
    def cancel(self) -> Callable[[str], None]:
        """Forgets a scheduled function."""


@dataclass
class FieldState:
    """One field now: its value as last known, the backend's objection, and a mark."""

    value: Any = None
    error: str = ""
    mark: Mark = ""


class SettingsPresenter:
    """State of the Settings page.

    Args:
        api: Where settings are read and changed.
        clock: For saving a moment later.
    """

    def __init__(self, api: Api, clock: Clock) -> None:
        self._api = api
        self._clock = clock
        self._changed: Callable[[Sequence[str] | None], None] = lambda keys: None
        self._waiting: dict[str, tuple[str, Any]] = {}
        self._fading: dict[str, str] = {}
        self.sections: list[Section] = []
        self.states: dict[str, FieldState] = {}
        self.engines: list[Mapping[str, Any]] = []
        self.problem = ""

    @property
    def specs(self) -> dict[str, FieldSpec]:
        """All fields by key."""
        return {spec.key: spec for section in self.sections for spec in section.fields}

    def on_change(self, changed: Callable[[Sequence[str] | None], None]) -> None:
        """Call back with the keys whose state changed; with None when all is to be built anew."""
        self._changed = changed

    def load(self) -> None:
        """Ask the backend for settings and engines; values that it refused are dropped."""
        for state in self.states.values():
            state.error = ""
        self.follow()

    def follow(self) -> None:
        """Ask anew after a change elsewhere; what is being typed or was refused stays."""
        self._api.get("/api/engines", self._got_engines, self._load_failed)
        self._api.get("/api/config", self._got_config, self._load_failed)

    def edit(self, key: str, value: Any, *, now: bool = False) -> None:
        """The user changed a field: it is sent when the field rests, or at once.

        Args:
            key: The setting.
            value: What it should be.
            now: Whether to send it without waiting.
        """
        state = self.states[key]
        if key in self._waiting:
            self._clock.cancel(self._waiting.pop(key)[0])
        # The value of a secret is not known here, so nothing can be compared.
        secret = self.specs[key].kind == "secret"
        if value == state.value and not state.error and not secret:
            return
        if now:
            self._send(key, value)
        else:
            job = self._clock.schedule(SAVE_MS, lambda: self._due(key))
            self._waiting[key] = (job, value)

    def flush(self) -> None:
        """Send what still waits: the page is being left."""
        for key, (job, value) in list(self._waiting.items()):
            self._clock.cancel(job)
            del self._waiting[key]
            self._send(key, value)

    def reset(self, key: str) -> None:
        """Put one setting back to its default."""
        self.edit(key, None, now=True)

    def reset_all(self, then: Callable[[str, bool], None]) -> None:
        """Put every setting back to its default, except keys: those are hard to get again.

        Args:
            then: Gets a sentence, and whether all went well.
        """
        changes = {
            spec.key: None
            for spec in self.specs.values()
            if spec.kind not in ("fixed", "secret") and not self.is_default(spec.key)
        }

        def done(answer: Any) -> None:
            for state in self.states.values():
                state.error = ""
            self._got_config(answer)
            then("All settings are back to their defaults; keys stay.", True)

        self._api.post("/api/config", changes, done, lambda error: then(error.message, False))

    def is_default(self, key: str) -> bool:
        """Whether a setting is at its default."""
        spec, value = self.specs[key], self.states[key].value
        return bool(value == spec.default or (spec.kind == "secret" and not value))

    def found(self, query: str) -> list[Section]:
        """The sections with only the fields that fit the search; without empty sections."""
        sections = []
        for section in self.sections:
            fields = tuple(spec for spec in section.fields if spec.matches(query))
            if fields:
                sections.append(
                    Section(section.key, section.title, section.icon, section.intro, fields)
                )
        return sections

    def engine_choices(self, kind: str) -> list[Mapping[str, Any]]:
        """The engines of a kind, as `GET /api/engines` gave them."""
        return [engine for engine in self.engines if engine.get("kind") == kind]

    def test_model(self, then: Callable[[str, bool], None]) -> None:
        """Probe the chat models anew; `then` gets a sentence, and whether a model answers."""

        def answered(engines: Any) -> None:
            self._got_engines(engines)
            then(*describe_models(self.engine_choices("llm")))

        self._api.get("/api/engines?fresh=true", answered, lambda error: then(error.message, False))

    def _due(self, key: str) -> None:
        _, value = self._waiting.pop(key)
        self._send(key, value)

    def _send(self, key: str, value: Any) -> None:
        state, spec = self.states[key], self.specs[key]
        state.mark = "saving"
        # What was given counts at once; of a secret only that there is one.
        state.value = spec.default if value is None else value
        if spec.kind == "secret":
            state.value = "set" if value else ""
        self._changed([key])

        def saved(answer: Any) -> None:
            state.error, state.mark = "", "saved"
            if key in self._fading:
                self._clock.cancel(self._fading[key])
            self._fading[key] = self._clock.schedule(SAVED_MS, lambda: self._fade(key))
            self._got_config(answer, touched=key)

        def refused(error: ApiError) -> None:
            state.error, state.mark = error.message, ""
            self._changed([key])

        self._api.post("/api/config", {key: value}, saved, refused)

    def _fade(self, key: str) -> None:
        self._fading.pop(key, None)
        self.states[key].mark = ""
        self._changed([key])

    def _got_config(self, answer: Any, touched: str = "") -> None:
        self.problem = ""
        sections = build_sections(answer["schema"], answer["runtime"])
        rebuilt = sections != self.sections
        self.sections = sections
        changed = [touched] if touched else []
        for key in self.specs:
            state = self.states.setdefault(key, FieldState())
            value = answer["values"].get(key)
            # What is being typed stays until it was sent, and what was refused until it is mended.
            if key in self._waiting or state.error:
                continue
            if state.value != value:
                state.value = value
                changed.append(key)
        self._changed(None if rebuilt else changed)

    def _got_engines(self, answer: Any) -> None:
        self.engines = list(answer) if isinstance(answer, list) else []
        keys = [spec.key for spec in self.specs.values() if spec.kind == "engines"]
        if keys:
            self._changed(keys)

    def _load_failed(self, error: ApiError) -> None:
        self.problem = error.message
        self._changed(None)


def describe_models(engines: Sequence[Mapping[str, Any]]) -> tuple[str, bool]:
    """One sentence on what answers now and why not another, and whether it is a language model."""
    able = [engine for engine in engines if engine.get("available")]
    active = next((engine for engine in able if engine.get("active")), next(iter(able), None))
    if active is None:
        return "No chat model can run; see Status for the reasons.", False
    if active.get("name") != "persona":
        name = str(active.get("label") or active.get("name"))
        model = f" with {active['model']}" if active.get("model") else ""
        return f"{name}{model} answers.", True
    reasons = [
        str(engine["reason"])
        for engine in engines
        if not engine.get("available") and engine.get("reason")
    ]
    why = f" {' '.join(reasons)}" if reasons else ""
    return f"No language model is connected; the built-in persona answers.{why}", False
