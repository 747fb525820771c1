"""Who judges here, and what models have said so far; nothing of it is secret."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import PurePath
from urllib.parse import urlsplit

from codesearch.core.settings.sections import Judge
from codesearch.core.store.judged_pairs import AnswerCounts, answers_by_day, count_answers
from codesearch.serving.live_index import LiveIndex

DAYS = 30
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class ConfiguredJudge:
    """The judge of the settings, without keys and without the path of any address.

    Attributes:
        kind: ``off``, ``precedents``, ``llm`` or ``local``.
        model: Name of the model, of a local one its last part; empty where none is named.
        host: Host and port of its server; empty where there is none.
        prompt: Id of the prompt; empty where no model is asked.
        budget: Calls of a model per question.
        token_budget: Tokens per question; 0 for no limit.
        always: Asked also where the cascade is sure.
    """

    kind: str
    model: str
    host: str
    prompt: str
    budget: int
    token_budget: int
    always: bool

    @property
    def asks_a_model(self) -> bool:
        """Whether the settings say that a model judges, be it named or not."""
        return self.kind in {"llm", "local"}

    @property
    def stands_in(self) -> bool:
        """Whether precedents judge in the place of a model that is not named."""
        return self.asks_a_model and not self.model


@dataclass(frozen=True, slots=True)
class Usage:
    """What models answered: by day for the last :data:`DAYS`, newest first, and the pairs ever."""

    days: tuple[AnswerCounts, ...]
    ever: int


def configured_judge(settings: Judge) -> ConfiguredJudge:
    """What may be shown of the settings."""
    asks = settings.kind in {"llm", "local"}
    model = PurePath(settings.model).name if settings.kind == "local" else settings.model
    return ConfiguredJudge(
        kind=settings.kind,
        model=model if asks else "",
        host=_host(settings.base_url) if settings.kind == "llm" else "",
        prompt=settings.prompt if asks else "",
        budget=settings.budget,
        token_budget=settings.token_budget,
        always=settings.always,
    )


def judge_usage(index: LiveIndex) -> Usage:
    """What models have answered about pairs of the index.

    Raises:
        IndexFailure: There is no index.
    """
    with index.engine.open_database() as database, database.read() as connection:
        return Usage(answers_by_day(connection, time.time() - DAYS * _DAY), count_answers(connection))


def _host(address: str) -> str:
    """Host and port of an address, whatever stands around them."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return ""
    host = parts.hostname or ""
    return f"{host}:{port}" if port else host
