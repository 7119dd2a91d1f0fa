"""Fair controls: what a price means, how it guides sampling, weighs rows, and where its dial stops.

A new one is a file beside these and a line here, or an entry point ``fairviz.controls`` of another package.
"""

from fairviz.controls.base import LAMBDA_Y_GRID, MAX_LAMBDA_Y, Control, control_named
from fairviz.controls.registry import CONTROLS

__all__ = ["CONTROLS", "LAMBDA_Y_GRID", "MAX_LAMBDA_Y", "Control", "control_named"]
