"""The engines: contracts, registry, host, and one file an engine."""
