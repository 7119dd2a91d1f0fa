"""The one stylesheet: constant, and the only way in which the app writes HTML."""

from pathlib import Path

from fairviz.ui.parts import style

ROOT = Path(__file__).parent.parent.parent


def test_it_is_the_only_place_that_writes_html() -> None:
    files = [ROOT / "app.py", *sorted((ROOT / "fairviz").rglob("*.py"))]
    words = ("st.html(", "unsafe_allow_html", "<style", "components.v1", "<script")
    found = {path.relative_to(ROOT).as_posix() for path in files if any(word in path.read_text() for word in words)}
    assert found == {"fairviz/ui/parts/style.py"}


def test_it_holds_nothing_but_text() -> None:
    """No placeholder that could be filled with what somebody gave, no address that could be asked for."""
    source = (ROOT / "fairviz" / "ui" / "parts" / "style.py").read_text()
    assert "st.html(STYLESHEET)" in source
    assert not any(sign in source for sign in ("{}", ".format(", 'f"""', "f'''", "% (", "url(", "@import", "http"))
    assert style.STYLESHEET.count("{") == style.STYLESHEET.count("}")
