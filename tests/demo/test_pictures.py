from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

from demo.pictures import FONT, portable
from tests.support.sertui_scenes import opened
from tests.support.virtual_time import run

IMAGES = Path(__file__).parents[2] / "docs" / "images"


@pytest.fixture
def drawn() -> str:
    async def main() -> str:
        async with opened("overview") as pilot:
            return portable(pilot.app.export_screenshot())

    return run(main())


def test_nothing_is_fetched_from_elsewhere(drawn: str) -> None:
    assert "@font-face" not in drawn
    assert drawn.count("http") == drawn.count("http://www.w3.org") + drawn.count("textualize.io")
    assert FONT in drawn


def test_each_word_stands_in_its_place(drawn: str) -> None:
    texts = {
        (element.text or "").strip(): element
        for element in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text")
    }
    word = texts["Overview"]
    assert (word.get("x"), word.get("textLength")) == (f"{3 * 12.2:.1f}", f"{8 * 12.2:.1f}")


@pytest.mark.parametrize("picture", sorted(IMAGES.glob("sertui-*.svg")), ids=lambda path: path.stem)
def test_the_pictures_that_are_shown_can_be_read_and_are_of_today(picture: Path) -> None:
    text = picture.read_text()
    ElementTree.fromstring(text)
    assert portable(text) == text
    assert "Registrations" in text
