"""Ren: tousled ash-grey hair, narrow grey-blue eyes, a black turtleneck."""
