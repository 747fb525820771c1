"""What a segment's structure becomes on GPUs."""

from __future__ import annotations

from codesearch.core.device import Device
from codesearch.core.protocols import VectorIndex
from indexer.segments.segment import Segment
from indexer.vectors.choice import open_structure
from indexer.vectors.gpu import GpuIndex, Host
from indexer.vectors.gpu_graph import by_cagra, graphs, has_cagra
from indexer.vectors.ivf import IvfIndex


def open_on(device: Device, segment: Segment, trusted: bool) -> VectorIndex:
    """The search structure of a segment on the GPUs of a device.

    An inverted file becomes a graph where one GPU holds it and FAISS can draw one. Codes for little memory
    stay on the CPU: a GPU has less.

    Raises:
        EnvironmentFailure: It does not fit there.
    """
    structure = open_structure(segment, trusted)
    if not isinstance(structure, Host):
        return structure
    if isinstance(structure, IvfIndex) and len(device.gpus) == 1 and has_cagra():
        return GpuIndex(structure, graphs(by_cagra(device.gpus[0])))
    return GpuIndex.of(structure, device)
