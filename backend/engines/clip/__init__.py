"""Engines that make videos of portraits, offline."""
