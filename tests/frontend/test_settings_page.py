"""The Settings page and its fields in the real window."""

from __future__ import annotations

from typing import Any

import pytest

from frontend.api import ApiError
from tests.support.page_context import ScriptedApi, config_answer, page_context


@pytest.fixture
def api() -> ScriptedApi:
    api = ScriptedApi()
    values: dict[str, Any] = {}

    def config(body: Any) -> Any:
        if body and body.get("llm_max_tokens") == 3:
            return ApiError("LLM_MAX_TOKENS is '3', but it should be at least 16.", "settings")
        values.update(body or {})
        return config_answer(**{k: v for k, v in values.items() if v is not None})

    api.answers["/api/config"] = config
    return api


@pytest.fixture
def page(frame: Any, api: ScriptedApi, settle: Any) -> Any:
    from frontend.pages.settings import SettingsPage

    page = SettingsPage(frame, page_context(frame, api))
    page.pack(fill="both", expand=True)
    page.on_show()
    build(page)
    return page


def build(page: Any) -> None:
    """Run ticks until all rows in view are made."""
    while page.on_tick(0.0):
        page.update()
    page.update()


def press_return(entry: Any, settle: Any) -> None:
    entry.focus_force()
    settle(lambda: entry.focus_get() is entry)
    entry.event_generate("<Return>")
    entry.update()


def row(page: Any, key: str) -> Any:
    return page.cards[page.section].rows[key]


def test_sections_are_chosen_and_their_rows_made(page: Any) -> None:
    assert list(page.cards) == ["model"]
    page.choose("voice")
    build(page)
    assert page.cards["voice"].winfo_ismapped() and not page.cards["model"].winfo_ismapped()
    assert row(page, "output_volume").field.scale.winfo_ismapped()


def test_a_choice_is_posted_at_once(page: Any, api: ScriptedApi, settle: Any) -> None:
    page.choose("look")
    build(page)
    field = row(page, "theme").field
    assert field.box.get() == "Dark"
    field.box.current(1)
    field.box.event_generate("<<ComboboxSelected>>")
    settle(lambda: api.posted("/api/config") == [{"theme": "light"}])
    assert row(page, "theme")._mark["text"] == "Saved"


def test_typed_text_is_posted_when_it_rests(page: Any, api: ScriptedApi, settle: Any) -> None:
    entry = row(page, "ollama_model").field.entry
    entry.focus_force()
    settle(lambda: entry.focus_get() is entry)
    for letter in "abc":
        entry.event_generate(f"<Key-{letter}>")
        entry.event_generate(f"<KeyRelease-{letter}>")
    settle(lambda: api.posted("/api/config") == [{"ollama_model": "abc"}])
    assert entry.get() == "abc"


def test_the_objection_stands_below_the_field(page: Any, settle: Any) -> None:
    shown = row(page, "llm_max_tokens")
    shown.field.entry.delete(0, "end")
    shown.field.entry.insert(0, "3")
    press_return(shown.field.entry, settle)
    settle(lambda: shown.error.winfo_ismapped())
    assert "at least 16" in shown.error["text"]
    assert shown.field.entry.get() == "3"
    shown.field.entry.insert("end", "0")
    press_return(shown.field.entry, settle)
    settle(lambda: not shown.error.winfo_ismapped())


def test_a_changed_setting_can_be_reset(page: Any, api: ScriptedApi, settle: Any) -> None:
    shown = row(page, "ollama_model")
    page.presenter.edit("ollama_model", "x", now=True)
    settle(lambda: shown._reset.winfo_ismapped())
    shown._reset.invoke()
    assert api.posted("/api/config")[-1] == {"ollama_model": None}
    settle(lambda: shown.field.entry.get() == "")


def test_a_secret_is_sent_and_then_only_known_to_be_set(
    page: Any, api: ScriptedApi, settle: Any
) -> None:
    field = row(page, "openrouter_api_key").field
    assert field.entry["show"] == "•"
    field._eye.invoke()
    assert field.entry["show"] == ""
    field.entry.insert(0, "sk-or-123456")
    press_return(field.entry, settle)
    assert api.posted("/api/config") == [{"openrouter_api_key": "sk-or-123456"}]
    assert field.entry.get() == "" and field.entry["show"] == "•"
    assert field._state["text"].startswith("Set.")
    assert field._remove.winfo_ismapped()
    field._remove.invoke()
    assert api.posted("/api/config")[-1] == {"openrouter_api_key": None}


def test_engines_are_ordered_and_left_out(page: Any, api: ScriptedApi, settle: Any) -> None:
    field = row(page, "llm_engines").field
    assert field.order == ["openai_compatible", "ollama", "persona"]
    field.move("persona", -1)
    field.toggle("openai_compatible")
    settle(lambda: api.posted("/api/config") == [{"llm_engines": "persona,ollama"}])
    field.toggle("persona")
    field.toggle("ollama")
    assert field.order[0] == "ollama"


def test_a_slider_moves_by_key_and_shows_its_value(
    page: Any, api: ScriptedApi, settle: Any
) -> None:
    field = row(page, "llm_temperature").field
    field.scale.focus_force()
    settle(lambda: field.scale.focus_get() is field.scale)
    field.scale.event_generate("<Right>")
    page.update()
    assert field._text["text"] == "0.85"
    settle(lambda: api.posted("/api/config") == [{"llm_temperature": 0.85}])


