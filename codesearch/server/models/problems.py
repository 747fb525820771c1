"""Failures as programs read them (RFC 9457)."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Problem(BaseModel):
    """What went wrong, in words for a person, and what to do about it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Bad Request",
                    "status": 400,
                    "detail": "cannot tell the language of the code",
                    "hint": "name it with language, such as python",
                }
            ]
        }
    )

    type: str = Field(description="Always `about:blank`: the status says what kind of problem it is.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status again.")
    detail: str = Field(description="What happened.")
    hint: str = Field("", description="What to do; left out where the detail says it already.")
