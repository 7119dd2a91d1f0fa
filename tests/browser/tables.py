"""Made-up tables as strangers hand them in: bytes of files that the project has never seen."""

from __future__ import annotations

import csv
import io

import numpy as np


def _decided(rng: np.random.Generator, merit: np.ndarray, less: np.ndarray, share: float) -> np.ndarray:
    """Who gets it: merit, and less for some."""
    score = merit - 0.8 * less + rng.normal(0, 0.7, len(merit))
    return np.asarray(score > np.quantile(score, 1 - share))


def insurance(n: int = 4000, seed: int = 1) -> bytes:
    """Semicolons, decimal commas, German words; Windows line ends and a byte-order mark."""
    rng = np.random.default_rng(seed)
    woman, age = rng.random(n) < 0.45, rng.integers(18, 80, n)
    region = rng.choice(["Nord", "Süd", "Ost", "West"], n, p=[0.3, 0.3, 0.15, 0.25])
    premium = np.round(rng.gamma(4, 90, n) + 60 * (region == "Süd"), 2)
    years = rng.integers(0, 30, n)
    job = np.where(rng.random(n) < np.where(woman, 0.7, 0.3), "Pflege", rng.choice(["Bau", "Büro"], n))
    accepted = _decided(rng, 0.05 * years + premium / 400 - 0.01 * abs(age - 45), woman.astype(float), 0.6)
    out = ["Vertrag;Geschlecht;Alter;Region;Beitrag;Beruf;Jahre;Angenommen"]
    for k in range(n):
        sex, yes = "Frau" if woman[k] else "Mann", "ja" if accepted[k] else "nein"
        out.append(
            f"V-{k:06d};{sex};{age[k]};{region[k]};{premium[k]:.2f}".replace(".", ",") + f";{job[k]};{years[k]};{yes}"
        )
    return b"\xef\xbb\xbf" + "\r\n".join(out).encode() + b"\r\n"


def clinic(n: int = 3000, seed: int = 2) -> bytes:
    """Forty columns, a tenth of the measurements missing, a numeric result to be cut at a threshold."""
    rng = np.random.default_rng(seed)
    female, site = rng.random(n) < 0.5, rng.integers(1, 6, n)
    hidden = rng.normal(size=n)
    values = (
        hidden[:, None] * rng.normal(0.5, 0.4, 35)
        + rng.normal(size=(n, 35))
        + 0.3 * site[:, None]
        + 0.5 * female[:, None]
    )
    result = np.round(50 + 8 * hidden - 4 * female + rng.normal(0, 5, n), 1)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["patient_id", "gender", "site", "age", *[f"m{k:02d}" for k in range(35)], "score"])
    for k in range(n):
        cells = ["" if rng.random() < 0.1 else f"{v:.3f}" for v in values[k]]
        table.writerow([f"P{k:05d}", "F" if female[k] else "M", site[k], rng.integers(20, 90), *cells, result[k]])
    return text.getvalue().encode()


def visas(n: int = 5000, seed: int = 3) -> bytes:
    """Five groups, text categories with quotes, commas and marks that pages might take for more than text."""
    rng = np.random.default_rng(seed)
    origin = rng.choice(["Asia", "Africa", "Europe", "Latin America", "Oceania"], n, p=[0.35, 0.25, 0.2, 0.15, 0.05])
    office = rng.choice(["Lagos, main", "Delhi", 'Lima "B"', "<b>Oslo</b>"], n, p=[0.4, 0.3, 0.2, 0.1])
    degree = rng.choice(["none", "school", "bachelor", "master"], n)
    language = np.where(rng.random(n) < 0.6, np.char.add("speaks ", np.char.lower(origin)), "English")
    purpose = rng.choice(["study", "work", "family", "*tourism*", "$x^2$"], n)
    merit = np.select([degree == "master", degree == "bachelor", degree == "school"], [1.5, 1.0, 0.4], 0.0)
    merit = merit + 0.5 * (purpose == "study")
    granted = _decided(rng, merit, (origin == "Africa") * 1.0 + 0.5 * (origin == "Asia"), 0.5)
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["case", "region_of_origin", "office", "tongue", "degree", "purpose", "months", "visa_status"])
    for k in range(n):
        status = "granted" if granted[k] else rng.choice(["refused", "withdrawn"])
        table.writerow(
            [1000 + k, origin[k], office[k], language[k], degree[k], purpose[k], rng.integers(1, 37), status]
        )
    return text.getvalue().encode()
