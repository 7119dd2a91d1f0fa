"""The lesson as a page: a guess comes before what is seen, every step has a link, and it ends on Explore."""

from __future__ import annotations

import re

import streamlit as st
from streamlit.testing.v1 import AppTest


def learn(**query: str) -> AppTest:
    def page() -> None:
        from fairviz.ui import learn

        learn.page()

    app = AppTest.from_function(page, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def texts(app: AppTest) -> str:
    return "\n".join(m.value for m in app.markdown)


def test_nothing_is_told_before_a_guess() -> None:
    app = learn()
    assert "### 1 of 7 · The gap" in texts(app)
    assert "times**" not in texts(app)
    assert app.info
    app.radio(key="guess_gap").set_value(0).run()
    assert "**It is: A quarter as often.**" in texts(app)
    assert "**0.27 times** as often as men" in texts(app)
    assert not app.info
    app.radio(key="guess_gap").set_value(3).run()
    assert "**You guessed right.**" in texts(app)


def test_walked_through_to_the_end() -> None:
    app = learn()
    for number in range(1, 8):
        assert f"### {number} of 7" in texts(app)
        key = next(r.key for r in app.radio if r.key.startswith("guess_"))
        app.radio(key=key).set_value(0).run()
        assert not app.exception
        assert not app.info
        if number < 7:
            app.button(key="next").click().run()
    assert not [b for b in app.button if b.key == "next"]
    app.button(key="back").click().run()
    assert "### 6 of 7" in texts(app)


def test_a_step_has_a_link() -> None:
    app = learn(step="small")
    assert "### 4 of 7" in texts(app)
    app.button(key="next").click().run()
    told = app.query_params["step"]
    assert (told if isinstance(told, str) else told[0]) == "parting"


def test_without_recorded_results_it_says_what_to_do(monkeypatch) -> None:
    from fairviz.ui.parts import loading

    st.cache_resource.clear()
    monkeypatch.setattr(loading, "recorded", lambda *_: None)
    try:
        app = learn()
        assert "needs the recorded results" in app.error[0].value.replace("\\", "")
    finally:
        st.cache_resource.clear()


def test_rows_are_watched_from_noise_on() -> None:
    """At first nothing is told apart; at the end the groups' labels differ, and less with a price."""
    app = learn()
    assert not [s for s in app.slider if s.key == "watch_step"]
    app.button(key="watch").click().run()
    assert not app.exception

    def told() -> list[list[int]]:
        found = [c.value for c in app.caption if c.value.startswith("Noise left")]
        return [[int(n) for n in re.findall(r": (\d+)", text.split("each group,")[1])] for text in found]

    (women, men), (women_priced, men_priced) = told()
    assert women < men
    assert men_priced - women_priced < men - women
    app.slider(key="watch_step").set_value(0).run()
    assert [c.value for c in app.caption if "10.0 times as much as signal" in c.value or "times as much" in c.value]
    without, priced = told()
    assert without == priced  # the same noise
