"""The Settings page's fields and state, without a display."""

from __future__ import annotations

from typing import Any

import pytest

from config import Settings, runtime_keys
from frontend.api import ApiError
from frontend.pages.settings_fields import FieldSpec, build_sections, field_spec, parse
from frontend.pages.settings_presenter import SAVE_MS, SAVED_MS, SettingsPresenter, describe_models
from tests.support.page_context import ENGINES, ManualClock, ScriptedApi, config_answer


class Backend(ScriptedApi):
    """Keeps what was posted, and refuses one value as the backend does."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, Any] = {}
        self.answers["/api/config"] = self.config

    def config(self, body: dict[str, Any] | None) -> Any:
        if body and body.get("speech_language") == "??":
            return ApiError("SPEECH_LANGUAGE is '??', but it should be like en-US.", "settings")
        for key, value in (body or {}).items():
            if value is None:
                self.values.pop(key, None)
            else:
                self.values[key] = "set" if key.endswith("_key") and value else value
        return config_answer(**self.values)


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def presenter(backend: Backend, clock: ManualClock) -> SettingsPresenter:
    made = SettingsPresenter(backend, clock)  # type: ignore[arg-type]
    made.load()
    return made


def specs() -> dict[str, FieldSpec]:
    sections = build_sections(Settings.model_json_schema(), runtime_keys())
    return {spec.key: spec for section in sections for spec in section.fields}


def test_every_setting_has_one_place_and_hidden_ones_none() -> None:
    sections = build_sections(Settings.model_json_schema(), runtime_keys())
    keys = [spec.key for section in sections for spec in section.fields]
    assert len(keys) == len(set(keys))
    assert set(keys) == set(Settings.model_fields) - {"first_start"}
    assert [section.title for section in sections] == [
        "Language model", "Voice and sound", "Avatar", "Look", "Advanced",
    ]  # fmt: skip


def test_fields_suit_their_values() -> None:
    kinds = {key: spec.kind for key, spec in specs().items()}
    assert kinds["theme"] == "choice"
    assert kinds["output_volume"] == "slider"
    assert kinds["llm_max_tokens"] == "number"
    assert kinds["openrouter_api_key"] == "secret"
    assert kinds["llm_engines"] == "engines"
    assert kinds["output_device"] == "device"
    assert kinds["blocked_words"] == "text"
    assert kinds["api_port"] == kinds["debug"] == "fixed"
    assert field_spec("loud", {"type": "boolean", "default": False}).kind == "switch"


def test_a_setting_that_the_page_does_not_know_stands_under_advanced() -> None:
    schema = {"properties": {"new_thing": {"type": "string", "description": "What it is."}}}
    section = build_sections(schema, ["new_thing"])[-1]
    assert [(spec.label, spec.kind) for spec in section.fields] == [("New thing", "text")]


def test_values_are_shown_with_units() -> None:
    fields = specs()
    assert fields["output_volume"].show(0.8) == "80 %"
    assert fields["llm_idle_timeout"].show(15.0) == "15 seconds"


def test_numbers_are_parsed_and_nonsense_is_left_to_the_backend() -> None:
    fields = specs()
    assert parse(fields["llm_max_tokens"], "200") == 200
    assert parse(fields["llm_idle_timeout"], "2,5") == 2.5
    assert parse(fields["llm_max_tokens"], "many") == "many"
    assert parse(fields["blocked_words"], "12") == "12"


def test_typing_is_saved_once_when_it_rests(
    presenter: SettingsPresenter, backend: Backend, clock: ManualClock
) -> None:
    for text in ("l", "ll", "llama3"):
        presenter.edit("ollama_model", text)
        clock.forward(SAVE_MS // 2)
    assert backend.posted("/api/config") == []
    clock.forward(SAVE_MS)
    assert backend.posted("/api/config") == [{"ollama_model": "llama3"}]
    assert presenter.states["ollama_model"].mark == "saved"
    clock.forward(SAVED_MS)
    assert presenter.states["ollama_model"].mark == ""


def test_a_choice_is_saved_at_once_and_an_unchanged_value_not_at_all(
    presenter: SettingsPresenter, backend: Backend
) -> None:
    presenter.edit("theme", "light", now=True)
    presenter.edit("theme", "light", now=True)
    assert backend.posted("/api/config") == [{"theme": "light"}]


def test_an_edit_that_is_taken_back_is_not_sent(
    presenter: SettingsPresenter, backend: Backend, clock: ManualClock
) -> None:
    presenter.edit("ollama_model", "x")
    presenter.edit("ollama_model", "")
    clock.forward(SAVE_MS)
    assert backend.posted("/api/config") == []


def test_the_objection_stands_at_its_field_until_a_good_value_comes(
    presenter: SettingsPresenter,
) -> None:
    presenter.edit("speech_language", "??", now=True)
    state = presenter.states["speech_language"]
    assert state.error == "SPEECH_LANGUAGE is '??', but it should be like en-US."
    assert state.value == "??" and state.mark == ""
    presenter.edit("theme", "light", now=True)
    presenter.follow()
    assert state.error and state.value == "??"
    presenter.edit("speech_language", "en", now=True)
    assert (state.error, state.value) == ("", "en")


def test_a_refused_value_is_dropped_when_the_page_is_shown_again(
    presenter: SettingsPresenter,
) -> None:
    presenter.edit("speech_language", "??", now=True)
    presenter.load()
    state = presenter.states["speech_language"]
    assert (state.error, state.value) == ("", "en")


def test_other_answers_do_not_touch_a_field_that_is_being_typed_in(
    presenter: SettingsPresenter, clock: ManualClock
) -> None:
    told: list[Any] = []
    presenter.on_change(told.append)
    presenter.edit("ollama_model", "lla")
    presenter.edit("theme", "light", now=True)
    assert all("ollama_model" not in (keys or ()) for keys in told)
    clock.forward(SAVE_MS)
    assert presenter.states["ollama_model"].value == "lla"


def test_leaving_the_page_sends_what_waits(presenter: SettingsPresenter, backend: Backend) -> None:
    presenter.edit("ollama_model", "llama3")
    presenter.flush()
    assert backend.posted("/api/config") == [{"ollama_model": "llama3"}]


def test_reset_of_one_setting(presenter: SettingsPresenter, backend: Backend) -> None:
    presenter.edit("theme", "light", now=True)
    assert not presenter.is_default("theme")
    presenter.reset("theme")
    assert backend.posted("/api/config")[-1] == {"theme": None}
    assert presenter.is_default("theme") and presenter.states["theme"].value == "dark"


def test_reset_all_keeps_keys(presenter: SettingsPresenter, backend: Backend) -> None:
    presenter.edit("theme", "light", now=True)
    presenter.edit("openrouter_api_key", "sk-secret-1234", now=True)
    presenter.edit("ollama_model", "llama3", now=True)
    heard: list[tuple[str, bool]] = []
    presenter.reset_all(lambda text, good: heard.append((text, good)))
    assert backend.posted("/api/config")[-1] == {"theme": None, "ollama_model": None}
    assert heard == [("All settings are back to their defaults; keys stay.", True)]
    assert backend.values == {"openrouter_api_key": "set"}


def test_a_secret_is_never_kept(presenter: SettingsPresenter) -> None:
    presenter.edit("openrouter_api_key", "sk-secret-1234", now=True)
    assert presenter.states["openrouter_api_key"].value == "set"
    assert "sk-secret-1234" not in repr(presenter.states)
    presenter.edit("openrouter_api_key", None, now=True)
    assert presenter.states["openrouter_api_key"].value == ""


def test_a_secret_can_be_replaced_by_another(
    presenter: SettingsPresenter, backend: Backend
) -> None:
    presenter.edit("openrouter_api_key", "one", now=True)
    presenter.edit("openrouter_api_key", "set", now=True)
    assert backend.posted("/api/config")[-1] == {"openrouter_api_key": "set"}


def test_search_finds_by_label_key_and_help(presenter: SettingsPresenter) -> None:
    found = {spec.key for section in presenter.found("openrouter") for spec in section.fields}
    assert found == {"openrouter_api_key", "openrouter_model"}
    assert presenter.found("no such thing") == []


def test_testing_the_model_says_what_answers_and_why(
    presenter: SettingsPresenter, backend: Backend
) -> None:
    heard: list[tuple[str, bool]] = []
    presenter.test_model(lambda sentence, good: heard.append((sentence, good)))
    assert heard == [
        (
            "No language model is connected; the built-in persona answers. Ollama does not answer.",
            False,
        )
    ]
    backend.answers["/api/engines"] = ApiError("The backend does not answer.")
    presenter.test_model(lambda sentence, good: heard.append((sentence, good)))
    assert heard[-1] == ("The backend does not answer.", False)


def test_a_connected_model_is_named() -> None:
    engines = [{**ENGINES[0], "available": True, "active": True, "model": "llama3"}, ENGINES[2]]
    assert describe_models(engines) == ("Ollama with llama3 answers.", True)
    assert describe_models([ENGINES[0]])[1] is False


def test_a_backend_that_is_away_leaves_its_sentence(clock: ManualClock) -> None:
    away = ApiError("The backend does not answer.")
    api = ScriptedApi(**{"/api/config": away, "/api/engines": away})
    presenter = SettingsPresenter(api, clock)  # type: ignore[arg-type]
    presenter.load()
    assert presenter.problem == "The backend does not answer." and presenter.sections == []
