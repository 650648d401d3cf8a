"""Sound, pictures and video: reading, writing, converting."""
