"""Sessions and turns: from the user's words to the character's speech."""
