"""Fronts against trapezoids worked by hand, dominance checked pair by pair, and areas found by throwing darts."""

from itertools import pairwise

import numpy as np
import pytest

from fairviz.evaluation.pareto import accuracy_at, distance_to, hypervolume, non_dominated

#: (accuracy, fairness), in no order: three on the front, one beaten by the middle one, one by the most accurate.
HAND = np.array([[0.6, 1.0], [0.75, 0.7], [0.9, 0.4], [0.8, 0.8], [0.9, 0.1]])
EMPTY = np.zeros((0, 2))
NAN = float("nan")


def beaten(point, others) -> bool:
    """Whether another point is as good in both and better in one, straight from the definition."""
    return any(
        other[0] >= point[0] and other[1] >= point[1] and (other[0] > point[0] or other[1] > point[1])
        for other in others
    )


def brute_front(points) -> list[tuple[float, float]]:
    return sorted({(float(a), float(f)) for a, f in points if not beaten((a, f), points)}, key=lambda p: p[1])


def under(front: list[tuple[float, float]], accuracy: float, fairness: float) -> bool:
    """Whether a place lies under the line through the front, by the side of each segment it is on."""
    if fairness <= front[0][1]:
        return accuracy <= front[0][0]
    return any(
        f0 <= fairness <= f1 and (accuracy - a0) * (f1 - f0) <= (a1 - a0) * (fairness - f0)
        for (a0, f0), (a1, f1) in pairwise(front)
    )


# non_dominated


def test_beaten_points_go_and_the_rest_rises_in_fairness() -> None:
    assert non_dominated(HAND).tolist() == [[0.9, 0.4], [0.8, 0.8], [0.6, 1.0]]


@pytest.mark.parametrize("seed", range(4))
def test_equal_to_checking_every_pair(seed: int) -> None:
    rng = np.random.default_rng(seed)
    points = rng.random((60, 2))
    if seed % 2:  # ties in either coordinate, and points that occur twice
        points = np.round(points, 1)
    found = non_dominated(points)
    assert [tuple(p) for p in found.tolist()] == brute_front(points.tolist())
    order = rng.permutation(60)
    assert non_dominated(points[order]).tolist() == found.tolist()
    assert non_dominated(found).tolist() == found.tolist()


@pytest.mark.parametrize("bad", [[NAN, 0.9], [0.95, NAN], [NAN, NAN], [np.inf, 0.5]])
def test_a_point_that_is_not_estimable_is_left_out(bad) -> None:
    points = np.vstack([HAND, [bad]])
    assert non_dominated(points).tolist() == non_dominated(HAND).tolist()
    assert hypervolume(points, (0.5, 0.0)) == hypervolume(HAND, (0.5, 0.0))


def test_no_points() -> None:
    for nothing in (EMPTY, np.array([[NAN, 0.5], [0.5, NAN]])):
        assert non_dominated(nothing).shape == (0, 2)
        assert hypervolume(nothing, (0.5, 0.0)) == 0.0
        assert np.isnan(accuracy_at(nothing, np.array([0.0, 1.0]))).all()
        assert np.isnan(distance_to(nothing, HAND))
        assert np.isnan(distance_to(HAND, nothing))


def test_the_points_given_are_not_changed() -> None:
    points = HAND.copy()
    hypervolume(points, (0.5, 0.0))
    distance_to(points, points)
    assert points.tolist() == HAND.tolist()


# accuracy_at


def test_accuracy_between_before_and_beyond_the_settings() -> None:
    found = accuracy_at(HAND, np.array([-1.0, 0.0, 0.4, 0.5, 0.8, 0.95, 1.0, 1.01]))
    # a quarter of the way from 0.9 to 0.8, three quarters from 0.8 to 0.6
    assert found[:-1].tolist() == pytest.approx([0.9, 0.9, 0.9, 0.875, 0.8, 0.65, 0.6])
    assert np.isnan(found[-1])


# hypervolume


@pytest.mark.parametrize(
    ("reference", "area"),
    [
        # a rectangle up to fairness 0.4, then two trapezoids
        ((0.5, 0.0), 0.4 * 0.4 + (0.4 + 0.3) / 2 * 0.4 + (0.3 + 0.1) / 2 * 0.2),
        # from fairness 0.5, where the front is at 0.875, to 0.9, where it falls below 0.7: a trapezoid and a triangle
        ((0.7, 0.5), (0.175 + 0.1) / 2 * 0.3 + 0.1 * 0.1 / 2),
        # only the last segment is fairer: from 0.7 down to 0.6
        ((0.5, 0.9), (0.2 + 0.1) / 2 * 0.1),
        # the reference's accuracy is that of the most accurate point
        ((0.9, 0.0), 0.0),
        # above the front in one or both
        ((0.95, 0.0), 0.0),
        ((0.5, 1.0), 0.0),
        ((0.99, 2.0), 0.0),
    ],
)
def test_area_by_hand(reference, area) -> None:
    assert hypervolume(HAND, reference) == pytest.approx(area, abs=1e-7)


