"""Settings: where values come from, what is said about wrong ones, and how changes are stored."""

from __future__ import annotations

import json
import stat
import threading
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

import config
from config import (
    ROOT,
    Settings,
    SettingsError,
    change_settings,
    load_settings,
    names,
    runtime_keys,
    write_atomically,
)
from tests.support.settings import clear_environment, make_settings, own_environment, write_env

WRONG_VALUES = [
    ("API_PORT", "abc", "a whole number from 0 to 65535"),
    ("API_PORT", "70000", "65535"),
    ("API_PORT", "-1", "from 0 to 65535"),
    ("DEBUG", "maybe", "true or false"),
    ("DATABASE_URL", "postgresql://x", "sqlite:///PATH"),
    ("LOG_LEVEL", "LOUD", "DEBUG, INFO, WARNING or ERROR"),
    ("SAMPLE_RATE", "44100", "16000"),
    ("CHANNELS", "2", "1"),
    ("AUDIO_BACKEND", "jack", "auto, sounddevice, pyaudio or none"),
    ("OUTPUT_VOLUME", "1.5", "a number from 0 to 1"),
    ("ENGINE_OPTIONS", "{", "JSON"),
    ("ENGINE_OPTIONS", "[1]", "JSON in braces"),
    ("LLM_IDLE_TIMEOUT", "0", "a number above 0, up to 600"),
    ("LLM_MAX_TOKENS", "1", "a whole number from 16 to 8192"),
    ("LLM_TEMPERATURE", "hot", "number"),
    ("AVATAR_FPS", "600", "60"),
    ("AVATAR_SIZE", "500", "512"),
    ("THEME", "pink", "dark or light"),
    ("MAX_MESSAGE_CHARS", "0", "1"),
    ("FIRST_START", "", "true or false"),
]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    return make_settings(tmp_path, monkeypatch)


def one_sentence(message: str) -> bool:
    return "\n" not in message and message.endswith((".", "?")) and len(message) < 300


def test_defaults_need_no_file(settings: Settings, tmp_path: Path) -> None:
    assert settings.api_host == "127.0.0.1"
    assert settings.api_port == 8765
    assert settings.database_path == tmp_path / "data" / "kotodama.db"


def test_the_plans_keys_keep_their_names() -> None:
    planned = """API_HOST API_PORT DEBUG DATABASE_URL WHISPER_MODEL PIPER_MODEL_PATH SAMPLE_RATE
        CHANNELS LOG_LEVEL LOG_FILE OPENROUTER_API_KEY OPENROUTER_MODEL SADTALKER_MODEL_PATH
        WAV2LIP_MODEL_PATH GESTURE_MODEL_PATH QWEN_MODEL_PATH"""
    assert {key.lower() for key in planned.split()} <= set(Settings.model_fields)


