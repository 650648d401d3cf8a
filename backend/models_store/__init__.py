"""The model store: what can be had, what is there, downloads that end whole or with a reason."""
