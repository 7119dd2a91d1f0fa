"""Pages without a browser, and what they say."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parent.parent.parent


def start(**query: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def status(app: AppTest) -> str:
    """Recorded, preview or sampled, and from how much; who was tested, which stands behind it, left out."""
    kinds = ("Recorded ·", "Preview ·", "Sampled ·", "Aimed")
    return next(c.value.rsplit(" · ", 1)[0] for c in app.caption if c.value.startswith(kinds))


def sentence(app: AppTest) -> str:
    return next(m.value for m in app.markdown if m.value.startswith("Tested on"))


def simulated(*domains: str) -> AppTest:
    """The page on the simulated world, whose rows are always here."""
    app = start()
    app.selectbox(key="data").set_value("simulated").run()
    if domains:
        app.button_group(key="domains_simulated").set_value(list(domains)).run()
    return app


def drawn(app: AppTest) -> None:
    """Wait for the rows that are drawn beside the page, and show them."""
    for future in app.session_state["drawing"].futures.values():
        future.result(120)
    app.run()


def compare_page() -> None:
    """The Compare page alone."""
    from fairviz.ui import compare

    compare.page()
