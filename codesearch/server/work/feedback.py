"""The user's verdicts: looked through, and taken over from a file."""

from __future__ import annotations

from io import StringIO

from starlette.datastructures import UploadFile
from starlette.requests import HTTPConnection

from codesearch.core.errors import InputError
from codesearch.core.feedback import Precedent
from codesearch.core.results import Verdict
from codesearch.core.store.feedback import Kept
from codesearch.core.users import user_name
from codesearch.report.feedback_document import read_precedents, write_precedents
from codesearch.server.failures import TooLarge
from codesearch.server.security.bodies import MAX_IMPORT
from codesearch.server.security.scopes import How, caller_of
from codesearch.serving.live_index import LiveIndex

JSON_LINES = "application/x-ndjson"


def by_whom(connection: HTTPConnection) -> str:
    """The name under which a caller's verdicts are kept: that of the token, else of this system's user."""
    caller = caller_of(connection)
    if caller is None or caller.how is How.LOCAL:
        return user_name()
    return caller.name


def said(index: LiveIndex, query: str = "", verdict: Verdict | None = None) -> list[Precedent]:
    """The verdicts in whose code, reason or author ``query`` occurs, whatever its case; newest first.

    Raises:
        EnvironmentFailure: The feedback cannot be read.
    """
    words = query.casefold()
    return [
        precedent
        for precedent in index.engine.feedback.precedents()
        if verdict in {None, precedent.verdict} and _holds(precedent, words)
    ]


def _holds(precedent: Precedent, words: str) -> bool:
    texts = (precedent.reason, precedent.by, *(side.code for side in precedent.sides))
    return not words or any(words in text.casefold() for text in texts)


async def read_upload(file: UploadFile) -> str:
    """The text of an upload.

    Raises:
        TooLarge: It has more than :data:`MAX_IMPORT` bytes.
        InputError: It is not UTF-8 text.
    """
    content = await file.read(MAX_IMPORT + 1)
    if len(content) > MAX_IMPORT:
        raise TooLarge(f"the file has more than {MAX_IMPORT:,} bytes", "import it in parts")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError("the file is not UTF-8 text", f"look at byte {error.start}") from None


def exported(index: LiveIndex) -> bytes:
    """All verdicts as ``codesearch feedback export`` writes them.

    Raises:
        EnvironmentFailure: The feedback cannot be read.
    """
    text = StringIO()
    write_precedents(index.engine.feedback.precedents(), text)
    return text.getvalue().encode("utf-8", "replace")


def import_verdicts(index: LiveIndex, text: str) -> Kept:
    """Keep exported verdicts; of two about one pair the newer.

    Raises:
        InputError: A line is no verdict; nothing was imported.
        EnvironmentFailure: The feedback cannot be written.
    """
    return index.engine.feedback.keep(read_precedents(text, "the file"), newest_wins=True)
