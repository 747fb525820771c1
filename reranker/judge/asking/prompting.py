"""What a model is asked: versioned prompt files of ``prompts/``, filled with a pair and its context.

A prompt file is not edited once it was released: verdicts are cached under its revision, and measured figures
name it. A better wording is a new file with the next version.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from importlib.resources import files

from jinja2 import Environment, StrictUndefined, Template

from codesearch.core.errors import CodesearchError, ConfigError
from codesearch.core.judge import CaseContext, ContextKind
from reranker.judge.completer import Prompt
from reranker.judge.view.code import View

_LINES = {
    "type": "array",
    "items": {"type": "integer"},
    "description": "first and last line of the range, as numbered",
}
ANSWER_SCHEMA: Mapping[str, object] = {
    "title": "clone_verdict",
    "description": "The verdict about a pair of code fragments",
    "type": "object",
    "properties": {
        "verdict": {"type": "string", "enum": ["clone", "not_clone", "unsure"]},
        "clone_type": {"anyOf": [{"type": "string", "enum": ["T1", "T2", "T3", "T4"]}, {"type": "null"}]},
        "confidence": {"type": "number", "description": "0 to 1"},
        "evidence": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"a_lines": _LINES, "b_lines": _LINES},
                "required": ["a_lines", "b_lines"],
                "additionalProperties": False,
            },
        },
        "reason": {"type": "string", "description": "one sentence"},
    },
    "required": ["verdict", "clone_type", "confidence", "evidence", "reason"],
    "additionalProperties": False,
}
"""JSON schema of an answer. It bounds no numbers or lengths, which strict modes refuse: the checks do."""


class BoundaryCollision(CodesearchError):
    """What is to be shown holds the boundary or the canary of its prompt; draw new ones."""


@dataclass(frozen=True, slots=True)
class Side:
    """One fragment of a pair as it is shown.

    Attributes:
        view: Its lines.
        language: Registry id.
    """

    view: View
    language: str


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    """A prompt file.

    Attributes:
        id: What users set as ``judge.prompt``, such as ``few-shot``.
        version: Counts from 1.
        summary: One line for people.
        parser: Name of the parser that reads its answers.
        has_schema: Whether the answer is asked for by :data:`ANSWER_SCHEMA`, else as text.
        needs_evidence: Whether the verdict ``clone`` has to cite lines.
        cue: As in :class:`~reranker.judge.completer.Prompt`.
        uses: The kinds of context that it shows.
        system: Jinja2 template of the instructions.
        user: Jinja2 template of the case.
        revision: Hash of the file, 16 hexadecimal digits; belongs into the key of whatever is cached.
    """

    id: str
    version: int
    summary: str
    parser: str
    has_schema: bool
    needs_evidence: bool
    cue: str
    uses: frozenset[ContextKind]
    system: str
    user: str
    revision: str

    @property
    def name(self) -> str:
        """Id and version, such as ``few-shot-1``."""
        return f"{self.id}-{self.version}"


def prompt_ids() -> tuple[str, ...]:
    """The ids that :func:`load_prompt` knows, without versions, by name."""
    return tuple(sorted({template.id for template in _templates().values()}))


def load_prompt(name: str) -> PromptTemplate:
    """The newest version of an id such as ``few-shot``, or exactly the one that ``few-shot-1`` names.

    Raises:
        ConfigError: There is none of that name.
    """
    templates = _templates()
    if name in templates:
        return templates[name]
    versions = [template for template in templates.values() if template.id == name]
    if not versions:
        raise ConfigError(
            f"judge.prompt: there is no prompt {name!r}",
            f"use one of {', '.join(prompt_ids())}, or a version of it such as {min(templates)}",
        )
    return max(versions, key=lambda template: template.version)


def write_prompt(
    template: PromptTemplate, sides: tuple[Side, Side], context: CaseContext, *, boundary: str, canary: str
) -> Prompt:
    """The prompt about two fragments, the one that it calls A first.

    Args:
        template: The prompt file.
        sides: The fragments as they are shown.
        context: What was retrieved; kinds that the template does not use are left out.
        boundary: Fresh random token that marks where data begins and ends.
        canary: Another one; it stands in the instructions only, so an answer with it :func:`leaks` them.

    Raises:
        BoundaryCollision: The data hold one of the tokens.
    """

    def data(label: str, text: str) -> str:
        if boundary in text or canary in text:
            raise BoundaryCollision("the code holds the boundary of its own prompt", "ask again with another")
        return f"<<<{label} {boundary}>>>\n{text}\n<<<end {label} {boundary}>>>"

    def shown(kind: ContextKind) -> list[str]:
        items = context.of(kind) if kind in template.uses else ()
        return [f"{item.title}\n{item.body}" for item in items]

    case = {
        "data": data,
        "a": sides[0],
        "b": sides[1],
        "precedents": shown(ContextKind.PRECEDENT),
        "definitions": shown(ContextKind.DEFINITION),
        "surroundings": shown(ContextKind.SURROUNDINGS),
        "contrast": shown(ContextKind.CONTRAST),
    }
    return Prompt(
        system=_fill(template.system, {"boundary": boundary, "canary": canary}),
        user=_fill(template.user, case),
        schema=ANSWER_SCHEMA if template.has_schema else None,
        cue=template.cue,
    )


def leaks(canary: str, text: str) -> bool:
    """Whether a text repeats the canary, however spaced, separated or capitalised."""
    return _letters(canary) in _letters(text)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


@cache
def _templates() -> Mapping[str, PromptTemplate]:
    """All prompt files by name."""
    folder = files(__package__) / "prompts"
    templates = [_read(file.read_bytes()) for file in folder.iterdir() if file.name.endswith(".toml")]
    return {template.name: template for template in templates}


def _read(content: bytes) -> PromptTemplate:
    keys = tomllib.loads(content.decode())
    return PromptTemplate(
        id=keys["id"],
        version=keys["version"],
        summary=keys["summary"],
        parser=keys["parser"],
        has_schema={"schema": True, "text": False}[keys["output"]],
        needs_evidence={"required": True, "none": False}[keys["evidence"]],
        cue=keys["cue"],
        uses=frozenset(map(ContextKind, keys["uses"])),
        system=keys["system"],
        user=keys["user"],
        revision=blake2b(content, digest_size=8).hexdigest(),
    )


def _fill(template: str, values: Mapping[str, object]) -> str:
    return _compiled(template).render(values).strip()


@cache
def _compiled(template: str) -> Template:
    # What is filled in goes to a model as plain text, and is never read as a template itself.
    environment = Environment(
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701 - a model reads text
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.from_string(template)