def test_loudspeakers_are_offered_and_the_default_is_blank(page: Any, api: ScriptedApi) -> None:
    page.choose("voice")
    build(page)
    field = row(page, "output_device").field
    assert field.box.get() == "System default"
    assert list(field.box["values"]) == ["System default", "Speakers", "Headset"]
    field.box.current(2)
    field.box.event_generate("<<ComboboxSelected>>")
    page.update()
    field.box.current(0)
    field.box.event_generate("<<ComboboxSelected>>")
    page.update()
    assert api.posted("/api/config") == [{"output_device": "Headset"}, {"output_device": ""}]


def test_search_shows_what_fits_from_all_sections(page: Any, settle: Any) -> None:
    page.search.insert(0, "model")
    page._search()
    build(page)
    assert row(page, "ollama_model").winfo_ismapped()
    assert not row(page, "ollama_url").winfo_ismapped()
    page.search.insert("end", " nonsense")
    page._search()
    build(page)
    assert page._note["text"] == "No setting fits “model nonsense”."
    page.choose("model")
    build(page)
    assert row(page, "ollama_url").winfo_manager()


def test_the_test_of_the_model_says_what_answers(page: Any, settle: Any) -> None:
    card = page.cards["model"]
    card._test_model()
    settle(lambda: card._verdict.winfo_ismapped())
    assert "No language model is connected" in card._verdict["text"]


def test_reset_all_asks_first(page: Any, api: ScriptedApi, settle: Any) -> None:
    page.presenter.edit("ollama_model", "x", now=True)
    page._ask_reset()
    settle(lambda: page._confirmation.winfo_ismapped())
    page._cancel.invoke()
    settle(lambda: not page._confirmation.winfo_ismapped())
    assert {"ollama_model": None} not in api.posted("/api/config")
    page._ask_reset()
    yes = next(
        child for child in page._confirmation.winfo_children()
        if child.winfo_class() == "TButton" and child["text"] == "Reset all settings"
    )  # fmt: skip
    yes.invoke()
    assert api.posted("/api/config")[-1] == {"ollama_model": None}
    settle(lambda: not page._confirmation.winfo_ismapped())


def test_a_backend_that_is_away_leaves_a_sentence_and_recovers(page: Any) -> None:
    api = page.context.api
    config, api.answers["/api/config"] = api.answers["/api/config"], ApiError("It is away.")
    page.presenter.sections = []
    page.on_show()
    page.update()
    assert page._note["text"] == "It is away."
    api.answers["/api/config"] = config
    page.on_connection("up")
    build(page)
    assert page.cards["model"].winfo_ismapped()


def test_a_switch_of_the_theme_makes_the_fields_anew(page: Any, window: Any) -> None:
    from frontend.theme import look

    before = row(page, "ollama_model")
    look(window).use("light")
    page.on_theme()
    build(page)
    assert row(page, "ollama_model") is not before
    assert row(page, "ollama_model").field.entry.winfo_ismapped()


def test_a_switch_field_tells_its_state(frame: Any) -> None:
    from frontend.widgets.form import SwitchField

    told: list[tuple[Any, bool]] = []
    field = SwitchField(frame, lambda value, now: told.append((value, now)))
    field.set(True)
    assert told == []
    field.switch.invoke()
    assert told == [(False, True)]


def test_focus_scrolls_a_field_into_view(page: Any, settle: Any) -> None:
    entry = row(page, "llm_idle_timeout").field.entry
    area = page._area._canvas
    bottom = area.winfo_rooty() + area.winfo_height()
    assert entry.winfo_rooty() > bottom - entry.winfo_height()
    entry.focus_force()
    settle(lambda: entry.winfo_rooty() + entry.winfo_height() <= bottom)


def test_the_dropped_list_has_the_colours_of_the_theme(page: Any, window: Any) -> None:
    from frontend.theme import look

    page.choose("look")
    build(page)
    box = row(page, "theme").field.box
    window.tk.call("ttk::combobox::Post", box)
    popdown = window.tk.call("ttk::combobox::PopdownWindow", box)
    assert window.tk.call(f"{popdown}.f.l", "cget", "-background") == look(window).palette.raised
    window.tk.call("ttk::combobox::Unpost", box)


def test_the_wheel_scrolls_the_page_and_changes_no_choice(
    page: Any, api: ScriptedApi, settle: Any
) -> None:
    page.choose("advanced")
    build(page)
    box = row(page, "log_level").field.box
    settle(lambda: page._area._bar.winfo_ismapped())
    before = box.winfo_rooty()
    box.event_generate("<Button-5>")
    settle(lambda: box.winfo_rooty() < before)
    assert before - box.winfo_rooty() == page.context.px(48)
    assert box.get() == "INFO" and api.posted("/api/config") == []


def test_rows_made_anew_still_scroll_the_page(page: Any, settle: Any) -> None:
    field = row(page, "llm_engines").field
    field.move("persona", -1)
    page.update()
    before = field.winfo_rooty()
    field.winfo_children()[0].event_generate("<Button-5>")
    settle(lambda: field.winfo_rooty() < before)
