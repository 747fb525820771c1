from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from commandline import CHECKOUT

from codesearch.audit.child import AuditProcess, Exit
from codesearch.core.schedule import ScheduledAudit


def audit(folder: Path, *options: str) -> ScheduledAudit:
    return ScheduledAudit("app", "0 3 * * *", "UTC", (), options, str(folder))


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], AuditProcess]:
    """Makes processes that run a program in the place of codesearch; its words are in ``sys.argv[1:]``."""

    def make(text: str) -> AuditProcess:
        package = tmp_path / "instead" / "codesearch"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / "__main__.py").write_text(text)
        monkeypatch.setenv("PYTHONPATH", str(package.parent))
        return AuditProcess(["--index", "i"])

    return make


def test_exit_code_and_last_line_come_back(tmp_path: Path, program: Callable[[str], AuditProcess]) -> None:
    process = program(
        "import sys; print('noise'); print('one\\n codesearch: error: two \\n', file=sys.stderr); sys.exit(3)"
    )
    ended = process.run(audit(tmp_path))
    assert (ended.code, ended.message) == (3, "two")
    assert ended.failure == "two"


def test_words_are_global_options_the_command_its_options_and_paths(
    tmp_path: Path, program: Callable[[str], AuditProcess]
) -> None:
    process = program("import os, sys; sys.exit(repr([os.getcwd(), *sys.argv[1:]]))")
    scheduled = ScheduledAudit("app", "", "", ("/src/a%FFb",), ("-f", "csv"), str(tmp_path))
    expected = [os.path.realpath(tmp_path), "--index", "i", "audit", "-f", "csv", "/src/a\\udcffb"]
    assert process.run(scheduled).message == repr(expected).replace("\\\\", "\\")


def test_module_of_the_audited_folder_is_not_what_runs(
    tmp_path: Path, program: Callable[[str], AuditProcess]
) -> None:
    (tmp_path / "codesearch.py").write_text("import sys; sys.exit(77)")
    assert program("import sys; sys.exit(5)").run(audit(tmp_path)).code == 5


def test_process_that_dies_of_a_signal_says_which(
    tmp_path: Path, program: Callable[[str], AuditProcess]
) -> None:
    process = program("import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert process.run(audit(tmp_path)).failure == "killed by SIGKILL"


def test_silent_failure_says_its_exit_code(tmp_path: Path, program: Callable[[str], AuditProcess]) -> None:
    assert program("import sys; sys.exit(9)").run(audit(tmp_path)).failure == "ended with exit code 9"
    assert Exit(1, -200, "").failure == "killed by signal 200"


def test_flood_of_messages_is_read_from_its_end(
    tmp_path: Path, program: Callable[[str], AuditProcess]
) -> None:
    process = program("import sys; sys.stderr.write('x' * 10**6 + '\\nlast ' + 'y' * 1000 + '\\n')")
    assert process.run(audit(tmp_path)).message == ("last " + "y" * 1000)[:500]


def test_folder_that_is_gone_is_a_failure_not_a_crash(tmp_path: Path) -> None:
    ended = AuditProcess([]).run(audit(tmp_path / "gone"))
    assert (ended.pid, ended.code) == (0, 3)
    assert str(tmp_path / "gone") in ended.failure
    assert "No such file" in ended.failure


def test_stopping_interrupts_the_audit_that_runs(
    tmp_path: Path, program: Callable[[str], AuditProcess]
) -> None:
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    process = program(
        "import sys, time\n"
        "try:\n"
        f"    open({str(ready)!r}, 'w').close()\n"
        "    time.sleep(600)\n"
        "except KeyboardInterrupt:\n"
        "    sys.exit(130)\n"
    )
    ends: list[Exit] = []
    runner = threading.Thread(target=lambda: ends.append(process.run(audit(tmp_path))))
    runner.start()
    ready.read_text()  # blocks until the program is there
    process.stop()
    runner.join()
    assert [end.code for end in ends] == [130]


def test_audit_that_does_not_end_when_it_is_stopped_is_killed(
    tmp_path: Path, program: Callable[[str], AuditProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("codesearch.audit.child._GRACE", 0.01)
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    process = program(
        "import signal, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        f"open({str(ready)!r}, 'w').close()\n"
        "time.sleep(600)\n"
    )
    ends: list[Exit] = []
    runner = threading.Thread(target=lambda: ends.append(process.run(audit(tmp_path))))
    runner.start()
    ready.read_text()
    process.stop()
    runner.join()
    assert [end.failure for end in ends] == ["killed by SIGKILL"]


def test_nothing_is_stopped_when_nothing_runs(tmp_path: Path, program: Callable[[str], AuditProcess]) -> None:
    process = program("import sys; sys.exit(4)")
    assert process.run(audit(tmp_path)).code == 4
    process.stop()


def test_bad_audit_of_the_real_program_is_its_own_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
    ended = AuditProcess([]).run(audit(tmp_path, "--no-such-option"))
    assert ended.code == 2
    assert ended.message
    assert "Traceback" not in ended.message
    assert sys.executable not in ended.message
