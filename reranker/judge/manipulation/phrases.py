"""Phrases that talk to a judge, as regular expressions over squeezed text, and the triggers that find them.

Squeezed text has lower-case ASCII letters and digits only, so that ``Ignore all``, ``ignore_all``,
``ignoreAll`` and ``i g n o r e a l l`` are the same, with an emoji between the letters or without. Accented
letters are missing from it: the patterns spell words with and without them. A phrase names its trigger, a few
rare bytes that are looked for first; its pattern is tried around them only: most files cost a few ``find``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class ManipulationKind(StrEnum):
    """What a text tries with the judge."""

    OVERRIDE = "instruction-override"
    SYSTEM_PROMPT = "system-prompt"
    VERDICT = "fake-verdict"
    ROLE_MARKER = "role-marker"
    BOUNDARY = "boundary-forgery"
    LEAK = "prompt-leak"
    ENCODED = "encoded-instruction"


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way to talk to a judge.

    Attributes:
        kind: What it tries.
        trigger: Lower-case bytes that every text with the phrase has.
        pattern: Matches the phrase, in squeezed text or as it stands.
        squeezed: Whether the pattern is one of squeezed text; else of lower-case text.
    """

    kind: ManipulationKind
    trigger: bytes
    pattern: re.Pattern[bytes]
    squeezed: bool = True


def _pattern(text: str, **parts: str) -> re.Pattern[bytes]:
    """A pattern with ``<NAME>`` replaced by the parts."""
    for name, part in parts.items():
        text = text.replace(f"<{name}>", f"(?:{part})")
    return re.compile(re.sub(r"\s+", "", text).encode())


_FILLER = (
    "all|any|every|each|the|your|my|our|these|those|this|of|what|was|were|is|been|has|have|said|told|given|and|or|"
    "toyou|you|rules?|safety|security|text|code|comments?|that|came|come"
)
_EARLIER = "previous(?:ly)?|prior|above|earlier|preceding|foregoing|original|initial|system|your|before"
_ORDERS = "instructions|prompts?|guidelines|directives|directions|constraints|orders|systemmessages?"
_ENGLISH = """
    (?:ignor(?:e|ing)|disregard(?:ing)?|forget|overrid(?:e|ing)|overrule|bypass|discard|neglect|donotfollow|dontfollow
    |stopfollowing|donotobey|disobey)
    <FILLER>*<EARLIER>(?:<FILLER>|<EARLIER>)*<ORDERS>
"""
_EVERYTHING = """
    (?:ignore|disregard|forget)(?:everything|anything|all|whatever)(?:that|of|what)*(?:you|i|we)
    (?:have|were|are|been|saw|seen|told|said|know|learned)+
"""
_GERMAN = """
    (?:ignorier(?:e|en|t)?|vergiss|vergessen|missachte[nt]?|missachten)(?:sie|bitte|alle|aller|die|deine|ihre|s.mtliche|smtliche)*
    (?:vorherigen|vorigen|bisherigen|obigen|fr(?:ue|u)?heren|vorangegangenen|vorhergehenden|system)
    (?:anweisungen|instruktionen|vorgaben|befehle|prompts?|regeln)
"""
_FRENCH = """
    (?:ignor(?:e|ez|er)|oublie[zr]?)(?:toutes?|tous|les|vos|tes|ces|ses)*
    (?:instructions|consignes|directives)
    (?:pr(?:e|)c(?:e|)dentes?|ant(?:e|)rieures|cidessus|initiales|dusyst(?:e|)me)
"""
_SPANISH = """
    (?:ignor(?:a|e|ad|en|ar)|olvid(?:a|e|en|ar))(?:todas?|todos|las?|los|tus|sus|cualquier)*
    (?:(?:anteriores|previas)(?:instrucciones|indicaciones)
    |(?:instrucciones|indicaciones)(?:anteriores|previas|precedentes|dearriba|delsistema|iniciales))
"""
_PORTUGUESE = "ignor(?:e|a|ar|em)(?:todas|as|suas)*instru(?:co|c|)es(?:anteriores|pr(?:e|)vias|acima)"
_ITALIAN = "ignor(?:a|ate|are)(?:tutte|le|tue)*istruzioni(?:precedenti|anteriori|sopra)"
_OVERRIDES = "|".join((_ENGLISH, _EVERYTHING, _GERMAN, _FRENCH, _SPANISH, _PORTUGUESE, _ITALIAN))
_WORDS = {"FILLER": _FILLER, "EARLIER": _EARLIER, "ORDERS": _ORDERS}

