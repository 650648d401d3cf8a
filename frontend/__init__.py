"""The window: a view of the backend, which it reaches over HTTP and two sockets."""
