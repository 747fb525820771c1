"""Names that tell what a call does and can carry no message: those made of everyday words of programming."""

from __future__ import annotations

from functools import cache

from indexer.features.concepts import concepts
from indexer.normal.subtokens import split_identifier

MOST_PARTS = 4

# Verbs and nouns of standard libraries. None with which one could speak of verdicts, prompts or instructions.
_WORDS = """
abs add all any append apply arg args array at atomic average back base before begin bind bit block body
bool boundary buffer build byte bytes cache callback cancel capacity cast ceil cell char chars child
children clamp clear close collect column columns compare compile compute concat cond connect contains
convert copy cos count counter create cross cursor data date day decode decrement default delay delete depth
dequeue deserialize dict diff difference digest dim dir directory distance divide dot double draw drop dump
duration each edge element elements empty encode end ends enqueue ensure entries entry enumerate env epoch
equal equals error escape exception exec execute exists exit exp extend extract factor fetch field fields
file fill filter find first flat flatten float floor flush fold format free freeze frequency from front func
get getter graph grid group grow handle hash head header heap height hex hour id ids increment index indices
init input insert int integer intersect intersection interval into inverse invoke io item items iter
iterator join json key keys kind last left len length less level limit line lines link list listen load
local lock log long lookup loop lower make map mark mask match matrix max mean median memory merge method
millis min minus minute mod mode month move multiply mutex name names neighbors next node nodes norm notify
now null num number object offset open option order pad pair parent parse partition path peek pipe pivot
point pointer poll pop port position pow power predecessor prefix prev prime process product property push
put quantile query queue random range rank rate raw read reader ready receive record rect reduce ref refresh
regex register release remove rename render repeat replace request reset resize resolve response retry
reverse right root rotate round row rows run sample save scale scan schedule schema search second seek
segment select self send seq sequence serialize set setter shape shift shuffle shutdown sign signal sin size
skip sleep slice socket sort sorted source space span split sqrt stack start starts state std step stop
store str stream string strip struct sub submit subtract successor suffix sum swap symbol sync tail take tan
target task temp text then thread time timeout timestamp to toggle token top total trace transform transpose
traverse tree trim truncate try type union unique unlock unpack unshift update upper uri url uuid val valid
validate value values var vector version vertex view visit wait walk weight width window word words worker
wrap write writer xor year zero zip
"""
_TYPES = frozenset(
    (
        *(
            "int",
            "long",
            "short",
            "char",
            "byte",
            "float",
            "double",
            "bool",
            "boolean",
            "void",
            "unsigned",
            "signed",
        ),
        *("size_t", "ssize_t", "int8_t", "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t"),
        *("uint64_t", "i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "isize", "usize", "f32", "f64"),
        *(
            "int8",
            "int16",
            "int32",
            "int64",
            "uint",
            "uint8",
            "uint16",
            "uint32",
            "uint64",
            "float32",
            "float64",
        ),
        *("rune", "error", "string", "str", "number", "any", "object", "String", "Integer", "Long", "Double"),
        *(
            "Boolean",
            "Character",
            "Int",
            "Float",
            "Bool",
            "Array",
            "List",
            "Map",
            "Set",
            "Vec",
            "Option",
            "None",
        ),
        *(
            "ArrayList",
            "HashMap",
            "HashSet",
            "vector",
            "dict",
            "list",
            "tuple",
            "Object",
            "Exception",
            "Error",
        ),
    )
)


@cache
def _words() -> frozenset[bytes]:
    table = (part for word in concepts().hashes for part in split_identifier(word))
    return frozenset((*_WORDS.encode().split(), *table))


def is_basic_type(name: str) -> bool:
    """Whether a name is that of a basic type in some language."""
    return name in _TYPES


def is_telling(name: str) -> bool:
    """Whether a name has at most four parts, all of them everyday words."""
    parts = split_identifier(name.encode())
    known = _words()
    return 0 < len(parts) <= MOST_PARTS and all(part in known or part.isdigit() for part in parts)