_SYSTEM_PROMPT = r"""
    \b(?:new|updated|real|actual|true|revised)[\s_-]system[\s_-](?:prompt|instructions)\s?[:=]
    |(?:^|["'<\[=*/\#-])[^\S\n]{0,3}end[\s_](?:of[\s_])?(?:the[\s_])?system[\s_]prompt\b
    |\bsystem[\s_-]prompt[\s_]is[\s_](?:now|over|void)\b
"""
_IDENTITY = """
    youareno(?:w|longer)(?:a|an|the|acting|as|called|helpful|unrestricted|new|clone)*
    (?:assistant|languagemodel|ai|judge|chatbot|evaluator|detector)
"""
_FROM_NOW_ON = """
    fromnowonyou(?:must|will|shall|should|are|haveto|to|always|only)*
    (?:answer|respond|reply|output|say|act|ignore|obey|classify|label|judge)
"""

_VERDICT = r"""
    (?:
    \bverdict["'`*_]{0,3}\s(?:must|should|has\s to|needs\s to)\s be
    |^[\ \t]*(?:\#+|//+|/?\*+|--+|;+|%+|')\s*verdict\s?[:=]
    )
    \s{0,3}["'`*_]{0,3}(?:a\s)?(?:not[\s_-]?(?:a\s)?)?clones?\b
"""
_FINAL = """
    (?:final|correct|official|only)verdict(?:is|mustbe|shouldbe|willbe|hastobe)?(?:not)?(?:a)?clones?
"""
_DICTATED = """
    (?:verdict|judges?|evaluator|llm)(?:must|should|shall|will|hasto|needsto|isto)(?:always|only|simply|just)?
    (?:be|say|answer|output|return|report|respond|reply|conclude|rule)(?:with|that|as|it|this|these|the|pair|are|is|verdict|a)*
    (?:not)?(?:a)?clones?
"""
_SCHEMA = r"""["']verdict["']\s*:\s*["'](?:not_)?clone["']\s*,[^{}]{0,120}["']confidence["']\s*:"""

_LEAK = """
    (?:reveal|print|repeat|output|leak|display|reproduce|dump|showme|tellme|recite)
    (?:out|me|us|all|the|above|initial|original|full|entire|whole|of|content|contents|verbatim)*
    (?:your|hidden|secret)(?:your|the|full|entire|hidden|secret|initial|system|own)*
    (?:prompt|instructions|canary|rules)
"""
_CHAT_MARKUP = r"<\|im_start\|>\s*(?:system|user|assistant)|<\|im_end\|>\s*<\|im_start\|>"
_LLAMA = r"\[/?inst\]\s{0,4}(?:<<sys|\w+\s+\w+\s+\w+)|<<sys>>"
_HEADING = r"^[^\w\n]{0,8}\#\#\#\s?system(?:\s?(?:prompt|message|override|instructions?)\b|\s?:)"
_FORGED = r"""
    </fragment[\s_-]?[ab12]>|
    [-=<\#*_/]{2,}\s{0,3}(?:end|begin|start|close)[\s_-]{0,3}(?:of[\s_-])?(?:the[\s_-])?
    (?:(?:fragment|snippet|candidate|code|side|function)[\s_-]{0,2}(?:a|b|1|2|one|two)\b|untrusted[\s_-]\w{3,12}|user[\s_-]input|system[\s_-]prompt|data[\s_-]block)
"""


def _raw(text: str) -> re.Pattern[bytes]:
    return re.compile(text.encode(), re.VERBOSE | re.MULTILINE)


_FOREIGN = r"""
    (?:игнорируй(?:те)?|забудь(?:те)?|не\ обращай(?:те)?\ внимания\ на)
    [^\n]{0,30}(?:предыдущ|прежн|выше|систем)[^\n]{0,20}(?:инструкци|указани|команд|правил)
    |(?:忽略|无视|忽视|無視|忽視|忘记|忘掉)[^\n]{0,10}(?:之前|以上|上述|先前|前面|此前|系统|所有|一切)
    [^\n]{0,8}(?:指令|指示|说明|說明|提示|规则|規則|命令)
    |(?:以前|上記|これまで|上の|前)[^\n]{0,8}(?:指示|命令|プロンプト)[^\n]{0,8}(?:無視|忘れ)
    |(?:이전|위의?|앞의?)[^\n]{0,8}(?:지시|명령|지침)[^\n]{0,8}(?:무시|잊)
    |(?:تجاهل|انس)[^\n]{0,20}(?:التعليمات|الأوامر)[^\n]{0,12}(?:السابقة|أعلاه)
    |(?P<verdict>判定|结论|結論|вердикт)\s{0,2}(?:是|为|為|[:：—-])\s{0,2}(?:克隆|不是克隆|клон|не\ клон)
"""
FOREIGN = re.compile(_FOREIGN, re.VERBOSE | re.IGNORECASE)
"""The same in other scripts, over text in its compatibility form."""
FOREIGN_TRIGGERS = tuple(
    word.encode()
    for word in (
        *("忽略", "无视", "忽视", "無視", "忽視", "忘", "무시", "잊", "تجاهل", "انس"),
        *("гнорир", "абуд", "обращай", "ердикт", "判定", "结论", "結論"),
    )
)

