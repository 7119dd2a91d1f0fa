"""The README's moving picture of Explore: ``python -m tests.browser.readme_picture [FILE]`` (``docs/explore.gif``)."""

from __future__ import annotations

import io
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.screens import FLAGS, ROOT, app, wait_until_quiet

#: What is kept of a page of this width: its header and its charts.
SIZE, TOP = (1280, 870), 16
#: Prices that the dial is moved to and back, how long each is seen, and how wide the picture is.
PRICES, MILLISECONDS, WIDTH = (0.0, 0.05, 0.1, 0.15, 0.2, 0.25), 1100, 900


def moving(frames: list[Image.Image]) -> bytes:
    """A GIF that goes through the frames and back, again and again."""
    size = (WIDTH, round(frames[0].height * WIDTH / frames[0].width))
    small = [frame.resize(size, Image.Resampling.LANCZOS) for frame in frames]
    palette = small[-1].convert("RGB").quantize(128)
    steps = [frame.convert("RGB").quantize(palette=palette, dither=Image.Dither.NONE) for frame in small]
    steps += steps[-2:0:-1]
    out = io.BytesIO()
    steps[0].save(out, "GIF", save_all=True, append_images=steps[1:], duration=MILLISECONDS, loop=0, optimize=True)
    return out.getvalue()


def main() -> None:
    """Open Explore on Adult, in the light theme, at every price, and keep its upper part."""
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "explore.gif"
    frames = []
    with tempfile.TemporaryDirectory() as folder, app(Path(folder)) as url, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(color_scheme="light", viewport={"width": SIZE[0], "height": SIZE[1]})
        for price in PRICES:
            page.goto(f"{url}?price_dp={price:g}")
            if not wait_until_quiet(page):
                sys.exit(f"The page did not come to rest at {price:g}.")
            clip = {"x": 0, "y": TOP, "width": SIZE[0], "height": SIZE[1] - TOP}
            frames.append(Image.open(io.BytesIO(page.screenshot(clip=clip))))
        browser.close()
    path.write_bytes(moving(frames))


if __name__ == "__main__":
    main()
