"""Reference corpora in one file: written from an index, signed, and mounted beside another one.

A pack is a head of three lines of text (:mod:`.head`: format, manifest, signature) and the members that the
manifest lists, one after the other (:mod:`.container`): every byte of the file is either signed or has a
checksum that is. :mod:`.rows` are the places of contents, :mod:`.sealed` what stands in for the source where
it is left out, :mod:`.writing` makes a pack of an index. :mod:`.signing` and :mod:`.trust` say whose packs
are read; :mod:`.cache` verifies one and unpacks it once as an ordinary index folder, :mod:`.mounting` opens
that, :mod:`.shelf` makes all that are mounted ready to be searched. Native files of FAISS are never in a
pack: their reader is not memory-safe.
"""
