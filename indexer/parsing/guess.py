"""Recognise the language of pasted code, where no file name and no ``#!`` line tells."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache

import tree_sitter

from indexer.parsing.grammar import load_grammar
from indexer.parsing.languages import Language

_HEAD = 16_384  # bytes that are looked at
_CANDIDATES = 6  # languages whose grammars are tried; the right one is among them in 99 % of Rosetta Code
_WORD = re.compile(rb"[A-Za-z_]\w*")

# What keywords and a lenient grammar leave open, as patterns that are common in one language and absent in its kin.
_SIGNS = {
    "php": rb"<\?php|\$this->|\$\w+\s*=[^=]",
    "c": rb"#\s*(?:include|define)\b|\b(?:printf|scanf|malloc)\s*\(|->\w+|\b(?:int|char)\s+(?:\*|main|\w+\s*[\[;,=(])",
    "cpp": rb"#\s*include\s*<\w+>|\busing namespace\b|\bstd::|\bcout\b|\bvector\s*<|\btemplate\s*<|\w+::\w+\s*\(",
    "csharp": rb"\busing\s+System|\bConsole\.\w|\bstring\b|\bbool\b|\.(?:Length|Count|Add)\b|\bforeach\s*\(|\bnamespace\s+[\w.]+\s*[{;]|\bList<",
    "java": rb"\bSystem\.out\.|\bimport\s+java|\bpublic\s+static\s+void\s+main|\b(?:String|boolean)\b|\bthrows\b|\bfinal\s+\w+\s+\w+\s*=",
    "javascript": rb"\bconsole\.log|===|\bfunction\s*\w*\s*\(|\brequire\s*\(|=>\s*[{(]|\bvar\s+\w+\s*=",
    "typescript": rb":\s*(?:number|string|boolean|void|any)\b|\binterface\s+\w+\s*\{|\w\[\]\s*[,)=]",
    "python": rb"^\s*(?:def|class|if|for|while|elif|else|try|with)\b[^{}\n]*:\s*(?:#.*)?$|\bself\.|\bprint\s*\(",
    "go": rb"^package\s+\w+|:=|\bfunc\s+(?:\(|\w+\s*\()|\bfmt\.",
    "rust": rb"\blet\s+mut\b|\bfn\s+\w+\s*[(<]|\w+!\s*[(\[]|&mut\b|->\s*\w+\s*\{|\bimpl\b",
    "ruby": rb"^\s*(?:def|module|class)\s+[\w.:?!]+|^\s*end\b|\bputs\b|\bdo\s*\|",
    "kotlin": rb"\bfun\s+(?:<\w+>\s*)?[\w.]+\s*\(|\bval\s+\w+\s*[:=]|\bprintln\s*\(",
    "scala": rb"\bdef\s+\w+[^\n]*=|\bobject\s+\w+|\bval\s+\w+\s*[:=]|\bcase\s+[^:\n]+=>",
    "swift": rb"\bfunc\s+\w+\s*[(<]|\blet\s+\w+\s*[:=]|\bguard\b|->\s*\[?\w+|\bvar\s+\w+\s*[:=]",
    "bash": rb"^\s*(?:fi|done|esac|then)\b|\becho\b|\$\{\w|\$\(|\[\[?\s.*\s\]\]?",
    "lua": rb"\blocal\s+\w+|\bfunction\b[^{\n]*\)\s*$|\bthen\b|~=|\bend\b",
}


def guess_language(languages: Iterable[Language], head: bytes) -> Language | None:
    """The language with a grammar that fits best; None when there is nothing to go by.

    Keywords and signs choose a few candidates, the share of syntax errors decides among them.
    """
    text = head[:_HEAD]
    if not text.strip():
        return None
    with_grammar = tuple(language for language in languages if language.grammar is not None)
    scores = _keyword_scores(with_grammar, text)
    likely = sorted(with_grammar, key=lambda language: -scores[language.id])[:_CANDIDATES]
    likely = [language for language in likely if scores[language.id] > 0]
    return max(likely, key=lambda language: scores[language.id] * _health(text, language) ** 6, default=None)


def _keyword_scores(languages: tuple[Language, ...], text: bytes) -> Counter[str]:
    """Per language id: its keywords in the text, rare ones counting more, plus the signs that only it uses."""
    weights = _keyword_weights(languages)
    words = Counter(_WORD.findall(text))
    scores: Counter[str] = Counter()
    for language in languages:
        known = language.lexicon.keywords & words.keys()
        score = sum(weights[word] * (1 + math.log(words[word])) for word in known)
        if (sign := _SIGNS.get(language.id)) is not None:
            score += 5 * math.log1p(len(re.findall(sign, text, re.MULTILINE)))
        scores[language.id] = score / math.sqrt(5 + len(language.lexicon.keywords))
    return scores


@cache
def _keyword_weights(languages: tuple[Language, ...]) -> dict[bytes, float]:
    """Inverse frequency of each keyword among the languages."""
    counts = Counter(word for language in languages for word in language.lexicon.keywords)
    return {word: math.log((1 + len(languages)) / count) for word, count in counts.items()}


def _health(text: bytes, language: Language) -> float:
    """Share of the text, 0 to 1, that the grammar reads without an error; 0.5 without its wheel."""
    if language.id == "php" and b"<?" not in text:
        text = b"<?php " + text  # without it, anything is the HTML around PHP
    try:
        grammar = load_grammar(language)
    except ImportError:
        return 0.5
    root = grammar.parser.parse(text).root_node
    if not root.has_error:
        return 1.0
    spoilt = tree_sitter.QueryCursor(_errors(language)).captures(root).get("error", [])
    return (
        max(0.0, 1 - (sum(max(node.end_byte - node.start_byte, 4) for node in spoilt) / (1 + len(text))))
        * 0.8
    )


@cache
def _errors(language: Language) -> tree_sitter.Query:
    grammar = load_grammar(language).parser.language
    if grammar is None:
        raise ValueError(f"the parser of {language.id} has no grammar")
    return tree_sitter.Query(grammar, "[(ERROR) (MISSING)] @error")
