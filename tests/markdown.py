"""Markdown tables as the tests read them."""


def cells(text: str) -> dict[str, list[str]]:
    """Rows of a Markdown table by their first cell."""
    lines = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return {line[0].strip(): [cell.strip() for cell in line[1:]] for line in lines}
