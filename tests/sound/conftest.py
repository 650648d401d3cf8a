"""The virtual sound card for the tests of this folder."""

from __future__ import annotations

from tests.support.pulse import pulse_daemon, pulse_sink

__all__ = ["pulse_daemon", "pulse_sink"]
