"""Tells the user how the backend is: a banner while it is away, and what its provider notices."""

from __future__ import annotations

import time

from frontend.api import BackendProvider
from frontend.context import Connection
from frontend.widgets.banner import Banner
from frontend.widgets.toast import Toasts

BANNER_AFTER_S = 0.7
_AWAY = "The backend is away; reconnecting. What you see stays, and comes alive again by itself."


class BackendWatch:
    """Keeps the banner true.

    Args:
        provider: Knows where the backend is and how it is.
        banner: Shown above the page.
        toasts: Where notices of the provider go.
    """

    def __init__(self, provider: BackendProvider, banner: Banner, toasts: Toasts) -> None:
        self._provider = provider
        self._banner = banner
        self._toasts = toasts
        self._away_since: float | None = time.monotonic()
        self._was_up = False
        self._noticed = ""

    @property
    def was_away(self) -> bool:
        """Whether the backend was away when `look` last looked."""
        return self._away_since is not None

    def look(self, now: float, connection: Connection) -> None:
        """Show the state of a monotonic time."""
        if self._provider.notice != self._noticed:
            self._noticed = self._provider.notice
            self._toasts.show(self._noticed, "info")
        state = self._provider.state
        if state.startswith("failed:"):
            self._banner.show(state.removeprefix("failed:").strip(), "danger")
        elif connection == "up":
            self._was_up = True
            self._away_since = None
            self._banner.hide()
        else:
            self._away_since = self._away_since or now
            if now - self._away_since > BANNER_AFTER_S:
                self._say_away()

    def _say_away(self) -> None:
        if self._was_up:
            self._banner.show(_AWAY, "warning")
        else:
            self._banner.show("Starting the backend…", "info")
