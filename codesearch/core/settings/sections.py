"""The settings themselves: one frozen section per topic, every field described.

Defaults live in ``configs/defaults.toml`` and nowhere else; a field has a default here only where TOML cannot
write it (None).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    SecretStr,
    model_validator,
)
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from codesearch.core.device import PATTERN
from codesearch.core.sizes import exact_size, parse_size

USER_ONLY = "user-only"
"""Marks a field that a project's ``codesearch.toml`` may not set: endpoints, keys, models, stores, and how
much of the machine is used."""

LIMIT = "limit"
"""Marks a field that a project's ``codesearch.toml`` may lower, but not raise: it guards the machine."""


def _split_globs(value: object) -> object:
    """An environment variable or flag holds several globs separated by commas."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _web_address(value: str) -> str:
    """Refuse what cannot be asked over HTTP; empty is nobody. Whoever asks looks closer."""
    if value and not value.startswith(("http://", "https://")):
        raise ValueError("write an address such as http://localhost:8000/v1")
    # Addresses are shown, keys are not. A password may hold /, ? and #, so no at sign may stand anywhere.
    if "@" in value:
        raise ValueError("write the address without credentials, and the key as judge.api_key")
    return value


def _memory_size(value: object) -> object:
    """A size as people write it, in bytes; a number has no unit and is refused."""
    return parse_size(str(value)) if isinstance(value, str | int | float) else value


Size = Annotated[int, BeforeValidator(_memory_size), PlainSerializer(exact_size)]
Globs = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_globs)]
Weight = Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)]
Probability = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fragments(_Section):
    """What is large enough to be compared; line ranges, ``compare`` and texts of smaller code ignore it."""

    min_lines: int = Field(ge=1, le=10_000, description="Smallest fragment, in lines.")
    min_tokens: int = Field(ge=1, le=100_000, description="Smallest fragment, in tokens without comments.")


class Corpus(_Section):
    """Which files of a corpus are analysed."""

    include: Globs = Field(description="Only files that match one of these globs; empty means all.")
    exclude: Globs = Field(description="Files that match one of these globs are skipped as 'excluded'.")
    max_file_bytes: Annotated[int, LIMIT] = Field(
        ge=1, le=2**31, description="Larger files are skipped as 'too-large'."
    )
    use_git: bool = Field(description="Inside git work trees, read exactly the files that git lists.")


class Parsing(_Section):
    """Limits of the parser processes; a file beyond one is skipped with that reason, in a query refused."""

    jobs: Annotated[int, USER_ONLY] = Field(
        ge=0, le=1024, description="Parser processes; 0 means one per core."
    )
    timeout_seconds: Annotated[float, LIMIT] = Field(
        gt=0, le=3600, description="Time for one file, in seconds."
    )
    memory_mb: Annotated[int, LIMIT] = Field(
        ge=128, le=2**20, description="Memory of one parser process, in MiB."
    )
    max_depth: Annotated[int, LIMIT] = Field(
        ge=10, le=100_000, description="Deepest nesting of brackets in a file."
    )


class Embedding(_Section):
    """The model behind the dense lane."""

    model: Annotated[str, USER_ONLY] = Field(
        min_length=1,
        description="Embedder: an id of `codesearch models list`, or with the extra `torch` a model of the "
        "Hugging Face hub (`hf:ORG/NAME`) or a folder (`./my-model`, relative to the current one).",
    )
    revision: Annotated[str, USER_ONLY] = Field(
        pattern=r"^([0-9a-f]{40})?$",
        description="Commit of a hub model, 40 hexadecimal digits; a hub model needs one.",
    )
    device: str = Field(
        pattern=PATTERN,
        description="Where models and large vector searches run: `cpu`, `cuda` (vectors on all GPUs, a model "
        "on the first), `cuda:N`, or `auto`: on GPUs if it can and pays (docs/gpu.md).",
    )
    dimensions: Annotated[int, USER_ONLY] = Field(
        ge=0,
        le=65_536,
        description="Dimensions kept of a vector, where the model was trained to be cut; 0 keeps all.",
    )
    batch: Annotated[int, USER_ONLY] = Field(
        ge=256,
        le=2**24,
        description="Tokens that a `torch` embedder reads at once on a CPU; a GPU reads 16 times as many, "
        "and fewer where its memory does not hold them.",
    )


class LaneWeights(_Section):
    """Share of each lane in rank fusion; 0 leaves a lane out of the fused ranking."""

    fingerprint: Weight = Field(description="Weight of exact fingerprints (T1, T2).")
    near_miss: Weight = Field(description="Weight of shared rare n-grams (T3).")
    lexical: Weight = Field(description="Weight of BM25 over identifier parts.")
    dense: Weight = Field(description="Weight of embedding neighbours (T4, other languages).")


class Retrieval(_Section):
    """How many neighbours are looked at and how the lanes are fused."""

    k: int = Field(ge=1, le=10_000, description="Matches returned per fragment.")
    candidates: int = Field(ge=1, le=100_000, description="Candidates per lane that go into the fusion.")
    weights: LaneWeights


class VerdictThresholds(_Section):
    """Where a probability becomes a verdict; in between a pair is unsure, or goes to the judge."""

    clone_threshold: Probability | None = Field(
        default=None, description="A clone from this probability on; unset means the shipped calibration."
    )
    reject_threshold: Probability | None = Field(
        default=None, description="Not a clone up to this probability; unset means the shipped calibration."
    )

    @model_validator(mode="after")
    def _ordered(self) -> VerdictThresholds:
        low, high = self.reject_threshold, self.clone_threshold
        if low is not None and high is not None and low > high:
            raise ValueError(f"reject_threshold {low} is above clone_threshold {high}")
        return self


class Index(_Section):
    """Where the index is and how it is kept."""

    dir: Path | None = Field(
        default=None,
        description="Index folder; unset means the nearest `.codesearch` at or above the current directory.",
    )
    max_small_segments: Annotated[int, USER_ONLY] = Field(
        ge=1, le=1000, description="Small segments kept before they are merged."
    )
    segment_rows: Annotated[int, USER_ONLY] = Field(
        ge=16,
        le=2**31,
        description="Contents of one segment, about; a run that adds more writes several.",
    )
    memory: Annotated[Size | None, USER_ONLY] = Field(
        default=None,
        description="What a build and a search may keep in memory, such as `4GB` or `512MiB`; it decides "
        "about parser processes, segments and search structures (docs/scaling.md). Unset sets no bound.",
    )
    key_file: Annotated[Path | None, USER_ONLY] = Field(
        default=None,
        description="Key that signs manifests; unset means `signing.key` beside your own settings.",
    )
    packs: Annotated[Globs, USER_ONLY] = Field(
        description="Packs (`codesearch pack`) searched beside the index: absolute paths, or `~/...`."
    )


class Store(_Section):
    """The database of files, fragments and runs."""

    url: Annotated[SecretStr, USER_ONLY] = Field(
        description="SQLAlchemy URL (`postgresql+psycopg://...`); empty means SQLite in the index folder."
    )
    vectors: Annotated[Literal["files", "pgvector"], USER_ONLY] = Field(
        description="Where vectors are searched: in the index folder, or in a PostgreSQL store with the "
        "extension pgvector (docs/postgres.md)."
    )


class Judge(_Section):
    """Who settles the pairs that the cascade leaves uncertain; docs/judge.md tells how to plug in a model."""

    kind: Annotated[Literal["off", "precedents", "llm", "local"], USER_ONLY] = Field(
        description="Who judges: nobody, labelled precedents, a language-model server, or a local model."
    )
    model: Annotated[str, USER_ONLY] = Field(
        max_length=500,
        description="Model name at the server, `PROVIDER:NAME` for a hosted one; for `local` a folder of a "
        "Hugging Face model or a `.gguf` file.",
    )
    base_url: Annotated[str, AfterValidator(_web_address), USER_ONLY] = Field(
        description="Address of an OpenAI-compatible server, such as `http://localhost:8000/v1`; for Azure "
        "its endpoint.",
    )
    api_key: Annotated[SecretStr, USER_ONLY] = Field(description="Key for that server; never printed.")
    api_version: Annotated[str, USER_ONLY] = Field(description="API version that Azure asks for.")
    budget: Annotated[int, USER_ONLY] = Field(
        ge=0, le=1_000_000, description="Calls of a model per run; a pair may take more than one."
    )
    token_budget: Annotated[int, USER_ONLY] = Field(
        ge=0, le=10_000_000_000, description="Tokens read and written per run; 0 sets no limit."
    )
    always: Annotated[bool, USER_ONLY] = Field(description="Ask also where the cascade is already sure.")
    prompt: Annotated[str, USER_ONLY] = Field(
        description="Id of the prompt: `few-shot`, `zero-shot`, `chain-of-thought`, `reasoning`, `direct`."
    )
    structured: Annotated[Literal["auto", "schema", "text"], USER_ONLY] = Field(
        description="How answers are asked for: by a JSON schema, as text, or by a schema until the server "
        "refuses it."
    )
    context_tokens: Annotated[int, USER_ONLY] = Field(
        ge=0, le=1_000_000, description="Tokens of retrieved context that a prompt may hold; 0 shows none."
    )
    answer_tokens: Annotated[int, USER_ONLY] = Field(
        ge=16, le=100_000, description="Tokens that an answer may have."
    )
    temperature: Annotated[float, USER_ONLY] = Field(
        ge=0, le=2, allow_inf_nan=False, description="Of the model's answers."
    )
    confident: Annotated[Probability, USER_ONLY] = Field(
        description="An answer with less confidence is asked again with the sides swapped."
    )
    concurrency: Annotated[int, USER_ONLY] = Field(ge=1, le=256, description="Calls at the same time.")
    requests_per_minute: Annotated[int, USER_ONLY] = Field(
        ge=0, le=1_000_000, description="Calls per minute; 0 sets no limit."
    )
    timeout_seconds: Annotated[float, USER_ONLY] = Field(
        gt=0, le=3600, allow_inf_nan=False, description="Longest wait for one answer."
    )
    retries: Annotated[int, USER_ONLY] = Field(
        ge=0, le=20, description="New tries, further and further apart, after 429, 5xx and lost connections."
    )
    precision: Annotated[Literal["full", "8bit", "4bit"], USER_ONLY] = Field(
        description="Weights of a local Hugging Face model; fewer bits need a GPU and bitsandbytes."
    )
    adapter: Annotated[Path | None, USER_ONLY] = Field(
        default=None, description="Folder of a LoRA adapter for the local model."
    )
    tracing: Annotated[bool, USER_ONLY] = Field(
        description="Let LangChain trace calls as LANGSMITH_ variables say; off whatever they say otherwise."
    )


class Audit(_Section):
    """What happens after an audit that a schedule ran."""

    webhook: Annotated[SecretStr, USER_ONLY] = Field(
        description="Address that gets a JSON summary of every scheduled run, `https://...` or "
        "`http://localhost...`; never printed. Empty means nobody."
    )


class Server(_Section):
    """Where `codesearch serve` listens, whom it answers and how much it takes from one caller."""

    host: Annotated[str, USER_ONLY] = Field(
        min_length=1, description="Address to listen on; other than this machine's own, callers need a token."
    )
    port: Annotated[int, USER_ONLY] = Field(
        ge=0, le=65_535, description="Port to listen on; 0 takes a free one."
    )
    require_token: Annotated[bool, USER_ONLY] = Field(description="Ask callers on this machine too.")
    allowed_hosts: Annotated[Globs, USER_ONLY] = Field(
        description="Further names of the server, as behind a proxy; any of them asks for a token."
    )
    max_concurrency: Annotated[int, USER_ONLY] = Field(
        ge=0, le=1024, description="Requests worked on at the same time; 0 means one per core."
    )
    queue_limit: Annotated[int, USER_ONLY] = Field(
        ge=0, le=100_000, description="Requests that may wait for that; the next one is told to come back."
    )
    rate_per_minute: Annotated[int, USER_ONLY] = Field(
        ge=0, le=10_000_000, description="Requests per minute and token, or address; 0 sets no limit."
    )
    rate_per_minute_local: Annotated[int, USER_ONLY] = Field(
        ge=0, le=10_000_000, description="The same for callers on this machine that need no token."
    )
    request_seconds: Annotated[float, USER_ONLY] = Field(
        gt=0, le=86_400, allow_inf_nan=False, description="Longest wait for an answer to begin."
    )
    header_seconds: Annotated[float, USER_ONLY] = Field(
        gt=0, le=3600, allow_inf_nan=False, description="Longest time that a client takes to send a header."
    )
    body_seconds: Annotated[float, USER_ONLY] = Field(
        gt=0,
        le=3600,
        allow_inf_nan=False,
        description="How often the speed of a client is looked at, in seconds.",
    )
    min_body_rate: Annotated[int, USER_ONLY] = Field(
        ge=0, le=2**30, description="Bytes per second that a client has to send of a body; 0 takes any."
    )
    connections_per_address: Annotated[int, USER_ONLY] = Field(
        ge=1,
        le=100_000,
        description="Connections that one address, other than this machine's, may hold open.",
    )
    max_form_bytes: Annotated[int, USER_ONLY] = Field(
        ge=1024,
        le=2**31,
        description="Largest form; one with code may hold two texts of 256 KiB.",
    )
    session_hours: Annotated[float, USER_ONLY] = Field(
        gt=0, le=8760, allow_inf_nan=False, description="How long a browser stays signed in, in hours."
    )


class Cluster(_Section):
    """Where index runs and audits work: on this machine, or on a Ray cluster (docs/cluster.md)."""

    engine: Annotated[Literal["local", "ray"], USER_ONLY] = Field(
        description="`local`, or `ray`: on a cluster, with the extra `ray`."
    )
    address: Annotated[str, USER_ONLY] = Field(
        description="`HOST:PORT` of the head node of a cluster that this machine is a node of; empty starts "
        "one of this machine's cores for the time of a run."
    )
    workers: Annotated[int, USER_ONLY] = Field(
        ge=0, le=100_000, description="Tasks at the same time; 0 means one per processor of the cluster."
    )


class Sources(_Section):
    """What an archive or a git URL that is indexed may cost (docs/sources.md)."""

    max_bytes: Annotated[Size, USER_ONLY] = Field(
        ge=1, description="Size of all files of one source together, unpacked, such as `16GiB`."
    )
    max_members: Annotated[int, USER_ONLY] = Field(
        ge=1, le=2**31, description="Files, folders and links in one source."
    )
    max_ratio: Annotated[int, USER_ONLY] = Field(
        ge=2, le=100_000, description="Unpacked bytes per byte of an archive, from 64 MiB on."
    )
    timeout_seconds: Annotated[float, USER_ONLY] = Field(
        gt=0, le=86_400, allow_inf_nan=False, description="Longest time for one call of git."
    )


class Log(_Section):
    """What is reported on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        description="Least severe messages shown; -v and -q override it."
    )


class Settings(BaseSettings):
    """All settings. Building one directly reads neither files nor the environment; ``load_settings`` does."""

    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix="CODESEARCH_",
        env_nested_delimiter="__",
        env_ignore_empty=True,  # an unset CI variable arrives as an empty one
    )

    fragments: Fragments
    corpus: Corpus
    parsing: Parsing
    embedding: Embedding
    retrieval: Retrieval
    verdict: VerdictThresholds
    index: Index
    store: Store
    judge: Judge
    audit: Audit
    server: Server
    cluster: Cluster
    sources: Sources
    log: Log

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what is passed in: the layers are merged before, so that each key keeps its origin."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)
