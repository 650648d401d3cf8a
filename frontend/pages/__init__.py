"""The pages of the window: for each a view, and a presenter that knows no widget."""
