"""Compare in an address: what one page shows, another shows again."""

from urllib.parse import parse_qs

import pytest

from tests.ui.test_compare import ids, start

pytestmark = pytest.mark.usefixtures("fresh_caches")


def test_methods_point_and_pins_stand_in_the_link() -> None:
    """What one page shows, another shows again from its address; ids only."""
    app = start()
    app.multiselect(key="methods_adult").set_value(["fadm_dp", "ddpm"]).run()
    wanted = [i for i in ids(app) if i.startswith("fadm_dp")][:3]
    for point in wanted[:2]:
        app.selectbox(key="compare_point").set_value(point).run()
        app.button(key="pin").click().run()
    app.selectbox(key="compare_point").set_value(wanted[2]).run()
    told = parse_qs(next(c.value for c in app.code if "v=1" in c.value).partition("?")[2], strict_parsing=True)
    assert told["methods_adult"] == ["fadm_dp", "ddpm"]
    assert told["compare_point"] == [wanted[2]]
    assert told["pins"] == wanted[:2]
    assert told["compare_axis"] == ["R_DP"]
    again = start(**told)
    assert again.multiselect(key="methods_adult").value == ["fadm_dp", "ddpm"]
    assert again.selectbox(key="compare_point").value == wanted[2]
    assert [b.key for b in again.button if str(b.key).startswith("unpin_")] == [f"unpin_{p}" for p in wanted[:2]]
    assert not [w for w in again.warning if w.icon == ":material/link_off:"]
