"""A price on the gap in rates of yes."""

from fairviz.controls.tilting import GapControl


class Parity(GapControl):
    """Demographic parity."""

    name = "dp"
    title = "Parity: equal rates of yes"
    meaning = "Each point of gap in the rate of yes between groups is worth {price} points of accuracy."
    note = "Moves the decision rule, towards the group that gets yes less often, until both get it equally often."
    gaps = ("dp",)


PARITY = Parity()
