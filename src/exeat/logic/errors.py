"""The one error of the expression kernel: what was found, where, what was expected."""

from __future__ import annotations


class LogicError(ValueError):
    """A condition that cannot be read. ``str()`` is ``file:line: message``, with what is absent left out."""

    def __init__(self, message: str, *, file: str = "", line: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.file = file
        self.line = line

    def __str__(self) -> str:
        where = ":".join(part for part in (self.file, str(self.line) if self.line else "") if part)
        return f"{where}: {self.message}" if where else self.message

    def at(self, file: str, line: int) -> LogicError:
        """The same error with a place, where it had none."""
        return LogicError(self.message, file=self.file or file, line=self.line or line)