_K = ManipulationKind
_OVERRIDE = _pattern(_OVERRIDES, **_WORDS)
PHRASES = (
    *(Phrase(_K.OVERRIDE, trigger, _OVERRIDE) for trigger in (b"ignor", b"instru", b"g n o r")),
    Phrase(_K.SYSTEM_PROMPT, b"prompt", _raw(_SYSTEM_PROMPT), squeezed=False),
    Phrase(_K.SYSTEM_PROMPT, b"you are no", _pattern(_IDENTITY)),
    Phrase(_K.SYSTEM_PROMPT, b"from now on", _pattern(_FROM_NOW_ON)),
    *(Phrase(_K.LEAK, trigger, _pattern(_LEAK)) for trigger in (b"prompt", b"instru")),
    Phrase(_K.VERDICT, b"verdict", _raw(_VERDICT), squeezed=False),
    Phrase(_K.VERDICT, b"verdict", _raw(_SCHEMA), squeezed=False),
    Phrase(_K.VERDICT, b"verdict", _pattern(_FINAL)),
    *(Phrase(_K.VERDICT, trigger, _pattern(_DICTATED)) for trigger in (b"verdict", b"judge")),
    Phrase(_K.BOUNDARY, b"fragment", _raw(_FORGED), squeezed=False),
    Phrase(_K.ROLE_MARKER, b"<|im_", _raw(_CHAT_MARKUP), squeezed=False),
    Phrase(_K.ROLE_MARKER, b"[inst]", _raw(_LLAMA), squeezed=False),
    Phrase(_K.ROLE_MARKER, b"### system", _raw(_HEADING), squeezed=False),
)
"""Precise enough for a finding in a report."""

_CONNECTED = (
    "it|this|that|these|those|the|pair|both|them|as|with|is|are|be|an|to|should|must|exactly|always|only"
)
_HINTS = (
    "(?:verdict|judge?ment|conclusion|decision|urteil)(?:<CONNECTED>|a|not)*(?:clones?|duplicates?|equivalent|identical)",
    "(?:answer|respond|reply|say|report|output|classify|classified|label(?:led)?|mark(?:ed)?)<CONNECTED>(?:<CONNECTED>|a|not)*(?:clones?|duplicates?)",
    "(?:pair|pairs|fragments?|functions?|snippets?|both|sides?|they|these|two)(?:is|are)(?:definitely|certainly|clearly|indeed|exact|the)*"
    "(?:not|non)?(?:a)?(?:clones?|equivalent|identical|duplicates?|same)",
    "system(?:prompt|override|instructions)|developermode|jailbreak",
    "you(?:are|must|should|will|shall|haveto|needto|can)(?:now|a|an|not|the)*(?:<VERBS>|assistant|model|judge|ai)",
    "(?:dear|attention|noteto|messageto|hey|hello|tell)(?:the)?(?:judge|evaluator|llm|reviewer|grader|languagemodel|assistant|model)",
    "asan?(?:ai|llm|assistant|languagemodel|judge|evaluator)",
    "(?:ignor(?:e|a|ez|iere)|disregard|forget|vergiss|olvida|oublie[zr]?|override|bypass)(?:<FILLER>|<EARLIER>|alle|alles|todas?|las|les|tout|toutes)+"
    "(?:<ORDERS>|instruction|rules|prompt|anweisungen|instrucciones|consignes|above|everything|evidence|differences|code)",
    "(?:ignore|disregard|forget)(?:previous|above|prior|everything|instructions)",
    "(?:im(?:start|end)|startheaderid|endheaderid|eotid|endoftext|beginoftext|startofturn|endofturn)",
    "(?:all|every|each|the|labelled)?precedents?(?:say|show|agree|are|were|label|rule|confirm)",
)
_VERBS = (
    "answer|say|output|return|report|respond|reply|conclude|ignore|obey|follow|reveal|print|judge|rule|decide"
)
HINTS = re.compile(
    b"|".join(_pattern(text, **_WORDS, CONNECTED=_CONNECTED, VERBS=_VERBS).pattern for text in _HINTS)
)
"""What may well talk to a judge, in squeezed text: enough to hide it, too little for a finding."""