@pytest.mark.parametrize(("key", "value", "allowed"), WRONG_VALUES)
def test_a_wrong_value_in_the_environment_is_named_with_what_is_allowed(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, key: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(key, value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.message.startswith(key)
    assert allowed in caught.value.message
    assert one_sentence(caught.value.message)


@pytest.mark.parametrize(("key", "value", "allowed"), WRONG_VALUES)
def test_a_wrong_value_in_the_env_file_is_named_too(
    settings: Settings, tmp_path: Path, key: str, value: str, allowed: str
) -> None:
    write_env(tmp_path / ".env", **{key: value})
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert caught.value.message.startswith(key)
    assert allowed in caught.value.message


def test_no_secret_stands_in_an_error(settings: Settings) -> None:
    with pytest.raises(SettingsError) as caught:
        change_settings(settings, {"openai_api_key": ["sk-secret-secret"]})
    assert "OPENAI_API_KEY" in caught.value.message
    assert "sk-secret" not in caught.value.message


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
        "THEME=light\n".encode("utf-16"),
        "OPENAI_MODEL=caf\xe9\n".encode("latin-1"),
        b"THEME=light\n\x00\x00\x00",
    ],
    ids=["picture", "utf-16", "latin-1", "zeros"],
)
def test_an_env_file_that_is_no_text_is_told(
    settings: Settings, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(SettingsError, match=r"^\.env is not a text file in UTF-8") as caught:
        load_settings()
    assert one_sentence(caught.value.message)


def test_an_env_file_that_is_a_folder_is_told(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / ".env").unlink()
    (tmp_path / ".env").mkdir()
    with pytest.raises(SettingsError, match=r"\.env") as caught:
        load_settings()
    assert one_sentence(caught.value.message)


def test_a_choice_of_numbers_can_be_given_as_text(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AVATAR_SIZE", "256")
    monkeypatch.setenv("SAMPLE_RATE", " 16000 ")
    loaded = load_settings()
    assert (loaded.avatar_size, loaded.sample_rate) == (256, 16_000)


def test_a_missing_env_file_is_fine(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / ".env").unlink()
    assert load_settings() == settings


def test_comments_quotes_and_unknown_keys_of_an_env_file(
    settings: Settings, tmp_path: Path
) -> None:
    text = (
        '# a comment\nTHEME="light"  # trailing\n\nPATH_OF_SOMETHING_ELSE=1\nexport AVATAR_FPS=24\n'
    )
    (tmp_path / ".env").write_text(text, encoding="utf-8")
    loaded = load_settings()
    assert (loaded.theme, loaded.avatar_fps) == ("light", 24)


def test_the_environment_stands_above_stored_above_env_file_above_default(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert load_settings().openai_model == ""
    write_env(tmp_path / ".env", openai_model="from-env-file", avatar_fps=20)
    assert load_settings().openai_model == "from-env-file"
    change_settings(settings, {"openai_model": "stored"})
    assert load_settings().openai_model == "stored"
    monkeypatch.setenv("OPENAI_MODEL", "from-process")
    loaded = load_settings()
    assert loaded.openai_model == "from-process"
    assert loaded.avatar_fps == 20


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b'"x"', b"null", b"\x00" * 99])
def test_a_damaged_settings_file_is_told_and_left_as_it_is(
    settings: Settings, content: bytes
) -> None:
    settings.settings_path.parent.mkdir(parents=True)
    settings.settings_path.write_bytes(content)
    for attempt in (load_settings, lambda: change_settings(settings, {"theme": "light"})):
        with pytest.raises(SettingsError, match=r"settings\.json") as caught:
            attempt()
        assert one_sentence(caught.value.message)
    assert settings.settings_path.read_bytes() == content


def test_a_wrong_stored_value_is_named(settings: Settings) -> None:
    settings.settings_path.parent.mkdir(parents=True)
    settings.settings_path.write_text('{"theme": "pink", "no_longer_known": 1}')
    with pytest.raises(SettingsError, match="THEME is 'pink'"):
        load_settings()


def test_changes_are_stored_and_null_resets(settings: Settings) -> None:
    changed = change_settings(settings, {"theme": "light", "avatar_fps": 24})
    assert (changed.theme, changed.avatar_fps) == ("light", 24)
    assert load_settings() == changed
    reset = change_settings(changed, {"theme": None})
    assert (reset.theme, reset.avatar_fps) == ("dark", 24)
    assert json.loads(settings.settings_path.read_text()) == {"avatar_fps": 24}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"theme": "light", "avatar_fps": 1000}, "AVATAR_FPS"),
        ({"theme": "light", "thme": "dark"}, "Did you mean theme"),
        ({"theme": "light", "no such thing": 1}, "no such thing"),
        ({"theme": "light", "api_port": 1}, "read at start only"),
        ({"theme": ["light"]}, "THEME"),
        ({"engine_options": {"espeak": 3}}, "ENGINE_OPTIONS"),
    ],
)
def test_one_wrong_change_changes_nothing(
    settings: Settings, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(SettingsError, match=said) as caught:
        change_settings(settings, changes)
    assert one_sentence(caught.value.message)
    assert not settings.settings_path.exists()
    assert load_settings() == settings


def test_a_wrong_change_is_refused_even_if_the_environment_hides_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THEME", "dark")
    with pytest.raises(SettingsError, match="THEME"):
        change_settings(settings, {"theme": "pink"})
    monkeypatch.delenv("THEME")
    assert load_settings().theme == "dark"


def test_stored_settings_hold_keys_and_are_the_users_alone(settings: Settings) -> None:
    changed = change_settings(settings, {"openai_api_key": "sk-secret-secret"})
    assert isinstance(changed.openai_api_key, SecretStr)
    assert changed.openai_api_key.get_secret_value() == "sk-secret-secret"
    assert "sk-secret" not in repr(changed)
    assert stat.S_IMODE(settings.settings_path.stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("a file stands where a folder should be")
    make_settings(tmp_path, monkeypatch)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "file" / "data"))
    settings = load_settings()
    with pytest.raises(SettingsError, match="cannot be written") as caught:
        change_settings(settings, {"theme": "light"})
    assert one_sentence(caught.value.message)


def test_a_file_is_whole_or_absent_when_writing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.json"
    write_atomically(path, b"old")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(config.os, "fsync", full)
    with pytest.raises(SettingsError, match="No space left on device"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert [one.name for one in tmp_path.iterdir()] == ["file.json"]


def test_readers_never_see_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "file.bin"
    bodies = [bytes([letter]) * 200_000 for letter in (65, 66)]
    write_atomically(path, bodies[0])
    done = threading.Event()

    def write() -> None:
        for number in range(30):
            write_atomically(path, bodies[number % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert path.read_bytes() in bodies
    writer.join()


def test_runtime_keys_do_not_hold_what_is_read_at_start() -> None:
    runtime = set(runtime_keys())
    assert "theme" in runtime
    assert not runtime & {"api_host", "api_port", "api_token", "data_dir", "database_url"}


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:////tmp/x.db", Path("/tmp/x.db")),
        ("sqlite:///data/other.db", ROOT / "data" / "other.db"),
    ],
)
def test_where_the_database_lies(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, url: str, path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert load_settings().database_path == path


def test_lists_in_settings() -> None:
    assert names(" a, b ,,c ") == ["a", "b", "c"]
    assert names("") == []


def test_settings_of_a_test_touch_no_real_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clear_environment(monkeypatch)
    settings = make_settings(tmp_path, monkeypatch, theme="light")
    assert settings.theme == "light"
    for value in own_environment(tmp_path).values():
        assert Path(value).is_relative_to(tmp_path)
