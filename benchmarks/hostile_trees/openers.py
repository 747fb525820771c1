"""Openers without closers, again and again: a lexer that looks for the end reads such a file n times."""

from __future__ import annotations

from benchmarks.hostile_trees.case import ANALYSED, HostileCase, file_case

COUNT = 10_000
_SLOW_GRAMMARS = frozenset({"rust-raw-strings", "lua-long-brackets"})  # scanners of theirs are quadratic
_OPENERS = {
    "python-quotes": ("quotes.py", "'''a\"\"\"\n"),
    "python-format-strings": ("formats.py", 'f"{x!r:{"\n'),
    "js-slashes": ("slashes.js", "a = b /c[/\n"),
    "js-templates": ("templates.js", "`${"),
    "c-raw-strings": ("raw.cpp", 'R"d('),
    "c-continuations": ("lines.c", "#define A \\\n"),
    "rust-raw-strings": ("raw.rs", 'r##"'),
    "rust-comments": ("comments.rs", "/*"),
    "ruby-heredocs": ("heredocs.rb", "<<A "),
    "ruby-percents": ("percents.rb", "%q("),
    "shell-heredocs": ("heredocs.sh", "cat <<A\n"),
    "php-heredocs": ("heredocs.php", "<?php <<<A\n"),
    "lua-long-brackets": ("brackets.lua", "[=["),
    "perl-quotes": ("quotes.pl", "q{ s/a/"),
    "perl-pods": ("pods.pl", "=pod\n\n"),
    "sql-dollars": ("dollars.sql", "$a$ $b$ "),
    "ml-comments": ("comments.ml", "(* "),
    "haskell-comments": ("comments.hs", "{- "),
    "html-comments": ("comments.html", "<!-- <script> "),
    "lisp-comments": ("comments.lisp", "#| "),
    "nim-comments": ("comments.nim", "#[ "),
    "backslashes": ("backslashes.java", '"\\'),
    "swift-strings": ("strings.swift", '##"'),
    "csharp-strings": ("strings.cs", '$@"{'),
    "elixir-sigils": ("sigils.ex", '~s(""" '),
    "erlang-atoms": ("atoms.erl", "'$"),
    "powershell-here-strings": ("strings.ps1", "@'\n"),
    "terraform-heredocs": ("heredocs.tf", "a = <<A\n"),
    "matlab-transposes": ("transposes.mlx", "a'.'"),
    "julia-strings": ("strings.jl", '$("""'),
}


def _case(name: str) -> HostileCase:
    path, opener = _OPENERS[name]
    planted = f"{COUNT:,} times {opener.strip()!r} in {path}"
    ends = (ANALYSED, "too-deep", *(["timeout"] if name in _SLOW_GRAMMARS else []))
    return file_case(f"openers-{name}", planted, path, (opener * COUNT).encode(), *ends)


CASES = tuple(map(_case, _OPENERS))
