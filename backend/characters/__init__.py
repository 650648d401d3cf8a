"""The characters: the built-in ones, character cards, and the store."""
