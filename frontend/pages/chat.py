"""The chat page: the view."""

from __future__ import annotations

from frontend.pages.base import PageFrame


class ChatPage(PageFrame):
    """Chat."""
