from __future__ import annotations

from pathlib import Path

from indexer.corpus.reread import reread_member

MOST = 1000


def test_a_member_is_read_with_line_feeds(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_bytes(b"x = 1\r\ny = 2\r\n")
    assert reread_member(tmp_path, "a.py", MOST) == b"x = 1\ny = 2\n"


def test_what_is_gone_or_too_large_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text("x" * (MOST + 1))
    assert reread_member(tmp_path, "long.py", MOST) is None
    assert reread_member(tmp_path, "gone.py", MOST) is None


def test_a_file_that_became_a_link_out_of_the_corpus_is_not_read(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    (tmp_path / "secret.py").write_text("import secret\n")
    (corpus / "a.py").symlink_to(tmp_path / "secret.py")
    assert reread_member(corpus, "a.py", MOST) is None
    assert reread_member(corpus, "../secret.py", MOST) is None


def test_a_loop_of_links_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").symlink_to(tmp_path / "a.py")
    assert reread_member(tmp_path, "a.py", MOST) is None
