"""A price on the gap in rates of yes."""

from fairviz.controls.tilting import GapControl


class Parity(GapControl):
    """Demographic parity."""

    name = "dp"
    title = "Parity: equal rates of yes"
    meaning = "You say: one point less of the gap in rates of yes is worth {price} points of accuracy."
    note = "Moves the decision rule, towards the group that gets yes less often, until both get it equally often."
    gaps = ("dp",)


PARITY = Parity()
