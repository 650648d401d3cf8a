"""Colours can be read, and styles follow the mode."""

from __future__ import annotations

import pytest
import ttkbootstrap as ttk

from frontend.colour import contrast, mix
from frontend.theme import DARK, LIGHT, Palette, look, on_theme_change


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda p: p.mode)
@pytest.mark.parametrize("surface", ["bg", "sidebar", "card"])
@pytest.mark.parametrize("ink", ["fg", "muted", "accent", "success", "info", "warning", "danger"])
def test_text_is_readable(palette: Palette, surface: str, ink: str) -> None:
    assert contrast(getattr(palette, ink), getattr(palette, surface)) >= 4.5


@pytest.mark.parametrize("palette", [DARK, LIGHT], ids=lambda p: p.mode)
def test_words_on_buttons_are_readable(palette: Palette) -> None:
    assert contrast(palette.on_primary, palette.primary) >= 4.5
    for surface in (palette.bg, palette.card):
        assert contrast(palette.danger, mix(surface, palette.danger, 0.16)) >= 4.5


def test_contrast_of_black_on_white_is_21() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert mix("#000000", "#ffffff", 0.5) == "#808080"


def test_switching_the_mode_changes_styles_and_tells_listeners(frame: ttk.Frame) -> None:
    told: list[str] = []
    label = ttk.Label(frame, text="x", style="InnerMuted.TLabel")
    on_theme_change(label, lambda: told.append(look(label).palette.mode))
    styles = ttk.Style.get_instance()
    for mode, palette in (("light", LIGHT), ("dark", DARK), ("light", LIGHT), ("dark", DARK)):
        look(frame).use(mode)  # type: ignore[arg-type]
        frame.update()
        assert str(styles.lookup("InnerMuted.TLabel", "foreground")) == palette.muted
    assert told == ["light", "dark", "light", "dark"]


def test_a_destroyed_widget_is_not_told(frame: ttk.Frame) -> None:
    told: list[int] = []
    label = ttk.Label(frame)
    on_theme_change(label, lambda: told.append(1))
    label.destroy()
    look(frame).use("light")
    assert not told
