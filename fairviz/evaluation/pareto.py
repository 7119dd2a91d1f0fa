"""Fronts of accuracy against fairness: non-dominated points, hypervolume, distance to a bound. Numbers only."""

from __future__ import annotations

import numpy as np


def non_dominated(points: np.ndarray) -> np.ndarray:
    """Points (m, 2) of (accuracy, fairness), more is better, that no other point beats; by rising fairness.

    Points with NaN are left out.
    """
    points = points[np.isfinite(points).all(1)]
    order = np.lexsort((points[:, 0], points[:, 1]))[::-1]  # fairest first, of these the most accurate first
    kept, best = [], -np.inf
    for row in points[order]:
        if row[0] > best:
            kept.append(row)
            best = row[0]
    return np.array(kept[::-1]).reshape(-1, 2)


def hull(points: np.ndarray) -> np.ndarray:
    """The corners (m, 2) of a front, by rising fairness: non-dominated points that no mixture of two others beats.

    Deciding by lot between two settings attains (nearly) any point between them, so a dial gains nothing from having
    more stops, and another stop never loses anything.
    """
    corners: list[np.ndarray] = []
    for point in non_dominated(points):
        while len(corners) > 1:
            (a0, f0), (a1, f1) = corners[-2], corners[-1]
            if (a1 - a0) * (point[1] - f0) > (point[0] - a0) * (f1 - f0):
                break
            corners.pop()
        corners.append(point)
    return np.array(corners).reshape(-1, 2)


def accuracy_at(front: np.ndarray, fairness: np.ndarray) -> np.ndarray:
    """Accuracy that a front (m, 2) attains at levels of fairness (k,), NaN beyond its fairest point.

    Straight between the corners of its :func:`hull`; below the least fair point its accuracy holds.
    """
    front = hull(front)
    if not len(front):
        return np.full(len(fairness), np.nan)
    level = np.interp(fairness, front[:, 1], front[:, 0])
    return np.where(fairness <= front[-1, 1] + 1e-12, level, np.nan)


def hypervolume(points: np.ndarray, reference: tuple[float, float]) -> float:
    """Area between a front and a reference point (accuracy, fairness), both counted from it; 0 if nothing is above.

    The front is the :func:`hull` of the points.
    """
    front = non_dominated(points)
    low, floor = reference
    if not len(front) or front[-1, 1] <= floor:
        return 0.0
    grid = np.unique(np.concatenate([np.linspace(floor, front[-1, 1], 2001), front[:, 1].clip(floor)]))
    height = np.clip(accuracy_at(front, grid) - low, 0.0, None)
    return float(np.trapezoid(height, grid))


def distance_to(points: np.ndarray, bound: np.ndarray, levels: int = 201) -> float:
    """Mean accuracy by which a front falls short of a bound's front, at equal fairness; NaN if they do not overlap.

    Averaged over the fairness levels from the bound's least fair point up to the fairest that both attain.
    """
    front, best = non_dominated(points), non_dominated(bound)
    if not len(front) or not len(best):
        return float("nan")
    low, high = best[0, 1], min(front[-1, 1], best[-1, 1])
    if high <= low:
        return float("nan")
    grid = np.linspace(low, high, levels)
    return float(np.mean(accuracy_at(best, grid) - accuracy_at(front, grid)))
