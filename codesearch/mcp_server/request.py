"""What a tool takes and gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, ClassVar, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict

from codesearch.report.json_documents import Document
from codesearch.serving.live_index import LiveIndex

Item = TypeVar("Item")


def _as_list(value: object) -> object:
    """One value is a list of it: models leave the brackets away."""
    return [value] if isinstance(value, str) and value else value or []


Several = Annotated[list[Item], BeforeValidator(_as_list)]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a tool says: a text for a model, and the same as a document for programs."""

    text: str
    document: Document


class Request(BaseModel, ABC):
    """The arguments of one tool, which know their answer.

    Fields have defaults that say "not given" instead of null: every client reads schemas without unions.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: ClassVar[str]
    title: ClassVar[str]
    description: ClassVar[str]
    """When to call it and what comes back, for the model that chooses among tools."""

    @abstractmethod
    def answer(self, index: LiveIndex) -> Answer:
        """Work it out; called in a worker thread.

        Raises:
            CodesearchError: It cannot be answered; the message goes to the model.
        """
