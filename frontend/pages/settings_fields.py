"""Which settings stand where on the Settings page, what they are called, and what field suits them.

The values and their limits come from the backend (`GET /api/config`); this module only adds the
order, the names and the units. A setting that is not named here stands under Advanced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

FieldKind = Literal[
    "switch", "choice", "slider", "number", "text", "secret", "engines", "device", "fixed"
]
HIDDEN = frozenset({"first_start"})


@dataclass(frozen=True)
class FieldSpec:
    """One setting as a field.

    Attributes:
        key: Its name in the API.
        label: Its name for people.
        help: One sentence below the label.
        kind: Which field it gets; "fixed" ones are shown, and changed in `.env` only.
        default: What it is without a choice of the user.
        choices: Allowed values, for a choice.
        low: Least value, for a slider.
        high: Greatest value, for a slider.
        unit: Stands behind a number.
        engine_kind: Kind of engine, for an order of engines.
    """

    key: str
    label: str
    help: str
    kind: FieldKind
    default: Any
    choices: tuple[Any, ...] = ()
    low: float = 0.0
    high: float = 1.0
    whole: bool = False
    unit: str = ""
    engine_kind: str = ""

    def matches(self, query: str) -> bool:
        """Whether each word of the query stands in the key, the label or the help."""
        text = f"{self.key} {self.label} {self.help}".casefold()
        return all(word in text for word in query.casefold().split())

    def show(self, value: Any) -> str:
        """A value as text with its unit."""
        if self.kind == "slider" and self.unit == "%":
            return f"{float(value) * 100:.0f} %"
        text = f"{value:g}" if isinstance(value, float) else str(value)
        return f"{text} {self.unit}".strip()


@dataclass(frozen=True)
class Section:
    """A card of fields."""

    key: str
    title: str
    icon: str
    intro: str
    fields: tuple[FieldSpec, ...]


_SECTIONS: tuple[tuple[str, str, str, str, tuple[str, ...]], ...] = (
    (
        "model", "Language model", "chat-square-text",
        "What thinks up the answers. The first one in the list that can run is used; without any, "
        "the built-in persona answers.",
        (
            "llm_engines", "ollama_url", "ollama_model", "openrouter_api_key", "openrouter_model",
            "openai_base_url", "openai_api_key", "openai_model", "llm_temperature",
            "llm_max_tokens", "llm_first_token_timeout", "llm_idle_timeout",
        ),
    ),
    (
        "voice", "Voice and sound", "volume-up",
        "How the character sounds, where it is heard, and what it hears.",
        (
            "tts_engines", "output_device", "output_volume", "speech_language", "piper_model_path",
            "input_device", "echo_cancellation", "noise_suppression", "automatic_gain", "prefetch",
            "filler", "filler_after", "stt_engines", "whisper_model", "whisper_device",
            "whisper_short_window", "wyoming_url", "stt_base_url", "stt_api_key", "stt_model",
            "wyoming_tts_url", "tts_base_url", "tts_api_key", "tts_model", "tts_voice",
            "gpt_sovits_path", "gpt_sovits_python", "gpt_sovits_url", "coqui_model",
            "coqui_reference", "coqui_accept_licence", "voice_idle_minutes", "audio_backend",
        ),
    ),
    (
        "avatar", "Avatar", "person-bounding-box",
        "The moving picture. Fewer and smaller pictures take less of the processor.",
        (
            "avatar_fps", "avatar_size", "clip_engines", "sadtalker_model_path",
            "wav2lip_model_path", "gesture_model_path",
        ),
    ),
    ("look", "Look", "palette", "How this window looks.", ("theme",)),
)  # fmt: skip
_ADVANCED = (
    "log_level", "max_message_chars", "blocked_words", "qwen_model_path", "speech_cache_mb",
)  # fmt: skip

_LABELS = {
    "llm_engines": "Chat models, best first",
    "ollama_url": "Address of Ollama",
    "ollama_model": "Ollama model",
    "openrouter_api_key": "OpenRouter key",
    "openrouter_model": "OpenRouter model",
    "openai_base_url": "Address of an OpenAI-compatible server",
    "openai_api_key": "Key of that server",
    "openai_model": "Model on that server",
    "llm_temperature": "Liveliness",
    "llm_max_tokens": "Longest answer",
    "llm_first_token_timeout": "Wait for the first word",
    "llm_idle_timeout": "Wait between words",
    "tts_engines": "Voices, best first",
    "stt_engines": "Speech to text, best first",
    "clip_engines": "Video engines, best first",
    "output_device": "Loudspeaker",
    "output_volume": "Volume",
    "input_device": "Microphone",
    "echo_cancellation": "Echo cancellation",
    "noise_suppression": "Noise suppression",
    "automatic_gain": "Automatic gain",
    "prefetch": "Prepare answers early",
    "filler": "While an answer is late",
    "filler_after": "Late after",
    "audio_backend": "Sound library",
    "piper_model_path": "Piper voice",
    "whisper_model": "Whisper model",
    "whisper_device": "Whisper runs on",
    "whisper_short_window": "Short windows for Whisper",
    "wyoming_url": "Address of a Wyoming server",
    "stt_base_url": "Address of a transcription server",
    "stt_api_key": "Key of that server",
    "stt_model": "Model on that server",
    "wyoming_tts_url": "Address of a Wyoming voice",
    "tts_base_url": "Address of a speech server",
    "tts_api_key": "Key of the speech server",
    "tts_model": "Model on the speech server",
    "tts_voice": "Voice on the speech server",
    "gpt_sovits_path": "Folder of GPT-SoVITS",
    "gpt_sovits_python": "Python of GPT-SoVITS",
    "gpt_sovits_url": "Address of a GPT-SoVITS server",
    "coqui_model": "Coqui model",
    "coqui_reference": "Recording that Coqui imitates",
    "coqui_accept_licence": "Accept the licence of XTTS",
    "voice_idle_minutes": "Voices end when idle",
    "qwen_model_path": "Qwen model",
    "sadtalker_model_path": "SadTalker folder",
    "wav2lip_model_path": "Wav2Lip folder",
    "avatar_fps": "Pictures a second",
    "avatar_size": "Size of the picture",
    "theme": "Colours",
    "speech_language": "Language",
    "max_message_chars": "Longest message",
    "speech_cache_mb": "Kept sentences",
    "api_host": "Backend address",
    "api_port": "Backend port",
    "api_token": "Access token",
    "database_url": "Database",
}
_UNITS = {
    "llm_max_tokens": "tokens",
    "llm_first_token_timeout": "seconds",
    "llm_idle_timeout": "seconds",
    "output_volume": "%",
    "avatar_fps": "a second",
    "avatar_size": "pixels",
    "filler_after": "seconds",
    "max_message_chars": "characters",
    "speech_cache_mb": "MB",
    "voice_idle_minutes": "minutes",
    "sample_rate": "Hz",
}
_ORDER_HELP = "The first that can run is used; the next ones take over when it fails."
_CHOICE_NAMES = {
    "dark": "Dark", "light": "Light", "auto": "Automatic", "none": "No sound",
    "sounddevice": "sounddevice", "pyaudio": "PyAudio", "off": "Nothing",
    "breathe": "Breathe", "think_aloud": "Think aloud", "nod": "Nod",
}  # fmt: skip


def choice_name(value: Any) -> str:
    """A choice for people."""
    return _CHOICE_NAMES.get(str(value), str(value))


def build_sections(schema: Mapping[str, Any], runtime: Iterable[str]) -> list[Section]:
    """The sections of the page, from the JSON schema of the settings.

    Args:
        schema: JSON schema of an object, one property a setting.
        runtime: Keys that may change while the program runs.
    """
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    changeable = set(runtime)
    specs = {
        key: field_spec(key, prop, changeable=key in changeable)
        for key, prop in properties.items()
        if key not in HIDDEN
    }
    sections = [
        Section(key, title, icon, intro, tuple(specs.pop(name) for name in names if name in specs))
        for key, title, icon, intro, names in _SECTIONS
    ]
    first = tuple(specs.pop(name) for name in _ADVANCED if name in specs)
    rest = sorted(specs.values(), key=lambda spec: spec.kind == "fixed")
    sections.append(
        Section(
            "advanced",
            "Advanced",
            "sliders",
            "For those who know what they need. What is marked so is set in .env and read at "
            "start.",
            (*first, *rest),
        )
    )
    return sections


def field_spec(key: str, prop: Mapping[str, Any], *, changeable: bool = True) -> FieldSpec:
    """The field that suits a property of the schema."""
    kind = _kind(key, prop) if changeable else "fixed"
    low, high = prop.get("minimum"), prop.get("maximum")
    label = _LABELS.get(key, key.replace("_", " ").capitalize())
    description = str(prop.get("description", "")) if kind != "engines" else _ORDER_HELP
    return FieldSpec(
        key=key,
        label=label,
        help="" if _same(label, description) else description,
        kind=kind,
        default=prop.get("default"),
        choices=tuple(prop.get("enum", ())),
        low=float(low) if low is not None else 0.0,
        high=float(high) if high is not None else 1.0,
        whole=prop.get("type") == "integer",
        unit=_UNITS.get(key, ""),
        engine_kind=key.removesuffix("_engines") if kind == "engines" else "",
    )


def _same(label: str, description: str) -> bool:
    """Whether a description says no more than the label."""
    return description.rstrip(".").casefold() == label.casefold()


def _kind(key: str, prop: Mapping[str, Any]) -> FieldKind:
    if prop.get("format") == "password" or prop.get("writeOnly"):
        return "secret"
    if key.endswith("_engines"):
        return "engines"
    if key in ("output_device", "input_device"):
        return "device"
    if prop.get("type") == "boolean":
        return "switch"
    if prop.get("enum"):
        return "choice"
    if prop.get("type") in ("number", "integer"):
        low, high = prop.get("minimum"), prop.get("maximum")
        # A slider serves a short range; a long one needs exact figures.
        return "slider" if low is not None and high is not None and high - low <= 100 else "number"
    return "text"


def parse(spec: FieldSpec, text: str) -> Any:
    """What was typed, as the value that the API takes; the backend judges it.

    Text that is no number stays text, so that the backend's own sentence about it is shown.
    """
    if spec.kind != "number":
        return text
    try:
        return int(text) if spec.whole else float(text.replace(",", "."))
    except ValueError:
        return text
