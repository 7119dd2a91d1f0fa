"""The imports, parsed, against the table in docs/architecture.md; and words that must not occur in the code."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED = {
    "errors": set(),
    "diffusion": {"diffusion"},
    "meta": set(),
    "charts": set(),
    "plugins": set(),
    "numerics": set(),
    "checks": {"errors"},
    "dual": {"errors"},
    "files": {"errors"},
    "settings": {"errors"},
    "untrusted": {"errors"},
    "controls": {"checks", "controls", "diffusion", "dual", "errors", "plugins", "settings", "synthesizers"},
    "posteriors": {"data", "dual", "evaluation", "numerics"},
    "data": {"controls", "data", "dual", "errors", "files"},
    "synthesizers": {
        "checks", "controls", "synthesizers", "data", "diffusion", "dual", "meta", "numerics", "plugins", "posteriors",
        "settings", "errors",
    },
    "mitigation": {
        "controls", "data", "diffusion", "dual", "errors", "evaluation", "mitigation", "numerics", "plugins",
        "posteriors", "settings",
    },
    "evaluation": {"evaluation", "data", "numerics", "errors"},
    "store": {"errors", "files", "untrusted"},
    "segments": {"errors", "files"},
    "library": {"data", "segments", "synthesizers", "store", "untrusted", "errors"},
    "experiments": {
        "checks", "controls", "data", "dual", "errors", "evaluation", "experiments", "library", "mitigation",
        "segments", "settings", "store", "synthesizers",
    },
    "view": {"evaluation"},
    "preview": {"data", "errors", "evaluation", "synthesizers"},
    "draws": {"data", "errors", "experiments", "library"},
    "jobs": {"data", "errors", "library", "store", "synthesizers"},
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


def package(path: Path) -> str:
    return path.relative_to(ROOT / "fairviz").parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", [p for p in FILES if package(p) in ALLOWED], ids=lambda p: str(p.relative_to(ROOT)))
def test_who_imports_whom(path: Path) -> None:
    used = {name.split(".")[1] for name in imports(path) if name.startswith("fairviz.")}
    assert used - {"__version__"} <= ALLOWED[package(path)]


def test_the_table_covers_every_module() -> None:
    assert {package(p) for p in FILES} - set(ALLOWED) == {
        "__init__",
        "__main__",
        "cli",
        "commands",
        "comparisons",
        "ui",
    }


def test_only_the_pages_know_streamlit() -> None:
    for path in FILES:
        if package(path) not in ("ui", "commands"):
            assert not any(name.split(".")[0] == "streamlit" for name in imports(path)), path
    for path in (ROOT / "fairviz" / "diffusion").glob("*.py"):
        assert not any(name.split(".")[0] in ("pandas", "sklearn") for name in imports(path)), path


def test_nothing_unsafe() -> None:
    """No pickle, no torch.load, no HTML from data, no evaluated strings."""
    banned = ("pickle", "torch.load(", "unsafe_allow_html", "st.html(", ".to_html(", ".eval(", ".query(")
    for path in [*FILES, ROOT / "app.py"]:
        text = path.read_text()
        assert not [word for word in banned if word in text], path
