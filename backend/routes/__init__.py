"""The edges of the backend: one file a resource, thin."""
