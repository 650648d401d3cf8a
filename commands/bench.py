"""Measure speed and memory."""
from __future__ import annotations
import argparse
from config import Settings
def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
def run(args: argparse.Namespace, settings: Settings) -> int:
    """Do it."""
    return 0
