"""The commands of the command line: one file each, with `add_arguments` and `run`.

Only `main.py` imports them. They are the one place that may use both the backend and the window.
"""
