"""Settings and paths: what the user can change without touching code, and where files lie.

Values come, strongest first, from the process environment, from `data/settings.json` (what was
changed in the window), from `.env`, and from the defaults below. Every key stands with a comment
in `.env.example`. This module imports nothing else of the program.
"""

from __future__ import annotations

import difflib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)
from pydantic_settings import (
    SettingsError as SourceError,
)

ROOT = Path(__file__).resolve().parent
VERSION = "0.1.0"

Filler = Literal["off", "breathe", "think_aloud", "nod"]


class KotodamaError(Exception):
    """Base of the errors that are raised on purpose.

    Attributes:
        code: A short name that programs can test.
        message: One plain sentence for people: what is wrong and what to do.
        retryable: Whether doing the same again may help.
        status: The HTTP status that the API answers with.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    retryable: bool = False

    def __init__(self, message: str, *, retryable: bool | None = None) -> None:
        super().__init__(message)
        self.message = message
        if retryable is not None:
            self.retryable = retryable


class SettingsError(KotodamaError):
    """A setting has a value that is not allowed."""

    code = "settings"
    status = 422


def _runtime(default: Any, description: str, **limits: Any) -> Any:
    """A setting that may change while the program runs."""
    return Field(default, description=description, json_schema_extra={"runtime": True}, **limits)


def _start(default: Any, description: str, **limits: Any) -> Any:
    """A setting that is read at start only."""
    return Field(default, description=description, json_schema_extra={"runtime": False}, **limits)


class Settings(BaseSettings):
    """All settings. Field names are the environment's keys in lower case."""

    model_config = SettingsConfigDict(
        env_file_encoding="utf-8", extra="ignore", frozen=True, validate_default=True
    )

    api_host: str = _start("127.0.0.1", "Address that the backend listens on.")
    api_port: int = _start(
        8765, "Port of the backend; a free one is used if taken.", ge=0, le=65535
    )
    api_token: SecretStr = _start(SecretStr(""), "Fixed access token; blank makes one a run.")
    allowed_hosts: str = _start("", "Further host names the backend answers to, comma separated.")
    allowed_origins: str = _start("", "Further web origins that may connect, comma separated.")
    debug: bool = _start(False, "Detailed errors and logs.")

    data_dir: Path = _start(ROOT / "data", "Folder of the database and the user's files.")
    models_dir: Path = _start(ROOT / "models", "Folder of downloaded models.")
    database_url: str = _start("", "SQLAlchemy URL; blank is data/kotodama.db.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = _runtime(
        "INFO", "Least level logged."
    )
    log_file: Path = _start(ROOT / "logs" / "kotodama.log", "Log file, rotated at 5 MB.")

    speech_language: str = _runtime(
        "en",
        "Language spoken and understood (BCP 47); auto: detected once for each character.",
        pattern=r"^[A-Za-z-]{2,12}$",
    )
    sample_rate: Literal[16000] = _start(16000, "Sample rate of the microphone path, Hz.")
    channels: Literal[1] = _start(1, "Channels of the microphone path.")
    input_device: str = _runtime("", "Microphone by name; blank is the system's choice.")
    output_device: str = _runtime("", "Loudspeaker by name; blank is the system's choice.")
    audio_backend: Literal["auto", "sounddevice", "pyaudio", "none"] = _runtime(
        "auto", "Library that plays sound."
    )
    output_volume: float = _runtime(1.0, "Loudness of the voice in the window.", ge=0.0, le=1.0)

    stt_engines: str = _runtime(
        "wyoming,openai_api,faster_whisper,openai_whisper,pocketsphinx",
        "Speech to text engines, best first.",
    )
    llm_engines: str = _runtime("openai_compatible,ollama,persona", "Chat models, best first.")
    tts_engines: str = _runtime(
        "wyoming,openai_api,gpt_sovits,coqui,piper,espeak", "Voices, best first."
    )
    clip_engines: str = _runtime("puppet", "Video engines, best first.")

    engine_options: dict[str, dict[str, Any]] = _runtime(
        {}, 'Further options by engine, as JSON: {"espeak": {"rate": 180}}.'
    )

    openrouter_api_key: SecretStr = _runtime(SecretStr(""), "Key of OpenRouter.")
    openrouter_model: str = _runtime("openrouter/auto", "Model asked for at OpenRouter.")
    openai_base_url: str = _runtime(
        "", "Any OpenAI-compatible server, for example http://127.0.0.1:1234/v1."
    )
    openai_api_key: SecretStr = _runtime(SecretStr(""), "Key of that server, if it wants one.")
    openai_model: str = _runtime("", "Model asked for there; blank is its first one.")
    ollama_url: str = _runtime("http://127.0.0.1:11434", "Address of Ollama.")
    ollama_model: str = _runtime("", "Model asked for; blank is the first one installed.")
    llm_first_token_timeout: float = _runtime(
        30.0, "Seconds to wait for the first word.", gt=0, le=600
    )
    llm_idle_timeout: float = _runtime(15.0, "Seconds to wait between words.", gt=0, le=600)
    llm_max_tokens: int = _runtime(400, "Longest answer, in tokens.", ge=16, le=8192)
    llm_temperature: float = _runtime(0.8, "Liveliness of the answers.", ge=0.0, le=2.0)

    echo_cancellation: bool = _runtime(True, "Take the character's voice out of the microphone.")
    noise_suppression: bool = _runtime(True, "Suppress steady noise of a microphone that has some.")
    automatic_gain: bool = _runtime(False, "Bring a quiet microphone up.")
    prefetch: bool = _runtime(
        True, "Prepare the answer while you pause, so that it comes sooner; asks the model oftener."
    )

    filler: Filler = _runtime(
        "off", "What the character does while the first word of an answer is late."
    )
    filler_after: float = _runtime(
        1.2, "Seconds after which the first word is late.", ge=0.3, le=30.0
    )

    whisper_model: str = _runtime("base", "Whisper model name or path.", min_length=1)
    whisper_device: Literal["auto", "cpu", "cuda"] = _runtime("auto", "What Whisper runs on.")
    whisper_short_window: bool = _runtime(
        True, "Whether Whisper encodes less than 30 s of sound where that suffices."
    )
    wyoming_url: str = _runtime(
        "", "A Wyoming speech server, for example tcp://192.168.1.20:10300."
    )
    stt_base_url: str = _runtime(
        "", "A server with /v1/audio/transcriptions, for example http://127.0.0.1:8000/v1."
    )
    stt_api_key: SecretStr = _runtime(SecretStr(""), "Key of that server, if it wants one.")
    stt_model: str = _runtime("whisper-1", "Model asked for there.", min_length=1)
    wyoming_tts_url: str = _runtime(
        "", "A Wyoming server with a voice, for example tcp://192.168.1.20:10200."
    )
    tts_base_url: str = _runtime(
        "", "A server with /v1/audio/speech, for example http://127.0.0.1:8880/v1."
    )
    tts_api_key: SecretStr = _runtime(SecretStr(""), "Key of that server, if it wants one.")
    tts_model: str = _runtime("tts-1", "Model asked for there.", min_length=1)
    tts_voice: str = _runtime("alloy", "Voice asked for there.", min_length=1)
    speech_cache_mb: int = _runtime(
        200, "Most disk for spoken sentences that are kept, MB; 0 keeps none.", ge=0, le=100_000
    )
    gpt_sovits_path: str = _runtime("", "Folder of GPT-SoVITS, which is started when it is needed.")
    gpt_sovits_python: str = _runtime(
        "", "The Python of GPT-SoVITS; blank: looked for in its folder."
    )
    gpt_sovits_url: str = _runtime(
        "", "A GPT-SoVITS server (api_v2.py) that runs already, for example http://127.0.0.1:9880."
    )
    coqui_model: str = _runtime(
        "", "A model of Coqui, such as tts_models/en/ljspeech/vits; blank uses XTTS if it is there."
    )
    coqui_reference: str = _runtime("", "A recording that Coqui's XTTS imitates, 3 s or longer.")
    coqui_accept_licence: bool = _runtime(
        False, "Whether you accept the licence of XTTS: not for commercial use (coqui.ai/cpml)."
    )
    voice_idle_minutes: int = _runtime(
        10,
        "Minutes without speech after which GPT-SoVITS or Coqui is ended; 0: never.",
        ge=0,
        le=1440,
    )
    piper_model_path: str = _runtime("", "A Piper voice: its .onnx, a folder of voices, or a name.")
    qwen_model_path: str = _runtime("", "A Qwen model.")
    sadtalker_model_path: str = _runtime("", "Folder of SadTalker.")
    wav2lip_model_path: str = _runtime("", "Folder of Wav2Lip.")
    gesture_model_path: str = _runtime("", "A gesture model.")

    avatar_fps: int = _runtime(30, "Avatar pictures a second.", ge=5, le=60)
    avatar_size: Literal[256, 384, 512, 720, 1024] = _runtime(
        512, "Edge of the live avatar, pixels."
    )
    theme: Literal["dark", "light"] = _runtime("dark", "Colours of the window.")
    max_message_chars: int = _runtime(4000, "Longest message accepted.", ge=1, le=50_000)
    blocked_words: str = _runtime("", "Words that are never spoken, comma separated.")
    first_start: bool = _runtime(True, "Whether the welcome page shows at start.")

    @field_validator("data_dir", "models_dir", "log_file", mode="after")
    @classmethod
    def _beside_the_program(cls, value: Path) -> Path:
        """A relative path starts at the program's folder, wherever it is started from."""
        return value if value.is_absolute() else ROOT / value

    @field_validator("sample_rate", "channels", "avatar_size", mode="before")
    @classmethod
    def _number_from_text(cls, value: object) -> object:
        # The environment gives text, and a choice of numbers takes numbers alone.
        return int(value) if isinstance(value, str) and value.strip().isdecimal() else value

    @field_validator("database_url", mode="after")
    @classmethod
    def _only_sqlite(cls, value: str) -> str:
        if value and not value.startswith("sqlite:///"):
            raise ValueError("blank or sqlite:///PATH; other databases are not supported")
        return value

    @property
    def database_path(self) -> Path:
        """Where the SQLite file lies."""
        if not self.database_url:
            return self.data_dir / "kotodama.db"
        path = Path(self.database_url.removeprefix("sqlite:///"))
        return path if path.is_absolute() else ROOT / path

    @property
    def settings_path(self) -> Path:
        """Where settings that were changed in the window are kept."""
        return self.data_dir / "settings.json"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The order of the sources, strongest first."""
        return env_settings, init_settings, dotenv_settings


class _StoredSettings(Settings):
    """Settings from given values alone, so that no value of the environment hides a wrong one."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is given, and nothing else."""
        return (init_settings,)


