from __future__ import annotations

import os
from pathlib import Path

import pytest

from codesearch.core.errors import ConfigError
from codesearch.core.settings import default_settings, load_settings
from codesearch.core.settings.keys import setting_keys, shown_values
from codesearch.core.settings.page import settings_page

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user without settings, in an empty folder."""
    for name in [name for name in os.environ if name.upper().startswith("CODESEARCH_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    return tmp_path


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_alone_are_complete_and_valid() -> None:
    settings = default_settings()
    assert settings.fragments.min_lines == 5
    assert settings.parsing.jobs == 0
    assert settings.verdict.clone_threshold is None


def test_each_layer_wins_over_the_one_below(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load_settings().settings.retrieval.k == 20
    user = write(home / "config/codesearch/config.toml", "[retrieval]\nk = 1\ncandidates = 11\n")
    assert load_settings().settings.retrieval.k == 1
    project = write(home / "project/codesearch.toml", "[retrieval]\n\nk = 2\n")
    assert load_settings().settings.retrieval.k == 2
    monkeypatch.setenv("CODESEARCH_RETRIEVAL__K", "3")
    assert load_settings().settings.retrieval.k == 3
    loaded = load_settings({"retrieval.k": 4, "parsing.jobs": None})
    assert loaded.settings.retrieval.k == 4
    assert loaded.settings.retrieval.candidates == 11
    assert loaded.origins["retrieval.k"] == "command line"
    assert loaded.origins["retrieval.candidates"] == f"{user}:3"
    assert loaded.origins["parsing.jobs"] == "default"
    assert loaded.origins["verdict.clone_threshold"] == "unset"
    monkeypatch.delenv("CODESEARCH_RETRIEVAL__K")
    assert load_settings().origins["retrieval.k"] == f"{project}:3"


def test_project_file_is_found_from_a_folder_below(home: Path) -> None:
    write(home / "project/codesearch.toml", "fragments.min_lines = 9\n")
    below = home / "project/src/deep"
    below.mkdir(parents=True)
    loaded = load_settings(start=below)
    assert loaded.settings.fragments.min_lines == 9
    assert loaded.origins["fragments.min_lines"].endswith("codesearch.toml:1")


def test_named_file_replaces_the_users_own(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / "config/codesearch/config.toml", "[retrieval]\nk = 1\n")
    other = write(home / "other.toml", "[parsing]\njobs = 3\n")
    assert load_settings(config_file=other).settings.retrieval.k == 20
    monkeypatch.setenv("CODESEARCH_CONFIG", str(other))
    assert load_settings().settings.parsing.jobs == 3


def test_environment_reads_lists_numbers_and_nested_sections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESEARCH_CORPUS__INCLUDE", "*.py, src/**/*.java")
    monkeypatch.setenv("CODESEARCH_RETRIEVAL__WEIGHTS__DENSE", "0.5")
    monkeypatch.setenv("CODESEARCH_PARSING__JOBS", "")
    loaded = load_settings()
    assert loaded.settings.corpus.include == ("*.py", "src/**/*.java")
    assert loaded.settings.retrieval.weights.dense == 0.5
    assert loaded.origins["retrieval.weights.dense"] == "environment CODESEARCH_RETRIEVAL__WEIGHTS__DENSE"
    assert loaded.origins["parsing.jobs"] == "default"


def test_project_file_cannot_name_endpoints_keys_or_stores(home: Path) -> None:
    path = write(
        home / "project/codesearch.toml",
        '[judge]\nbase_url = "http://evil"\napi_key = "k"\nkind = "llm"\n[store]\nurl = "sqlite:////etc/x"\n'
        '[index]\ndir = "../../elsewhere"\n[fragments]\nmin_lines = 7\n',
    )
    loaded = load_settings()
    assert loaded.settings.judge == default_settings().judge
    assert loaded.settings.store == default_settings().store
    assert loaded.settings.index.dir is None
    assert loaded.settings.fragments.min_lines == 7
    ignored = {entry.key: entry for entry in loaded.ignored}
    assert set(ignored) == {"judge.base_url", "judge.api_key", "judge.kind", "store.url", "index.dir"}
    assert ignored["judge.base_url"].origin == f"{path}:2"
    assert "outside the project" in ignored["index.dir"].reason


def test_project_file_may_lower_limits_but_not_raise_them(home: Path) -> None:
    write(home / "config/codesearch/config.toml", "[parsing]\nmax_depth = 500\n")
    write(
        home / "project/codesearch.toml",
        "[corpus]\nmax_file_bytes = 2147483648\n[parsing]\ntimeout_seconds = 2\nmemory_mb = nan\n"
        "max_depth = 501\njobs = 1000\n[index]\nsegment_rows = 16\n",
    )
    loaded = load_settings()
    assert loaded.settings.parsing.timeout_seconds == 2
    assert loaded.settings.parsing.max_depth == 500
    assert loaded.settings.corpus.max_file_bytes == default_settings().corpus.max_file_bytes
    assert {entry.key: "up to your own" in entry.reason for entry in loaded.ignored} == {
        "corpus.max_file_bytes": True,
        "parsing.memory_mb": True,
        "parsing.max_depth": True,
        "parsing.jobs": False,
        "index.segment_rows": False,
    }


@pytest.mark.parametrize("value", ["'deep'", "'100000'", "[1]"])
def test_a_limit_of_a_project_that_is_no_number_has_no_effect(home: Path, value: str) -> None:
    write(home / "project/codesearch.toml", f"[parsing]\nmax_depth = {value}\n")
    loaded = load_settings()
    assert loaded.settings.parsing.max_depth == default_settings().parsing.max_depth
    assert [entry.key for entry in loaded.ignored] == ["parsing.max_depth"]


def test_text_with_spaces_by_the_thousand_is_read(home: Path) -> None:
    write(home / "project/codesearch.toml", f'[corpus]\nexclude = ["""\n{" " * 100_000}a"""]\n')
    assert load_settings().settings.corpus.exclude == (f"{' ' * 100_000}a",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a." * 40_000 + "b = 1\n", "more than 500 dots in line 1"),
        ("[retrieval]\nk = {" + '"a.\\"" . ' * 40_000 + "b = 1}\n", "more than 500 dots in line 2"),
        ('a = ["""\' """, {' + "a." * 40_000 + "b = 1}]\n", "more than 500 dots in line 1"),
        ("[retrieval]\nk = " + "1" * 5_000 + "\n", "not valid TOML"),
        ("a = " + "[" * 5_000 + "]" * 5_000, "nested too deeply"),
        ("".join(f"{'[a.' if not n else 'a.'}" for n in range(90)) + "a]\n" + "a = " + "{a = " * 200, "TOML"),
        ("#" * (1 << 20) + "\n", "longer than"),
    ],
    ids=[
        "long key",
        "long quoted key",
        "long key behind a quote",
        "long number",
        "deep",
        "deep tables",
        "long file",
    ],
)
def test_a_file_that_would_take_for_ever_or_break_its_reader_is_refused(
    home: Path, text: str, expected: str
) -> None:
    path = write(home / "project/codesearch.toml", text)
    with pytest.raises(ConfigError, match=expected) as caught:
        load_settings()
    assert str(path) in str(caught.value)


