"""The ``fairviz`` command."""

from fairviz.cli.grammar import parser
from fairviz.cli.main import main

__all__ = ["main", "parser"]
