"""The pieces that move a portrait: mouth, eyes, cheeks and head, each a warp of the picture."""
