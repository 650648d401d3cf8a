"""Models as the page shows them: words, numbers and what can be done, from what the backend says.

No window here: the row's widget is in `models_row`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

KINDS = (("tts", "Voices"), ("stt", "Hearing"), ("llm", "Chat models"), ("clip", "Video"))
ACTIONS = {
    "install": ("Install", "download"),
    "resume": ("Go on", "play-fill"),
    "mend": ("Download again", "arrow-clockwise"),
    "pause": ("Pause", "pause-fill"),
    "cancel": ("Discard", "x-lg"),
    "verify": ("Check", "shield-check"),
    "remove": ("Remove", "trash"),
    "copy": ("Copy", "clipboard"),
    "look": ("Look again", "arrow-repeat"),
}
"""What can be done with a model: the button's word and its icon."""
_BY_STATE: dict[str, tuple[str, ...]] = {
    "absent": ("install",),
    "waiting": ("pause", "cancel"),
    "downloading": ("pause", "cancel"),
    "checking": (),
    "partial": ("resume", "cancel"),
    "failed": ("resume", "cancel"),
    "installed": ("verify", "remove"),
    "damaged": ("mend", "remove"),
}
_NO_SAMPLE = {
    False: "Its makers publish no sample. Once it is installed, it can be heard here.",
    True: "It is heard in the voice dialog of the chat page, once its engine runs.",
}
_UNKNOWN_PACE = "On this machine: not known before it has run"
_COLOURS = {"good": "success", "fair": "warning", "bad": "danger"}
_WORDS = {
    "absent": ("", "muted"),
    "waiting": ("Waiting for its turn", "muted"),
    "downloading": ("Downloading", "info"),
    "checking": ("Checking…", "info"),
    "partial": ("Paused", "warning"),
    "failed": ("Not downloaded", "danger"),
    "installed": ("Installed", "success"),
    "damaged": ("Damaged", "danger"),
}


@dataclass(frozen=True)
class ModelRow:
    """One model.

    Attributes:
        facts: Language, quality and what it is needed for.
        licence: Its licence, and whether money may be made with it.
        state_text: How it stands, in a word; `colour` is of the palette.
        progress: 0 to 1; None where no bar is shown.
        progress_text: Speed and time left.
        problem: What is wrong with it.
        hint: How to get it by hand, or what else it needs.
        actions: Keys of `ACTIONS`.
        pace: How fast it is on the backend's machine; empty where that is no question.
        pace_colour: Of the palette.
        listen: Whether it can be listened to; None where there is nothing to hear of its kind.
        listen_hint: What listening does, or why it cannot be done.
        accept: The licence that has to be accepted before it is installed.
    """

    id: str
    name: str
    facts: str
    licence: str
    size: str
    state: str
    state_text: str
    colour: str
    progress: float | None
    progress_text: str
    problem: str
    hint: str
    actions: tuple[str, ...]
    pace: str = ""
    pace_colour: str = "muted"
    listen: bool | None = None
    listen_hint: str = ""
    accept: str = ""


def describe(model: Mapping[str, Any]) -> ModelRow:
    """A model of `GET /api/models` as a row."""
    state, total = str(model["state"]), int(model["bytes"])
    text, colour = _WORDS.get(state, (state, "muted"))
    if state == "installed" and model["checked"]:
        text = "Installed and checked"
    shown = state in ("downloading", "partial", "failed", "waiting") and model["done"]
    licence = str(model["licence"]) + ("" if model["commercial"] else " — not for making money")
    return ModelRow(
        id=str(model["id"]),
        name=str(model["name"]),
        facts=" · ".join(filter(None, (language(model), str(model["quality"]), _speakers(model)))),
        licence=licence,
        size=size(total) if total else "",
        state=state,
        state_text=text,
        colour=colour,
        progress=model["done"] / total if shown and total else None,
        progress_text=_progress_text(model) if shown else "",
        problem=str(model["message"]),
        hint=str(model["by_hand"] or (model["needs"] and f"Needs: {model['needs']}")),
        actions=_actions(model),
        pace=_pace_text(model),
        pace_colour=_COLOURS.get((model["pace"] or {}).get("verdict", ""), "muted"),
        listen=bool(model["sample"]) if model["kind"] == "tts" else None,
        listen_hint=_listen_hint(model),
        accept=str(model["accept"]) if state == "absent" else "",
    )


def _actions(model: Mapping[str, Any]) -> tuple[str, ...]:
    state, by_ollama = str(model["state"]), model["engine"] == "ollama"
    if by_ollama and not model["fetched"]:
        return ("look", "copy")
    if not model["fetched"]:
        by_hand = {"absent": ("copy",), "damaged": ("verify", "remove")}
        return by_hand.get(state, _BY_STATE.get(state, ()))
    if by_ollama and state == "installed":
        return ("remove",)
    return _BY_STATE.get(state, ())


def _pace_text(model: Mapping[str, Any]) -> str:
    pace = model["pace"]
    if pace is None:
        return _UNKNOWN_PACE if model["kind"] in ("tts", "stt") else ""
    how = "measured" if pace["measured"] else "estimated"
    return f"On this machine: {pace['words']} ({how})"


def _listen_hint(model: Mapping[str, Any]) -> str:
    if model["sample"] == "spoken":
        return "The voice itself says a sentence in its language."
    if model["sample"] == "recording":
        return "A short recording by its makers is fetched from the network."
    return _NO_SAMPLE[model["state"] == "installed"]


def language(model: Mapping[str, Any]) -> str:
    """A model's language for people."""
    named = str(model["language_name"] or model["language"])
    return {"multi": "many languages", "en": "English"}.get(named, named)


def family(model: Mapping[str, Any]) -> str:
    """The language without its country: "en" of "en_GB"; empty where it has none or many."""
    code = str(model["language"]).split("_")[0].lower()
    return "" if code == "multi" else code


def fits(model: Mapping[str, Any], query: str) -> bool:
    """Whether all words of a query stand in what is known of a model."""
    known = " ".join(
        str(model[key]) for key in ("id", "name", "language", "language_name", "quality", "licence")
    ).casefold()
    return all(word in known for word in query.casefold().split())


def size(count: float) -> str:
    """Bytes for people."""
    for unit, step in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= step:
            return f"{count / step:.1f} {unit}"
    return f"{count:.0f} B"


def duration(seconds: float) -> str:
    """Seconds for people."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _speakers(model: Mapping[str, Any]) -> str:
    return f"{model['speakers']} speakers" if model["speakers"] > 1 else ""


def _progress_text(model: Mapping[str, Any]) -> str:
    parts = [f"{size(model['done'])} of {size(model['bytes'])}"]
    if model["state"] == "downloading" and model["speed"]:
        parts.append(f"{size(model['speed'])}/s")
        if model["seconds_left"] is not None:
            parts.append(f"{duration(model['seconds_left'])} left")
    return " · ".join(parts)
