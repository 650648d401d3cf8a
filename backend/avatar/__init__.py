"""The avatar: poses, motion, lips, and the puppets that show them."""
