"""What `bench` can measure: one file a subject, each with `measure(settings) -> list[Figure]`."""
