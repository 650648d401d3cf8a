"""The Tk window itself, empty: its theme, its title, and a size that fits the screen."""

from __future__ import annotations

import ttkbootstrap as ttk

from frontend.brand import NAME
from frontend.theme import FAMILY, Mode, register_themes

SIZE = (1280, 800)
LEAST_SIZE = (900, 600)
SCREEN_SHARE = 0.92
"""What a window may take of the screen each way; the title bar and the task bar take the rest."""


def make_root(mode: Mode) -> ttk.App:
    """Make the Tk window, empty."""
    register_themes()
    root = ttk.App(
        title=NAME, theme=f"{FAMILY}-{mode}", size=SIZE, minsize=LEAST_SIZE, iconphoto=None
    )
    screen = root.winfo_screenwidth(), root.winfo_screenheight()
    size = first_size(SIZE, screen)
    if size != SIZE:
        root.geometry(f"{size[0]}x{size[1]}")
    return root


def first_size(wanted: tuple[int, int], screen: tuple[int, int]) -> tuple[int, int]:
    """The window's size at start: no larger than a screen shows beside frame and task bar.

    Args:
        wanted: Pixels each way.
        screen: Those of the screen.
    """
    width, height = (int(most * SCREEN_SHARE) for most in screen)
    return min(wanted[0], width), min(wanted[1], height)
