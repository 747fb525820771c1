"""The on-disk index: immutable segments, named by a manifest that one atomic rename replaces.

Unique contents enter (:mod:`.builder`), a folder of memory-mapped arrays leaves (:mod:`.segment`);
:mod:`.snapshot` presents all segments of a manifest as one numbered sequence of rows. Nothing here is ever
pickled or changed in place; deletions are tombstones. To store one more array per content, add a field to
:class:`.builder.SegmentArrays`.
"""
