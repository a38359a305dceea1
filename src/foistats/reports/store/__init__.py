"""Published versions: numbered folders that appear whole or not at all.

The only room that writes below ``reports/``. A version is written to a staging folder,
flushed to disk and renamed; the pointer ``latest.json`` moves last. Whatever happens in
between, every version folder is complete and the pointer names one of them. Nothing here
asks a clock what came first: numbers and hashes do.

::

    files        bytes on disk: written, flushed, replaced in one step
    folders      which versions, tombstones and series there are
    keep         the versions somebody cites, which are never removed
    staging      a place to work in, and what a killed run left there
    objects      inputs, once each, by hash
    publication  a version put in its place, whole or not at all
    manifests    what a version says of itself, and the formats that can be read
    versions     the chain: the newest version, the next one, the pointer
    lock         one writer at a time
    failures     the notebook of a failed run, apart
    journal      the run log and the status file
    prune        old versions go, a tombstone stays
"""
