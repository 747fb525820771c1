"""A part of a long list."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, Field

Item = TypeVar("Item")


class Page(BaseModel, Generic[Item]):
    """Consecutive items of a list."""

    items: list[Item]
    total: int = Field(description="Length of the whole list.")
    offset: int = Field(description="Items left out before the first one here.")
    limit: int = Field(description="Items at most.")
    next: str | None = Field(description="Address of the next page; null on the last one.")
