"""The messages that a chat model gets."""

# ruff: noqa: E501 (one case a line reads better)

from __future__ import annotations

from typing import Any

import pytest

from backend.characters.builtin import BUILTIN_CHARACTERS
from backend.conversation.prompt import build_messages
from backend.engines.base import ChatMessage, LoreEntry, Persona

PERSONA = Persona(
    name="Mika",
    profile="{{char}} is a baker who knows {{user}}.",
    personality="Calm.",
    first_mes="Welcome, {{user}}!",
    mes_example="<START>\n{{user}}: Hi\n{{char}}: Hello, dear.",
    lorebook=(
        LoreEntry(("rye", "rye bread"), "Rye bread is {{char}}'s pride."),
        LoreEntry(("ヨガ",), "Mika does yoga."),
        LoreEntry(("shop",), "The shop is always open.", constant=True),
        LoreEntry((), "Never shown."),
    ),
)


def user(text: str) -> ChatMessage:
    return ChatMessage("user", text)


def char(text: str) -> ChatMessage:
    return ChatMessage("assistant", text)


def build(
    history: list[ChatMessage] | None = None, text: str = "Hi", **options: Any
) -> tuple[ChatMessage, ...]:
    defaults = {
        "user_name": "Sam",
        "facts": ("lives in Rome",),
        "now": "2026-11-20T20:00+01:00",
        "budget_chars": 6000,
    }
    return build_messages(PERSONA, history or [], text, **{**defaults, **options})


def test_the_system_prompt_holds_the_card_with_names_filled_in() -> None:
    system, last = build()
    assert (system.role, last) == ("system", user("Hi"))
    assert "Mika is a baker who knows Sam." in system.content
    assert "Welcome, Sam!" in system.content
    assert "Mika: Hello, dear." in system.content
    assert "lives in Rome" in system.content
    assert "2026-11-20T20:00" in system.content
    assert "{{" not in system.content
    assert "short sentences" in system.content


def test_lore_is_told_when_a_key_is_mentioned_lately() -> None:
    assert "Rye bread" not in build(text="Hi")[0].content
    assert "Rye bread" in build(text="Is the RYE fresh?")[0].content
    assert "Rye bread" in build([user("rye?"), char("Yes.")], "Good")[0].content
    assert (
        "Rye bread"
        not in build([user("rye?"), char("Yes."), *[user("x"), char("y")] * 2], "k")[0].content
    )
    assert "Rye bread" not in build(text="try it")[0].content
    assert "yoga" in build(text="今日ヨガをした")[0].content
    assert "always open" in build(text="Hi")[0].content
    assert "Never shown" not in build(text="Never")[0].content


def test_roles_alternate_from_user_to_user() -> None:
    history = [
        char("Welcome!"), user("one"), user("two"), char("a"), char("b"), ChatMessage("system", "x"),
        user("three"), char(" "), user("four"),
    ]  # fmt: skip
    messages = build(history, "five")
    assert [m.role for m in messages] == ["system", "user", "assistant", "user"]
    assert messages[1].content == "one\ntwo"
    assert messages[2].content == "a\nb"
    assert messages[-1].content == "five"


@pytest.mark.parametrize("budget", [0, 300, 900, 1500, 3000, 20_000])
def test_history_is_trimmed_oldest_first_in_whole_exchanges(budget: int) -> None:
    history = [m for i in range(30) for m in (user(f"question {i:02}"), char(f"answer {i:02}"))]
    messages = build(history, "the new one", budget_chars=budget)
    past = messages[1:-1]
    assert len(past) % 2 == 0
    assert list(past) == history[len(history) - len(past) :]
    assert messages[-1].content == "the new one"
    if budget >= 900:
        assert sum(len(m.content) for m in messages) <= budget


def test_a_huge_profile_leaves_room_for_the_talk() -> None:
    big = Persona("Big", profile="A sentence about her. " * 2000)
    messages = build_messages(
        big, [user("a"), char("b")], "c", user_name="", facts=(), now="", budget_chars=4000
    )
    assert [m.content for m in messages[1:]] == ["a", "b", "c"]
    assert sum(len(m.content) for m in messages) <= 4000
    assert "short sentences" in messages[0].content


def test_built_in_characters_fit_with_history() -> None:
    for one in BUILTIN_CHARACTERS:
        system = build_messages(
            one.persona(), [], "tea?", user_name="", facts=(), now="", budget_chars=12_000
        )[0].content
        assert 600 < len(system) < 7000
        assert "{{" not in system
        assert f"You are {one.name}." in system
