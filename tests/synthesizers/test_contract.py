"""The contract that every generator keeps; a broken promise is named."""

import pytest

from fairviz.data.dataset import DomainDataset
from fairviz.data.simulate import HIRING_SCHEMA, Hiring
from fairviz.synthesizers import SYNTHESIZERS, check_synthesizer
from tests.synthesizers.broken import (
    AcceptsAnything,
    AlwaysFresh,
    ChangesItsParameters,
    ChangesTheSource,
    DependsOnN,
    DependsOnNWithinAChunk,
    EndsEarly,
    FitIsChance,
    GroupToo,
    InitDoesMore,
    LabelsAreCodes,
    LossIsNoNumber,
    NewCategory,
    NoSteps,
    NumberAsText,
    NumpysGenerator,
    OneColumnShort,
    OneLabelOnly,
    OtherOrder,
    ParametersAreNotPlain,
    ParametersAreObjects,
    RefusesWithAnotherError,
    ReordersTheSource,
    RoundsN,
    Rows,
    SeedIgnored,
    StateForgetsOrder,
    StateHoldsNumpyNumbers,
    StateHoldsObjects,
    StateIsNotJson,
    StopsCounting,
    TooFewRows,
    TorchsGenerator,
    TorchsGeneratorInFit,
)
from tests.synthesizers.generators import KINDS, tiny


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("name", list(SYNTHESIZERS))
def test_every_generator_keeps_the_contract(name: str, kind: str) -> None:
    promises = check_synthesizer(tiny(name), KINDS[kind], n=1100)
    assert len(promises) > 20
    assert "a fit rebuilt from its state draws the same rows" in promises


@pytest.mark.parametrize("name", list(SYNTHESIZERS))
def test_the_contract_on_its_own_rows(name: str) -> None:
    mine = tiny(name)
    params = mine.get_params()
    check_synthesizer(mine)
    assert mine.get_params() == params
    assert not [key for key in vars(mine) if key.endswith("_")]  # a clone was fitted


def test_the_smallest_synthesizer_keeps_the_contract() -> None:
    assert check_synthesizer(Rows())


@pytest.mark.parametrize(
    ("broken", "promise"),
    [
        (OneColumnShort, "its columns are the features and the label"),
        (OtherOrder, "its columns are the features and the label"),
        (GroupToo, "its columns are the features and the label"),
        (TooFewRows, "sample gives a frame of n rows"),
        (SeedIgnored, "another seed draws other rows"),
        (AlwaysFresh, "the same seed draws the same rows"),
        (DependsOnN, "the first rows do not depend on how many follow"),
        (DependsOnNWithinAChunk, "the first rows do not depend on how many follow"),
        (NumpysGenerator, "no global random generator is touched"),
        (TorchsGenerator, "no global random generator is touched"),
        (TorchsGeneratorInFit, "no global random generator is touched"),
        (ChangesItsParameters, "fitting leaves the hyper-parameters alone"),
        (ParametersAreNotPlain, "hyper-parameters are plain values"),
        (ParametersAreObjects, "hyper-parameters are plain values"),
        (InitDoesMore, "__init__ stores its arguments and does nothing else"),
        (StateForgetsOrder, "a fit rebuilt from its state draws the same rows"),
        (StateIsNotJson, "dictionary survives JSON"),
        (StateHoldsNumpyNumbers, "dictionary survives JSON"),
        (StateHoldsObjects, "arrays are numeric"),
        (FitIsChance, "fitting again with the same seed gives the same fit"),
        (ChangesTheSource, "the source is not changed"),
        (ReordersTheSource, "the source is not changed"),
        (AcceptsAnything, "a setting that does not exist is refused"),
        (RoundsN, "n = 1.5 is refused"),
        (RefusesWithAnotherError, "n = 0 is refused"),
        (OneLabelOnly, "both labels occur"),
        (LabelsAreCodes, "labels are the data set's"),
        (NewCategory, "categories of degree occur in the source"),
        (NumberAsText, "skill is a number"),
        (NoSteps, "fit_steps yields FitStep"),
        (StopsCounting, "steps count up to the announced number"),
        (EndsEarly, "steps count up to the announced number"),
        (LossIsNoNumber, "losses are finite numbers"),
    ],
)
def test_a_broken_promise_is_named(broken: type[Rows], promise: str) -> None:
    with pytest.raises(AssertionError, match=f"contract of a synthesizer is broken: .*{promise}"):
        check_synthesizer(broken())


def test_source_of_the_contract_is_the_simulated_story() -> None:
    """Rows by default: a check against them by hand agrees."""
    source = DomainDataset.from_frame("simulated", Hiring().sample(600, seed=0), HIRING_SCHEMA)
    assert check_synthesizer(Rows(), source) == check_synthesizer(Rows())
