"""The imports, parsed, against the table in docs/architecture.md; and words that must not occur in the code."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
#: Rooms and modules of the package, from below, and those that each imports.
ALLOWED = {
    "errors": set(),
    "text": set(),
    "plugins": set(),
    "numerics": set(),
    "meta": set(),
    "checks": {"errors"},
    "files": {"errors"},
    "contrasts": set(),
    "forest": set(),
    "zeros": {"errors"},
    "dual": {"contrasts", "errors"},
    "settings": {"errors"},
    "diffusion": {"diffusion"},
    "charts": {"charts"},
    "controls": {"checks", "controls", "diffusion", "dual", "errors", "plugins", "settings", "synthesizers"},
    "data": {"controls", "data", "dual", "errors", "files", "plugins", "text"},
    "contracts": {"data"},
    "evaluation": {"checks", "data", "errors", "evaluation", "numerics", "plugins", "text", "zeros"},
    "posteriors": {"data", "dual", "evaluation", "numerics"},
    "synthesizers": {
        "checks", "contracts", "controls", "data", "diffusion", "dual", "errors", "evaluation", "forest", "meta",
        "numerics", "plugins", "posteriors", "settings", "synthesizers", "text", "zeros",
    },
    "mitigation": {
        "contracts", "controls", "data", "diffusion", "dual", "errors", "evaluation", "mitigation", "numerics",
        "plugins", "posteriors", "settings",
    },
    "store": {"controls", "data", "errors", "files", "store", "synthesizers", "text", "turn"},
    "experiments": {
        "checks", "controls", "data", "dual", "errors", "evaluation", "experiments", "mitigation", "posteriors",
        "settings", "store", "synthesizers", "text", "turn",
    },
    "telling": {
        "charts", "controls", "data", "dual", "errors", "evaluation", "experiments", "store", "telling", "text",
    },
    "ui": {
        "charts", "controls", "data", "dual", "errors", "evaluation", "experiments", "store", "synthesizers", "telling",
        "text", "turn", "ui",
    },
    "cli": {
        "checks", "cli", "controls", "data", "errors", "evaluation", "experiments", "files", "meta", "store",
        "synthesizers", "telling", "text",
    },
    "turn": {"files", "store"},
    "__init__": set(),
    "__main__": {"cli"},
}  # fmt: skip
FILES = sorted((ROOT / "fairviz").rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Modules that a file imports, full names."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(path: Path) -> str:
    return path.relative_to(ROOT / "fairviz").parts[0].removesuffix(".py")


def used(path: Path) -> set[str]:
    """Rooms that a file imports."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("fairviz.")} - {"__version__"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_who_imports_whom(path: Path) -> None:
    assert used(path) <= ALLOWED[room(path)]


def test_the_table_covers_every_module() -> None:
    assert {room(path) for path in FILES} == set(ALLOWED)


def test_the_table_is_no_wider_than_what_is_used() -> None:
    assert {name: set().union(*(used(p) for p in FILES if room(p) == name)) for name in ALLOWED} == ALLOWED


def test_only_the_pages_know_streamlit() -> None:
    """And the command that starts it, when it is given."""
    starts = ROOT / "fairviz" / "cli" / "app.py"
    for path in FILES:
        if room(path) != "ui" and path != starts:
            assert not any(name.split(".")[0] == "streamlit" for name in imports(path)), path
    at_once = [node for node in ast.parse(starts.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert not any("streamlit" in ast.unparse(node) for node in at_once)
    for path in (ROOT / "fairviz" / "diffusion").glob("*.py"):
        assert not any(name.split(".")[0] in ("pandas", "sklearn") for name in imports(path)), path


def test_nothing_unsafe() -> None:
    """No pickle, no torch.load, no HTML from data, no evaluated strings; HTML is the constant stylesheet alone."""
    banned = ("pickle", "torch.load(", "unsafe_allow_html", "st.html(", ".to_html(", ".eval(", ".query(")
    for path in [*FILES, ROOT / "app.py"]:
        text, style = path.read_text(), path.name == "style.py"
        assert not [word for word in banned if word in text and not (style and word == "st.html(")], path
