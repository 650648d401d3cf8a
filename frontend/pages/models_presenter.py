"""What the Models page does, without a window: loads, filters, follows downloads, and acts."""

from __future__ import annotations

import json
import wave
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from event_system import Event, ModelProgress, ModelSaved
from frontend.pages.models_rows import ModelRow, describe, family, fits, language, size
from frontend.pages.voice_presenter import clip_of

if TYPE_CHECKING:
    from frontend.api import Api, ApiError

LONG_S = 1800.0
"""Checking and copying of gigabytes takes this long at most."""
SAMPLE_S = 90.0
Changed = Callable[[Sequence[str] | None], None]


class ModelsPresenter:
    """State of the Models page.

    Args:
        api: Where models are read and changed.
        language: The language whose voices are shown first, for example "en".
        play: Plays 48 kHz samples of 16 bits.

    Attributes:
        kind: Which kind is shown: tts, stt, llm or clip.
        language: The family of languages that is shown; empty for all.
        query: Words that must fit.
        problem: Why there is nothing to show.
        notice: What the last deed on the page came to, and whether it went well.
        fetching: The voice whose sample is on its way; empty for none.
    """

    def __init__(
        self, api: Api, language: str, play: Callable[[bytes], object] = lambda pcm: None
    ) -> None:
        self._api = api
        self._play = play
        self._changed: Changed = lambda ids: None
        self._models: dict[str, dict[str, Any]] = {}
        self.kind = "tts"
        self.language = language.split("-")[0].lower()
        self.query = ""
        self.problem = ""
        self.notice = ("", True)
        self.fetching = ""
        self.disk = ""

    def on_change(self, changed: Changed) -> None:
        """Call back with the models whose row changed; with None when the list did."""
        self._changed = changed

    @property
    def loaded(self) -> bool:
        """Whether the list is there."""
        return bool(self._models)

    def load(self) -> None:
        """Read the list."""
        self._api.get("/api/models", self._take, self._not_read)
        self._api.get("/api/models/disk", self._take_disk, lambda error: None)

    def rows(self) -> list[ModelRow]:
        """The rows to show: what is there first, then by language and name."""
        chosen = [
            model
            for model in self._models.values()
            if model["kind"] == self.kind and fits(model, self.query) and self._speaks(model)
        ]
        chosen.sort(key=lambda one: (one["state"] == "absent", language(one), one["name"]))
        return [describe(model) for model in chosen]

    def row(self, model_id: str) -> ModelRow:
        """One row as it is now."""
        return describe(self._models[model_id])

    def languages(self) -> list[tuple[str, str]]:
        """Families of languages of the kind that is shown, with their names, by name."""
        names: dict[str, str] = {}
        for model in self._models.values():
            code = family(model)
            if code and model["kind"] == self.kind:
                names.setdefault(code, language(model).split(" (")[0])
        return sorted(names.items(), key=lambda item: item[1])

    def choose(
        self, *, kind: str | None = None, language: str | None = None, query: str | None = None
    ) -> None:
        """Show another part of the list."""
        self.kind = self.kind if kind is None else kind
        self.language = self.language if language is None else language
        self.query = self.query if query is None else query
        self._changed(None)

    def act(self, model_id: str, action: str) -> None:
        """Do what a key of `ACTIONS` says with a model; "accept" installs it by its licence."""
        path = f"/api/models/{quote(model_id)}"
        if action == "look":
            self.load()
            return

        def failed(error: ApiError) -> None:
            self._objected(model_id, error)

        if action == "remove":
            self._api.delete(path, lambda answer: self._removed(model_id, answer), failed)
            return
        if action == "verify":
            self._update(model_id, state="checking", message="")
        verb = "install" if action in ("resume", "mend", "accept") else action
        body = json.dumps({"accept_licence": True}).encode() if action == "accept" else None
        self._api.request(
            "POST", f"{path}/{verb}", lambda answer: self._replace(answer), failed, body=body,
            timeout=LONG_S,
        )  # fmt: skip

    def listen(self, model_id: str) -> None:
        """Let a voice be heard, once what there is to hear has come."""
        if self.fetching:
            return
        self.fetching = model_id
        self._say("", True)
        self._changed((model_id,))
        self._api.request(
            "GET", f"/api/models/{quote(model_id)}/sample", self._hear,
            lambda error: self._not_heard(model_id, error), timeout=SAMPLE_S,
        )  # fmt: skip

    def add(self, folder: str) -> None:
        """Copy models from a folder."""
        self._say("Looking for models there, and copying them…", True)
        self._post("/api/models/add", {"path": folder}, self._added)

    def refresh(self) -> None:
        """Load the list of voices anew."""
        self._say("Loading the list of voices…", True)
        self._post("/api/models/refresh", {}, self._refreshed)

    def on_event(self, event: Event) -> None:
        """Follow downloads."""
        if isinstance(event, ModelProgress):
            if event.model_id not in self._models:
                return
            self._update(
                event.model_id,
                state=event.state,
                done=event.done,
                speed=event.speed,
                seconds_left=event.seconds_left,
                message=event.message,
                bytes=event.total or self._models[event.model_id]["bytes"],
            )
            if event.state in ("absent", "installed"):
                self.load()
        elif isinstance(event, ModelSaved):
            self.load()

    def _hear(self, wav: bytes) -> None:
        model_id, self.fetching = self.fetching, ""
        try:
            self._play(clip_of(wav))
        except (wave.Error, EOFError):
            self._say("The sample cannot be read; see the log.", False)
        self._changed((model_id,))

    def _not_heard(self, model_id: str, error: ApiError) -> None:
        self.fetching = ""
        self._say(error.message, False)
        self.load()
        self._changed((model_id,))

    def _speaks(self, model: dict[str, Any]) -> bool:
        code = family(model)
        return not self.language or not code or code == self.language or bool(model["own"])

    def _take(self, answer: list[dict[str, Any]]) -> None:
        self._models = {str(model["id"]): model for model in answer}
        self.problem = ""
        if self.language not in {family(model) for model in answer}:
            self.language = ""
        self._changed(None)

    def _take_disk(self, answer: dict[str, Any]) -> None:
        self.disk = f"{size(answer['used'])} used, {size(answer['free'])} free"
        self._changed(())

    def _not_read(self, error: ApiError) -> None:
        self.problem = error.message
        self._changed(None)

    def _replace(self, answer: dict[str, Any]) -> None:
        self._models[str(answer["id"])] = answer
        self._changed((str(answer["id"]),))

    def _update(self, model_id: str, **changes: Any) -> None:
        self._models[model_id] = {**self._models[model_id], **changes}
        self._changed((model_id,))

    def _removed(self, model_id: str, answer: dict[str, Any]) -> None:
        self._say(f"{size(answer['freed'])} are free again.", True)
        self.load()

    def _objected(self, model_id: str, error: ApiError) -> None:
        """Show an objection in its row, and how the model stands now."""
        if model_id in self._models:
            self._update(model_id, message=error.message)
        self._say(error.message, False)
        self.load()

    def _added(self, answer: dict[str, Any]) -> None:
        count, refused = len(answer["models"]), answer["refused"]
        done = f"{count} {'model' if count == 1 else 'models'} added."
        self._say(" ".join([done, *refused[:3]]), not refused)
        self.load()

    def _refreshed(self, answer: dict[str, Any]) -> None:
        self._say(f"The list is new: {answer['models']} models.", True)
        self.load()

    def _post(self, path: str, body: dict[str, Any], then: Callable[[Any], None]) -> None:
        self._api.request(
            "POST", path, then, lambda error: self._say(error.message, False),
            body=json.dumps(body).encode(), timeout=LONG_S,
        )  # fmt: skip

    def _say(self, text: str, good: bool) -> None:
        self.notice = (text, good)
        self._changed(())
