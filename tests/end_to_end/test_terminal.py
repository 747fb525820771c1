"""What a person sees: colours, links and widths on a terminal, plain lines in a pipe."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from pathlib import Path

import pytest
from commandline import CHECKOUT, EXAMPLES, tally, write_tree

QUERY = EXAMPLES / "query" / "FileTools.java"
STYLE = r"\x1b\[[0-9;]*m"
LINK = r"\x1b\]8;[^;\x1b]*;[^\x1b]*\x1b\\"


def on_terminal(*words: str | Path, width: int = 80, environment: Mapping[str, str] | None = None) -> str:
    """What a command prints on a terminal of that width."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, width, 0, 0))
    clean = {name: value for name, value in os.environ.items() if name not in {"NO_COLOR", "COLUMNS"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "codesearch", *map(str, words)],
        env=clean | {"PYTHONPATH": str(CHECKOUT), "TERM": "xterm-256color"} | dict(environment or {}),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    printed = b""
    while part := _read(ours):
        printed += part
    os.close(ours)
    assert process.wait(timeout=60) == 0, printed
    return printed.decode().replace("\r\n", "\n")


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 1 << 16)
    except OSError:  # how Linux says that the other end is closed
        return b""


def plain(text: str) -> str:
    return re.sub(f"{STYLE}|{LINK}", "", text)


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize("width", [80, 120])
def test_places_are_links_and_lines_fit_the_terminal(width: int) -> None:
    text = on_terminal("query", QUERY, "--show", width=width)
    target = (Path.cwd() / "examples/corpus/StreamTools.java").as_uri()
    assert f";{target}\x1b\\" in text
    assert "\x1b[1;32mclone T1" in text
    lines = plain(text).splitlines()
    assert "\x1b" not in "".join(lines)
    assert [line for line in lines if line.endswith(" ")] == []
    assert max(len(line) for line in lines if not re.search(r":\d+-\d+", line)) <= width


@pytest.mark.usefixtures("indexed")
def test_colours_can_be_turned_off() -> None:
    for text in (
        on_terminal("query", QUERY, "--no-color"),
        on_terminal("query", QUERY, environment={"NO_COLOR": "1"}),
    ):
        colours = {code for style in re.findall(STYLE, text) for code in style[2:-1].split(";")}
        assert not colours & {str(code) for code in (*range(30, 50), *range(90, 108))}


def test_progress_bar_is_gone_when_the_work_is_done(user: Path) -> None:
    write_tree(user / "corpus", {"a.py": tally("a")})
    text = on_terminal("index", "corpus")
    assert "analysing" in text
    assert "1 file seen: 1 analysed" in plain(text)
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h")


def test_hostile_corpus_cannot_reach_the_terminal(user: Path) -> None:
    name = "a\x1b]0;title\x07\x1b[2J\u202e.py"
    write_tree(user, {f"corpus/{name}": tally("a") + "# \x1b]0;title\x07\x1b[2J\n", "mine.py": tally("a")})
    on_terminal("index", "corpus")
    text = on_terminal("query", "mine.py", "--show", "-v") + on_terminal("status", "--skipped")
    assert "a%1B]0;title%07%1B[2J%E2%80%AE.py:1-9" in text
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", plain(text))


@pytest.mark.usefixtures("indexed")
def test_json_on_a_terminal_is_indented_and_without_escapes() -> None:
    text = on_terminal("status", "--json")
    assert text.startswith('{\n  "schema": "codesearch.status/1"')
    assert "\x1b" not in text


@pytest.mark.usefixtures("indexed")
@pytest.mark.parametrize(
    "command", ["status >&-", "query - <&-", "status --json | true", "status > /dev/full"]
)
def test_closed_streams_are_no_crash(command: str) -> None:
    words = f'"$0" -m codesearch {command}'
    done = subprocess.run(
        ["bash", "-c", words, sys.executable],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert "unexpected" not in done.stderr
    assert done.stderr.count("\n") <= 1