def load_settings(env_file: Path | None = None, **stored: Any) -> Settings:
    """Read the settings from all their sources.

    Args:
        env_file: The `.env` to read; the one beside this file by default.
        stored: Values that stand in for those of `data/settings.json`.

    Raises:
        SettingsError: A value is wrong; the message names the key and what is allowed.
    """
    env_file = env_file or Path(os.environ.get("KOTODAMA_ENV_FILE", ROOT / ".env"))
    _check_env_file(env_file)
    try:
        base = Settings(_env_file=env_file)
        saved = {**read_stored(base.settings_path), **stored}
        return Settings(_env_file=env_file, **saved) if saved else base
    except ValidationError as error:
        raise SettingsError(explain(error)) from error
    except SourceError as error:
        key = str(error).split('"')[1].upper()
        raise SettingsError(f"{key} is not valid JSON.") from error


def _check_env_file(path: Path) -> None:
    """See that a `.env`, where there is one, is a text file.

    Raises:
        SettingsError: It is not.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return
    except UnicodeDecodeError:
        text = "\0"
    except OSError as error:
        raise SettingsError(f"{path.name} cannot be read ({error.strerror}).") from error
    if "\0" in text:
        raise SettingsError(f"{path.name} is not a text file in UTF-8; save it as such.")


def explain(error: ValidationError) -> str:
    """One sentence that names the key of the first problem and what is allowed."""
    first = error.errors(include_url=False)[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if name not in Settings.model_fields:
        return f"{name.upper() or 'The settings'}: {first['msg']}."
    wanted = allowed(name)
    if first["type"] == "value_error" or not wanted:
        wanted = str(first["msg"]).removeprefix("Value error, ")
    key = name.upper()
    if key.endswith(("KEY", "TOKEN")):
        return f"{key} must be {wanted}."
    return f"{key} is {str(first.get('input'))[:60]!r}, but it must be {wanted}."


def allowed(name: str) -> str:
    """What a setting may be, in words; empty where there is no short way to say it."""
    schema = Settings.model_json_schema()["properties"][name]
    if "enum" in schema or "const" in schema:
        values = [str(value) for value in schema.get("enum", [schema.get("const")])]
        return " or ".join(filter(None, [", ".join(values[:-1]), values[-1]]))
    kind = {
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
        "object": "JSON in braces",
    }.get(schema.get("type", ""), "")
    if "pattern" in schema:
        kind = f"like {schema.get('default')!r}"
    high = schema.get("maximum")
    if "minimum" in schema and high is not None:
        return f"{kind} from {schema['minimum']:g} to {high:g}"
    if "exclusiveMinimum" in schema and high is not None:
        return f"{kind} above {schema['exclusiveMinimum']:g}, up to {high:g}"
    return kind


def read_stored(path: Path) -> dict[str, Any]:
    """What `data/settings.json` holds; nothing when it is absent.

    Raises:
        SettingsError: The file is not readable as settings.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"{path.name} in the data folder is damaged; delete it to start with defaults."
        ) from error
    if not isinstance(values, dict):
        raise SettingsError(f"{path.name} in the data folder is not a set of settings; delete it.")
    return {key: value for key, value in values.items() if key in Settings.model_fields}


