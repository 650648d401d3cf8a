"""What a layered puppet is made of: geometry, warps, live parts of the face, compositing."""
