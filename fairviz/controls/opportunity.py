"""A price on the gap in true positive rates."""

from fairviz.controls.tilting import GapControl


class Opportunity(GapControl):
    """Equal opportunity."""

    name = "eop"
    title = "Opportunity: equal true positive rates"
    meaning = "You say: one point less of the gap in true positive rates is worth {price} points of accuracy."
    note = "Moves the decision rule so that people whose true label is favourable are found equally often."
    moves = "R_EOp"
    gaps = ("eop",)


OPPORTUNITY = Opportunity()
