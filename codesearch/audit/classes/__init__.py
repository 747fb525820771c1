"""From the occurrences of a snapshot to clone classes.

:mod:`.population` says what is compared and :mod:`.declarations` what of it has no code, :mod:`.families`
makes classes of equal and near-miss contents, :mod:`.shared_runs` those of parts of fragments,
:mod:`.semantic` those of like meaning, :mod:`.folding` keeps the largest of what overlaps, :mod:`.identity`
names them, :mod:`.description` and :mod:`.advice` say what varies and what to do, :mod:`.order` puts first
what is most worth merging; :mod:`.finding` runs them all.
"""
