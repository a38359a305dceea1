"""The reviewer's bundle: one version of a report with all that is needed to check it.

::

    layout     what lies where in a bundle
    contents   the files of a bundle, each checked against the manifest
    readme     what a reviewer is told
    archive    one zip, the same bytes on every machine; and the way back, for an untrusted one
"""

from foistats.reports.bundle.archive import unpacked
from foistats.reports.bundle.layout import BUNDLE, is_bundle

__all__ = ["BUNDLE", "is_bundle", "unpacked"]
