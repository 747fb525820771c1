from __future__ import annotations

import io
import stat
from collections.abc import Sequence
from pathlib import Path

import pytest
from audit_reports import FakeSources, audit, small_audit

from codesearch.core.audit import Member
from codesearch.core.errors import EnvironmentFailure, InputError, UsageError
from codesearch.report.audit_formats import FORMATS, reporter, write_report


class BrokenSources(FakeSources):
    """Fails while a report is being written."""

    def lines(self, member: Member) -> Sequence[str] | None:
        del member
        message = "out of luck"
        raise LookupError(message)


def write(format_name: str, path: Path | str, sources: FakeSources | None = None) -> None:
    write_report(small_audit(), sources or FakeSources(), format_name, str(path))


def test_the_formats_are_those_of_the_help_page() -> None:
    assert list(FORMATS) == ["text", "json", "sarif", "html", "markdown", "csv", "gitlab", "junit"]


def test_an_unknown_format_is_refused_with_the_close_one_and_all_others() -> None:
    with pytest.raises(UsageError) as error:
        reporter("serif")
    assert str(error.value) == (
        "no report format 'serif', did you mean 'sarif'?: "
        "use one of text, json, sarif, html, markdown, csv, gitlab, junit"
    )


def test_a_report_replaces_the_previous_one_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "report.csv"
    target.write_text("old")
    write("csv", target)
    assert target.read_bytes().startswith(b"class,clone_type")
    assert target.read_bytes().endswith(b"\r\n")
    assert [path.name for path in tmp_path.iterdir()] == ["report.csv"]
    assert stat.S_IMODE(target.stat().st_mode) & stat.S_IRUSR


def test_a_report_that_fails_leaves_the_previous_one_untouched(tmp_path: Path) -> None:
    target = tmp_path / "report.md"
    target.write_text("old")
    with pytest.raises(LookupError):
        write("markdown", target, BrokenSources())
    assert target.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["report.md"]


def test_a_link_stays_and_its_target_is_replaced(tmp_path: Path) -> None:
    target, link = tmp_path / "real.json", tmp_path / "link.json"
    target.write_text("old")
    link.symlink_to(target)
    write("json", link)
    assert link.is_symlink()
    assert target.read_text().startswith('{"schema"')


def test_a_device_is_written_directly() -> None:
    write("json", "/dev/null")
    assert Path("/dev/null").is_char_device()


def test_a_full_disk_is_no_fault_of_the_path() -> None:
    with pytest.raises(EnvironmentFailure) as error:
        write("json", "/dev/full")
    assert error.value.message == "cannot write the report /dev/full: No space left on device"


@pytest.mark.parametrize("path", ["missing/report.json", ".", "file/report.json", "a\0b", "n" * 300, "loop"])
def test_a_path_that_cannot_be_written_is_one_clear_error(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError) as error:
        write("json", path)
    assert error.value.message.startswith("cannot write the report ")
    assert error.value.hint == "name a file with -o, in a folder that exists and that you may write"
    assert "\n" not in str(error.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "loop"]


def test_standard_output_gets_utf8_whatever_the_locale(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(1, "wb", closefd=False) as raw:
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(raw, "ascii"))
        write("text", "-")
        write_report(audit(), FakeSources(), "json", "-")
    out = capfdbinary.readouterr().out.decode("utf-8")
    assert "ifp→in" in out
    assert out.endswith("}\n")
