"""From written text to what a voice says and what the face does: the words, and no sound."""
