"""What can run somebody else's code is called nowhere in the product, but where it is said here why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache

import pytest
from commandline import CHECKOUT

PACKAGES = ("codesearch", "indexer", "retriever", "reranker")

LOADERS = frozenset(
    {"pickle", "cPickle", "dill", "cloudpickle", "joblib", "shelve", "marshal", "yaml", "imp"}
)
"""Modules whose readers run code, or build any object, that a file asks for."""

BUILTINS = frozenset({"eval", "exec", "compile", "__import__"})

SHELLS = frozenset({"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"})

LIBRARIES = frozenset({"ctypes.CDLL", "ctypes.PyDLL", "ctypes.cdll.LoadLibrary"})

OTHERS = frozenset({"torch.load", "runpy.run_path", "runpy.run_module", "tempfile.mktemp"})

PARSER = "indexer/parsing/process.py"
EXPECTED = {
    # A parent and the process that it started, over a socket that no other process has.
    (PARSER, "import pickle"),
    # The empty text, while the compiler is warm.
    ("codesearch/cli/main.py", "exec"),
}


@cache
def product() -> tuple[tuple[str, ast.Module], ...]:
    """Every module of the product: its path, and what is in it."""
    paths = [path for package in PACKAGES for path in sorted((CHECKOUT / package).rglob("*.py"))]
    return tuple((path.relative_to(CHECKOUT).as_posix(), ast.parse(path.read_bytes())) for path in paths)


def dotted(node: ast.expr) -> str:
    """``np.load`` for that expression; empty for one that is no name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inside = dotted(node.value)
        return f"{inside}.{node.attr}" if inside else ""
    return ""


def unsafe(tree: ast.Module) -> Iterator[str]:
    """What in a module can run what it reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found = {alias.name.partition(".")[0] for alias in node.names} & LOADERS
            yield from (f"import {name}" for name in found)
        elif isinstance(node, ast.ImportFrom):
            if (node.module or "").partition(".")[0] in LOADERS:
                yield f"import {node.module}"
        elif isinstance(node, ast.Call):
            yield from _unsafe_call(node)


def _unsafe_call(call: ast.Call) -> Iterator[str]:
    name = dotted(call.func)
    if name in BUILTINS | SHELLS | OTHERS or name.startswith(("os.exec", "os.spawn", "os.posix_spawn")):
        yield name
    if name in LIBRARIES and not all(isinstance(one, ast.Constant) for one in call.args):
        yield name  # a library that is looked up by a name from elsewhere
    for keyword in call.keywords:
        says_no = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        if keyword.arg in {"shell", "allow_pickle", "trust_remote_code"} and not says_no:
            yield f"{keyword.arg} in {name}"
        if keyword.arg == "use_safetensors" and says_no:
            yield f"no safetensors in {name}"
    loads_model = name.startswith("Auto") and name.endswith(".from_pretrained")
    if loads_model and "trust_remote_code" not in {keyword.arg for keyword in call.keywords}:
        yield f"{name} without trust_remote_code"


def test_nothing_in_the_product_runs_what_it_reads() -> None:
    found = {(path, what) for path, tree in product() for what in unsafe(tree)}
    assert found == EXPECTED


def test_pickles_are_read_by_the_two_ends_of_a_parser_process_alone() -> None:
    [tree] = [tree for path, tree in product() if path == PARSER]
    read = [
        dotted(call.args[0].func)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and dotted(call.func) == "pickle.loads"
        if isinstance(call.args[0], ast.Call)
    ]
    assert sorted(read) == ["connection.recv_bytes", "connection.recv_bytes", "self._connection.recv_bytes"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("import pickle", "import pickle"),
        ("from joblib import load", "import joblib"),
        ("import yaml.loader", "import yaml"),
        ("def f():\n    eval(text)", "eval"),
        ("np.load(path, allow_pickle=True)", "allow_pickle in np.load"),
        ("np.load(path, allow_pickle=trusted)", "allow_pickle in np.load"),
        ("subprocess.run(line, shell=True)", "shell in subprocess.run"),
        ("os.popen(line)", "os.popen"),
        ("os.execv(path, words)", "os.execv"),
        ("torch.load(path)", "torch.load"),
        ("ctypes.CDLL(name)", "ctypes.CDLL"),
        ("AutoModel.from_pretrained(folder)", "AutoModel.from_pretrained without trust_remote_code"),
    ],
)
def test_each_of_them_would_be_seen(text: str, what: str) -> None:
    assert list(unsafe(ast.parse(text))) == [what]


def test_templates_of_pages_escape_what_they_are_given() -> None:
    """A prompt is no page: its texts are for a model, which would read the escapes."""
    made: dict[str, str] = {}
    for path, tree in product():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call) or dotted(node.func).rpartition(".")[2] != "Environment":
                continue
            escaping = [keyword.value for keyword in node.keywords if keyword.arg == "autoescape"]
            made[path] = ast.unparse(escaping[0]) if escaping else "left out"
    unescaped = {path for path, escaping in made.items() if escaping != "True"}
    assert len(made) > len(unescaped)
    assert unescaped == {"reranker/judge/asking/prompting.py"}


SECRETS = frozenset({"digest", "secret", "signature", "mac", "csrf", "password", "api_key"})
"""Names of what nobody may learn by trying which beginning takes longer to refuse."""


def compared(tree: ast.Module) -> Iterator[str]:
    """Secrets that are compared by ``==``, which ends at the first difference."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(one, ast.Eq | ast.NotEq) for one in node.ops):
            sides = [
                side.func if isinstance(side, ast.Call) else side for side in (node.left, *node.comparators)
            ]
            last = {dotted(side).rpartition(".")[2].lstrip("_") for side in sides}
            yield from last & SECRETS


def test_secrets_are_compared_in_a_time_that_tells_nothing() -> None:
    """By construction and without a clock: digests that are compared otherwise are no secrets."""
    found = {path for path, tree in product() for _ in compared(tree)}
    assert not any(path.startswith(("codesearch/server/", "codesearch/core/")) for path in found), found
    users = {
        path
        for path, tree in product()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and dotted(node.func) == "hmac.compare_digest"
    }
    assert users == {
        "codesearch/core/tokens.py",
        "codesearch/server/security/csrf.py",
        "indexer/segments/manifest.py",
        "indexer/segments/seen.py",
    }
    assert list(compared(ast.parse("given == self.digest"))) == ["digest"]
