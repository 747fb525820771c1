"""Generated pages say what the product does, and every command is there."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from codesearch.cli.commands import COMMANDS, load_command
from codesearch.cli.page import DOCS, pages
from codesearch.core.settings.keys import setting_keys
from indexer.parsing.languages import registry


@pytest.mark.parametrize("name", ["cli.md", "languages.md"])
def test_generated_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"


@pytest.mark.parametrize("name", COMMANDS)
def test_command_loads_and_is_documented(name: str) -> None:
    command = load_command(name)
    assert isinstance(command, click.Command)
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    assert f"## codesearch {name}\n" in page
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert parameter.help
            assert parameter.opts[-1] in page


def test_every_setting_is_documented() -> None:
    page = (DOCS / "settings.md").read_text(encoding="utf-8")
    assert [key for key in setting_keys() if f"`{key}`" not in page] == []


def test_every_language_is_documented() -> None:
    page = (DOCS / "languages.md").read_text(encoding="utf-8")
    assert [language.id for language in registry() if f"| {language.id} |" not in page] == []


def test_links_between_pages_lead_somewhere() -> None:
    root = DOCS.parent
    for page in [*root.glob("*.md"), *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / Path(target)).exists(), f"{page.name} links to {target}"
