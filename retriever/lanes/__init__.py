"""Candidate lanes behind :class:`codesearch.core.protocols.CandidateLane`, one per file, cheapest first."""

from retriever.lanes.dense import EXPANSION, DenseLane
from retriever.lanes.fingerprint import FingerprintLane
from retriever.lanes.lexical import LexicalLane
from retriever.lanes.near_miss import NearMissLane

__all__ = ["EXPANSION", "DenseLane", "FingerprintLane", "LexicalLane", "NearMissLane"]