def test_a_single_point_is_a_rectangle() -> None:
    point = np.array([[0.8, 0.6]])
    assert hypervolume(point, (0.5, 0.0)) == pytest.approx(0.3 * 0.6)
    assert hypervolume(point, (0.7, 0.5)) == pytest.approx(0.1 * 0.1)
    assert hypervolume(point, (0.8, 0.0)) == 0.0
    assert hypervolume(point, (0.5, 0.6)) == 0.0


def test_points_below_the_reference_count_as_little_as_they_should() -> None:
    """Worse than a coin they are worth nothing, but the line towards them is above it for a while."""
    assert hypervolume(np.array([[0.4, 0.9], [0.3, 1.0]]), (0.5, 0.0)) == 0.0
    # from 0.8 at fairness 0.5 to 0.4 at 0.9: crosses 0.5 at 0.8
    points = np.array([[0.8, 0.5], [0.4, 0.9]])
    assert hypervolume(points, (0.5, 0.0)) == pytest.approx(0.3 * 0.5 + 0.3 * 0.3 / 2, abs=1e-6)


def test_more_stops_on_the_same_line_gain_nothing() -> None:
    share = np.linspace(0, 1, 17)[:, None]
    line = (1 - share) * [0.8, 0.2] + share * [0.6, 1.0]
    ends = line[[0, -1]]
    assert hypervolume(line, (0.5, 0.0)) == pytest.approx(hypervolume(ends, (0.5, 0.0)))
    assert hypervolume(ends, (0.5, 0.0)) == pytest.approx(0.3 * 0.2 + (0.3 + 0.1) / 2 * 0.8)
    beaten_too = np.vstack([line, [[0.55, 0.3], [0.6, 0.9]]])
    assert hypervolume(beaten_too, (0.5, 0.0)) == pytest.approx(hypervolume(ends, (0.5, 0.0)))


@pytest.mark.parametrize(("seed", "reference"), [(0, (0.5, 0.0)), (1, (0.6, 0.3)), (2, (0.5, 0.5)), (3, (0.0, 0.0))])
def test_area_by_throwing_darts(seed: int, reference) -> None:
    rng = np.random.default_rng(seed)
    points = np.column_stack([0.45 + 0.5 * rng.random(12), rng.random(12)])
    front = brute_front(points.tolist())
    low, floor = reference
    n = 15_000
    darts = np.column_stack([low + (1 - low) * rng.random(n), floor + (1 - floor) * rng.random(n)])
    share = np.mean([under(front, a, f) for a, f in darts.tolist()])
    frame = (1 - low) * (1 - floor)
    error = frame * np.sqrt(share * (1 - share) / n)
    assert 0.02 < share < 0.98
    assert hypervolume(points, reference) == pytest.approx(frame * share, abs=4 * error)


# distance_to


def test_a_front_is_no_distance_from_itself_and_two_points_from_one_two_points_lower() -> None:
    assert distance_to(HAND, HAND) == 0.0
    lower = HAND - [0.02, 0.0]
    assert distance_to(lower, HAND) == pytest.approx(0.02)
    assert distance_to(HAND, lower) == pytest.approx(-0.02)  # above the "bound"


def test_distance_by_hand() -> None:
    bound = np.array([[0.9, 0.2], [0.7, 1.0]])
    # both straight from fairness 0.2 to 0.6, where the bound is at 0.8: 0.05 at either end
    assert distance_to(np.array([[0.85, 0.2], [0.75, 0.6]]), bound) == pytest.approx(0.05)
    # one point: it holds its accuracy down to fairness 0.2; 0.3 below at 0.2, and 0.225 at 0.5
    assert distance_to(np.array([[0.6, 0.5]]), bound) == pytest.approx((0.3 + 0.225) / 2)
    # fairer than the bound: only as far as both go, where 0.05 (at 0.2) has become 0.15 (at 1)
    wide = np.array([[0.9, -0.2], [0.5, 1.4]])
    assert distance_to(wide, np.array([[0.85, 0.2], [0.75, 1.0]])) == pytest.approx((0.05 + 0.15) / 2)
    # flat at 0.7 up to fairness 0.6, then falling to 0.6: short by 0.2 at 0.2, by 0.1 at 0.6 and by 0.1 at 1
    kinked = np.array([[0.7, 0.6], [0.6, 1.0]])
    area = (0.2 + 0.1) / 2 * 0.4 + (0.1 + 0.1) / 2 * 0.4
    assert distance_to(kinked, bound) == pytest.approx(area / 0.8, abs=1e-3)


def test_fronts_that_do_not_overlap_have_no_distance() -> None:
    bound = np.array([[0.9, 0.5], [0.7, 1.0]])
    assert np.isnan(distance_to(np.array([[0.95, 0.3]]), bound))
    assert np.isnan(distance_to(bound, bound[:1]))  # a bound of one point spans no levels
