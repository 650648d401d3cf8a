"""The drawings of the built-in character: run by `script/export_avatar.py`, not by the app."""
