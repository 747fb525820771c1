from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from codesearch.report.printable import printable, printable_code


def test_terminal_escapes_become_visible() -> None:
    assert printable("a\x1b[31mred\x1b]8;;http://evil\x07.py") == r"a\x1b[31mred\x1b]8;;http://evil\x07.py"
    assert printable("line\nbreak\r.py") == r"line\x0abreak\x0d.py"
    assert printable("\x9b31m") == r"\x9b31m"


def test_invisible_reordering_becomes_visible() -> None:
    assert printable("access\u202e\u2066") == r"access\u202e\u2066"
    assert printable("\udcff") == r"\udcff"


def test_names_in_any_script_stay_readable() -> None:
    assert printable("größe_名前_😀.py") == "größe_名前_😀.py"


def test_tabs_of_code_become_spaces() -> None:
    assert printable_code("\tif a:\tb\r\n") == "    if a:   b"


@given(st.text(alphabet=st.characters()))
def test_nothing_a_terminal_acts_on_survives(text: str) -> None:
    safe = printable(text)
    assert all(unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"} for character in safe)
    safe.encode("utf-8")
