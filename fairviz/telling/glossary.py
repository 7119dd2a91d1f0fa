"""The words that pages use, each explained once: from metrics and controls, and from here."""

from __future__ import annotations

from fairviz.controls import CONTROLS

WORDS = {
    "Accuracy": "Of 100 people, how many the model is right about.",
    "Favourable": "The answer that is good for the person, such as being hired.",
    "Yes": "The favourable answer. A rate of yes: of 100 people of a group, how many get it.",
    "Gap": "How far apart two groups' rates are, in points: 30 and 20 of 100 are 10 points apart.",
    "Ratio": "One group's rate divided by another's. 1 is equal; 0.5 means half as often. A mean over domains takes "
    "the smaller over the larger, so it is at most 1; women ÷ men may pass 1.",
    "R_DP": "The ratio of the rates of yes.",
    "R_EOp": "The same ratio among people who truly have the favourable label.",
    "Found": "Of 100 people who truly have the favourable label, how many are told so. Its name in the field is the "
    "true positive rate.",
    "Wrongly promised": "Of 100 people who do not have the favourable label, how many are told that they do.",
    "Price": "How many points of accuracy one point less of the gap is worth. It is what the dial sets.",
    "λ_z": "The letter for the price in papers.",
    "λ_y": "How clearly labels are drawn: 1 is as in the data, more makes clearer cases.",
    "Domain": "A part of the people, such as a race, a region or a year. One is left out of training and tested on.",
    "Held out": "Nobody of this domain was trained on. What is shown was measured on these people.",
    "Synthetic rows": "Made-up people, drawn by a generator that learnt from real ones. The model is trained on them.",
    "FADM": "This project's generator. It turns noise into rows step by step, and a control steers it.",
    "Soft labels": "Each made-up row stands twice, once with either label, and counts as much as the label is likely.",
    "DDPM, VAE, GAN": "Other generators, without a control. FairGAN makes rows that do not tell the group.",
    "Trivial line": "The model without control, some of whose answers are swapped for one label by lot. Any method "
    "should be above it.",
    "Seed": "The start of the random numbers. Other seeds show how much is luck.",
    "Interval": "A range that holds the true value in about 95 of 100 such tests. Its ends stand in brackets. Where it "
    "holds equality too, equality is not shown; it is only not ruled out.",
    "Noise floor": "What a model that treats groups exactly alike would show by chance, with so few people.",
    "Not estimable": "Too few people (fewer than ten) to say anything, so nothing is said.",
}


def glossary() -> dict[str, str]:
    """Word -> what it means, in order; controls come last, in their own words."""
    return {**WORDS, **{f"Control: {c.title.split(':')[0]}": c.note for c in CONTROLS.values()}}
