"""What can go wrong outside a leaf's own text. A leaf's faults are findings, never exceptions."""


class TaxonomyError(Exception):
    """The base of this package's errors; the message says what to do next."""


class TreeError(TaxonomyError):
    """A repository, commit or folder could not be read as a taxonomy."""


class ScaffoldError(TaxonomyError):
    """A new leaf could not be written where it was asked for."""
