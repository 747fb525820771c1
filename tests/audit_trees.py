"""Small corpora in three languages and the audits of them, for tests that run the whole audit."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

from commandline import call

Class = dict[str, Any]


def python_function(name: str, seed: str, extra: str = "") -> str:
    """A function of 10 lines whose names are made of ``seed``; ``extra`` lines follow the first loop."""
    return (
        f"def {name}(self, {seed}_rows, limit):\n"
        f"    {seed}_found = {{}}\n"
        f"    for {seed}_row in {seed}_rows:\n"
        f"        {seed}_key = {seed}_row.strip().lower()\n"
        f"        if {seed}_key and len({seed}_key) < limit:\n"
        f"            {seed}_found.setdefault({seed}_key, []).append({seed}_row)\n"
        f"{extra}"
        f"    if not {seed}_found:\n"
        f"        raise ValueError('no {seed}')\n"
        f"    {seed}_order = sorted({seed}_found, key={seed}_found.get)\n"
        f"    return {seed}_order[:limit], {seed}_found\n"
    )


def java_method(name: str, seed: str, extra: str = "") -> str:
    """A method of 11 lines."""
    return (
        f"    public Map<String, Integer> {name}(List<String> {seed}Rows, int limit) {{\n"
        f"        Map<String, Integer> {seed}Counts = new HashMap<>();\n"
        f"        for (String {seed}Row : {seed}Rows) {{\n"
        f"            if ({seed}Row == null || {seed}Row.length() > limit) {{\n"
        "                continue;\n"
        "            }\n"
        f"            {seed}Counts.merge({seed}Row.trim(), 1, Integer::sum);\n"
        "        }\n"
        f"{extra}"
        f'        logger.info("counted {seed}", {seed}Counts.size());\n'
        f"        return {seed}Counts;\n"
        "    }\n"
    )


def java_class(name: str, *methods: str) -> str:
    return f"class {name} {{\n" + "\n".join(methods) + "}\n"


def script_function(name: str, seed: str, extra: str = "") -> str:
    """A JavaScript function of 10 lines."""
    return (
        f"function {name}({seed}Items, options) {{\n"
        f"  const {seed}Groups = new Map();\n"
        f"  for (const {seed}Item of {seed}Items) {{\n"
        f"    const key = options.by ? {seed}Item[options.by] : {seed}Item.id;\n"
        f"    if (!{seed}Groups.has(key)) {seed}Groups.set(key, []);\n"
        f"    {seed}Groups.get(key).push({seed}Item);\n"
        "  }\n"
        f"{extra}"
        f"  const sizes = [...{seed}Groups.values()].map((group) => group.length);\n"
        f"  return {{ {seed}Groups, largest: Math.max(0, ...sizes) }};\n"
        "}\n"
    )


def steps(name: str, count: int) -> str:
    """Python statements, each of a shape of its own that stands nowhere else."""
    rng = random.Random(name)  # noqa: S311
    return "".join(f"    {name}_{at} = {_expression(rng, name, 5)}\n" for at in range(count))


def _expression(rng: random.Random, name: str, depth: int) -> str:
    if not depth:
        return rng.choice([f"{name}.size", "7", f"'{name}'", f"load({name})"])
    left, right = (_expression(rng, name, rng.randrange(depth)) for _ in range(2))
    shape = rng.choice(
        ["({} + {})", "{}[{}]", "f({}, key={})", "[{}, *{}]", "({} if {} else None)", "{} @ {}"]
    )
    return shape.format(left, right)


def audited(*words: str | Path) -> dict[str, Any]:
    """The document of an audit of the folder ``corpus``, one parser process."""
    return call("audit", *(words or ("corpus",)), "--json", "--jobs", "1").document


def places(found: Class) -> list[str]:
    """The members of a class as ``path:first-last``."""
    return [f"{member['path']}:{member['start_line']}-{member['end_line']}" for member in found["members"]]


def findings(document: dict[str, Any]) -> dict[tuple[str, ...], str]:
    """Clone type of every class by its places."""
    return {tuple(places(found)): found["clone_type"] for found in document["classes"]}
