"""Fair controls: what a price means, how it guides sampling, weighs rows, and where its dial stops.

A new one is a file beside these and a line in ``registry``, or an entry point ``fairviz.controls`` of another package.
"""

from fairviz.controls.registry import CONTROLS
from fairviz.plugins import lazily

_WHERE = {"MAX_LAMBDA_Y": "base", "Control": "base", "control_named": "base"}
__all__ = ["CONTROLS", *_WHERE]
__getattr__ = lazily(__name__, _WHERE)
