"""What screening refuses, in one public line each."""

from __future__ import annotations


class ScreeningError(ValueError):
    """Something that cannot be screened, read or stored. The text says what was found, where, and what was expected."""


class UnusableName(ScreeningError):  # noqa: N818 - says what the thing is
    """A name that cannot be screened: empty, too long, too many words. It is never reported as not found."""


class UnreadableList(ScreeningError):  # noqa: N818 - says what the thing is
    """A list file that is not what it should be: damaged, cut short, of another format, or too large when unpacked."""


class RefusedSnapshot(ScreeningError):  # noqa: N818 - says what the thing is
    """A list file that failed the integrity gate: it shrank, lost a whole list, or is older than what is held."""
