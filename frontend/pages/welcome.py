"""The welcome page: the view."""

from __future__ import annotations

from frontend.pages.base import PageFrame


class WelcomePage(PageFrame):
    """Chat."""
