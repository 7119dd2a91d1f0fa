"""How hard a text is to read, by Flesch and Kincaid (1975)."""

from __future__ import annotations

import re


def syllables(word: str) -> int:
    """Groups of vowels; an e at the end is silent."""
    word = re.sub(r"(?<=[^aeiouyl])e$|(?<=[aeiouy])le$", "", word.lower().replace("’", "'").split("'")[0])
    return max(len(re.findall(r"[aeiouy]+", word)), 1)


def words_of(text: str) -> list[str]:
    """Words; numbers and what is in quotes do not count as such."""
    return re.findall(r"[A-Za-z][A-Za-z'’]*", re.sub(r'"[^"]*"|`[^`]*`|\d[\d,.]*\d', " ", text))


def grade(text: str) -> float:
    """School years that it takes: 0.39 words per sentence + 11.8 syllables per word - 15.59."""
    sentences = max(len(re.findall(r"[.!?](?:\s|$)", text)), 1)
    words = words_of(text)
    return 0.39 * len(words) / sentences + 11.8 * sum(map(syllables, words)) / len(words) - 15.59
