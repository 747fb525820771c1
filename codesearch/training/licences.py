"""Which terms allow code to be learned from and quoted: the permissive ones, by their many spellings.

Registries do not agree on how a licence is named: SPDX expressions (``MIT OR Apache-2.0``), trove classifiers
(``License :: OSI Approved :: BSD License``), Debian's short names (``Expat``), or whatever the author typed.
What is not surely permissive is not permissive.
"""

from __future__ import annotations

import re

# One name per family; a licence is known by how its spelling begins, so that versions need no entry each.
_FAMILIES = {
    "MIT": re.compile(r"(?:mit|expat|x11)\b"),
    "BSD": re.compile(r"(?:(?:new|modified|simplified|revised|[0-3][ -]?clause) )?0?bsd\b"),
    "Apache": re.compile(r"apache|asl ?2|al2"),
    "ISC": re.compile(r"isc\b"),
    "PSF": re.compile(r"psf\b|python software foundation\b|python-2|cnri-python"),
    "Unlicense": re.compile(r"unlicense\b"),
    "Zlib": re.compile(r"zlib\b"),
}
_TEXTS = {  # a sentence that only this family's text has
    "MIT": "permission is hereby granted, free of charge, to any person obtaining a copy",
    "BSD": "redistribution and use in source and binary forms, with or without modification, are permitted",
    "Apache": "licensed under the apache license, version 2.0",
    "ISC": "permission to use, copy, modify, and/or distribute this software for any purpose",
}
_RESTRICTIVE = re.compile(
    r"\b(?:[al]?gpl|mpl|general public|copyleft|non-?commercial|proprietary|commons clause|non-?free"
    r"|restrict)"
)
_NAME_LENGTH = 100  # characters; what is longer is the text of a licence, not its name
_CLASSIFIER = re.compile(r"license :: (?:osi approved(?: :: )?)?")
_ALTERNATIVES = re.compile(r"\s+or\s+|\s*[|]+\s*|/(?=[a-z])")
_ALL_OF = re.compile(r"\s+and\s+|\s*[,;&]\s*")


def permissive_licence(text: str) -> str | None:
    """The family of a permissive licence, such as ``MIT``; of a choice between several, the first permissive.

    Args:
        text: An SPDX expression, a classifier, a Debian short name, or the text of a licence.

    Returns:
        Families of an ``and`` joined by ``AND``; None where a part is unknown or not permissive.
    """
    spelling = " ".join(text.split())
    if len(spelling) > _NAME_LENGTH:
        return _by_text(spelling.lower())
    spelling = _CLASSIFIER.sub("", spelling.lower()).strip("() ").replace(", version", "")
    for choice in _ALTERNATIVES.split(spelling.replace("and/or", "or")):
        families = [_family(part) for part in _ALL_OF.split(choice) if part]
        known = [family for family in families if family is not None]
        if known and len(known) == len(families):
            return " AND ".join(dict.fromkeys(known))
    return None


def _family(name: str) -> str | None:
    plain = re.sub(r"^the ", "", name.strip("() "))
    if _RESTRICTIVE.search(plain):
        return None
    return next((family for family, spelling in _FAMILIES.items() if spelling.match(plain)), None)


def _by_text(text: str) -> str | None:
    if _RESTRICTIVE.search(text):
        return None
    return next((family for family, sentence in _TEXTS.items() if sentence in text), None)