def test_project_file_cannot_leave_the_project_through_a_link(home: Path) -> None:
    (home / "project/link").symlink_to(home)
    write(home / "project/codesearch.toml", '[index]\ndir = "link/index"\n')
    assert [entry.key for entry in load_settings().ignored] == ["index.dir"]


def test_paths_are_relative_to_the_file_or_folder_that_names_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(home / "project/codesearch.toml", '[index]\ndir = "build/index"\n')
    below = home / "project/src"
    below.mkdir()
    assert load_settings(start=below).settings.index.dir == home / "project/build/index"
    monkeypatch.setenv("CODESEARCH_INDEX__DIR", "here")
    assert load_settings().settings.index.dir == home / "project/here"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[parsing]\njob = 1\n", ["parsing.job", ":2", "parsing.jobs"]),
        ("[nothing]\nx = 1\n", ["nothing.x", ":2", "config show"]),
        ("parsing = 3\n", ["'parsing'", ":1", "write [parsing]"]),
        ("[parsing]\njobs = 'many'\n", ["parsing.jobs", ":2", "valid integer"]),
        ("[parsing]\njobs = -1\n", ["parsing.jobs", ":2", "greater than or equal to 0"]),
        ("[log]\nlevel = 'loud'\n", ["log.level", ":2", "'debug'"]),
        ("[corpus]\ninclude = ['a', 3]\n", ["corpus.include", ":2", "valid string"]),
        ("[verdict]\nclone_threshold = 0.2\nreject_threshold = 0.5\n", ["verdict", "above clone_threshold"]),
        ("[parsing\n", ["config.toml", "not valid TOML"]),
    ],
)
def test_wrong_setting_is_named_with_its_place_and_what_would_do(
    home: Path, text: str, expected: list[str]
) -> None:
    write(home / "config/codesearch/config.toml", text)
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert "\n" not in str(caught.value)
    for part in expected:
        assert part in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("CODESEARCH_PARSING__JOB", "1", "parsing.jobs"),
        ("CODESEARCH_PARSING__JOBS", "x", "CODESEARCH_PARSING__JOBS"),
        ("CODESEARCH_PARSING", "4", "CODESEARCH_PARSING__<KEY>"),
    ],
)
def test_wrong_environment_variable_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=expected):
        load_settings()


def test_file_that_is_named_but_missing_is_an_error(home: Path) -> None:
    with pytest.raises(ConfigError, match="no settings file"):
        load_settings(config_file=home / "absent.toml")


def test_bytes_that_are_not_utf8_are_an_error(home: Path) -> None:
    path = home / "config.toml"
    path.write_bytes(b"[log]\nlevel = '\xff'\n")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_settings(config_file=path)


def test_secret_never_appears_in_values_or_errors(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CODESEARCH_JUDGE__API_KEY", "sesame")
    loaded = load_settings()
    assert "sesame" not in repr(loaded)
    assert "sesame" not in str(shown_values(loaded.settings))
    assert loaded.settings.judge.api_key.get_secret_value() == "sesame"
    write(home / "config/codesearch/config.toml", "[judge]\nmodel = ['sesame']\n")
    with pytest.raises(ConfigError) as caught:
        load_settings()
    assert "sesame" not in str(caught.value)


def test_every_setting_has_a_one_line_description() -> None:
    for key in setting_keys().values():
        assert key.description, key.dotted
        assert "\n" not in key.description


def test_documented_settings_are_those_of_the_code() -> None:
    page = (CHECKOUT / "docs/settings.md").read_text(encoding="utf-8")
    assert page == settings_page(), "run: python -m codesearch.core.settings.page > docs/settings.md"