def runtime_keys() -> tuple[str, ...]:
    """The settings that may change while the program runs."""
    return tuple(
        name
        for name, info in Settings.model_fields.items()
        if isinstance(info.json_schema_extra, dict) and info.json_schema_extra.get("runtime")
    )


def change_settings(current: Settings, changes: Mapping[str, Any]) -> Settings:
    """Check, store and return changed settings; None as a value resets a key.

    Raises:
        SettingsError: A key is unknown, may not change at run time, or has a wrong value.
    """
    allowed = runtime_keys()
    for key in changes:
        if key not in Settings.model_fields:
            close = difflib.get_close_matches(key, allowed, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            raise SettingsError(f"There is no setting {key!r}.{hint}")
        if key not in allowed:
            raise SettingsError(f"{key.upper()} is read at start only; set it in .env and restart.")
    stored = read_stored(current.settings_path)
    for key, value in changes.items():
        if value is None:
            stored.pop(key, None)
        else:
            stored[key] = value
    try:
        _StoredSettings(**stored)
    except ValidationError as error:
        raise SettingsError(explain(error)) from error
    write_atomically(current.settings_path, json.dumps(stored, indent=1).encode(), private=True)
    return load_settings()


def write_atomically(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file so that it is whole or absent: temp file, fsync, rename.

    Raises:
        SettingsError: The folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            if not private:
                Path(name).chmod(0o644)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise SettingsError(f"{path.parent} cannot be written ({error.strerror}).") from error


def make_folder(folder: Path) -> None:
    """Make a folder where there is none, and see that it can be written.

    Raises:
        OSError: It cannot.
    """
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".write-test-{os.getpid()}"
    probe.write_bytes(b"")
    probe.unlink()


def names(value: str) -> list[str]:
    """A comma-separated setting as a list."""
    return [part.strip() for part in value.split(",") if part.strip()]
