"""Two prices at once: on the gap in rates of yes, and on that in true positive rates."""

from fairviz.controls.tilting import GapControl


class Both(GapControl):
    """Demographic parity and equal opportunity; the multipliers are found jointly."""

    name = "dp_eop"
    title = "Parity and opportunity together"
    meaning = (
        "A point of gap in the rate of yes is worth {price} points of accuracy, one in the true positive rate "
        "{price_eop}."
    )
    note = "The joint optimum of both prices, not one control after the other."
    gaps = ("dp", "eop")
    recorded = ()


BOTH = Both()
