"""Widgets that know the look of the window, and nothing else of the program."""
