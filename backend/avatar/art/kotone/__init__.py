"""Kotone: midnight-blue bob with turquoise tips, amber eyes, a headset and a hoodie."""
