"""The command line: ``exeat check``, ``classify``, ``flags``, ``interview``, ``items``, ``tier``, ``law …``,
``screen``, ``owners``, ``lists …``, ``ledger …``, ``records …``, ``doctor``.

A thin face over the desk. Exit codes: 0 decided on both tracks; 3 unknown on a track, or held, or a party that is or
may be listed, or recorded answers that would differ; 2 something given cannot be read (one line on stderr), or
findings in the law; 1 anything else, an altered record among it.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

DECIDED, FAILED, BAD_INPUT, UNKNOWN = 0, 1, 2, 3


class Refused(Exception):  # noqa: N818 - a refusal of input, told in one line
    """What was given cannot be read."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code. Nothing is raised, and bad input is told in one line."""
    if argv is None:
        # A process that answers once and ends: walking its many small objects for cycles costs a twentieth of its time.
        gc.disable()
    if sys.stdout is None:
        return _complain("standard output is closed; no answer can be shown", FAILED)
    try:
        code = _run(list(sys.argv[1:] if argv is None else argv))
        sys.stdout.flush()
    except Refused as refusal:
        return _complain(str(refusal), BAD_INPUT)
    except BrokenPipeError:
        # The reader (head, less) has gone; what it wanted it has. Nothing more may be written, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except KeyboardInterrupt:
        return _complain("interrupted", FAILED)
    except Exception as error:
        if os.environ.get("EXEAT_TRACEBACK"):
            raise
        what = f"{type(error).__name__}: {error}"
        return _complain(f"internal error: {what} (EXEAT_TRACEBACK=1 shows where); no answer was given", FAILED)
    return code


def _run(words: list[str]) -> int:
    """Run one command line.

    Raises:
        Refused: bad input of any kind; the message is one line.
    """
    from exeat.lawbook.instrument import LawError
    from exeat.terms import InputError

    try:
        if words[:1] == ["check"]:
            from exeat.cli.quick import plain_check

            plain = plain_check(words[1:])
            if plain is not None:
                from exeat.cli.check import run_check

                item, order, switches = plain
                return run_check(item, order, as_json=switches["json"], full=switches["full"])
        from exeat.cli.app import run

        return run(words)
    except (InputError, LawError) as error:
        raise Refused(str(error)) from None


def _complain(message: str, code: int) -> int:
    line = " ".join(message.split())
    encoding = sys.stderr.encoding or "ascii"
    print(f"exeat: {line}".encode(encoding, "backslashreplace").decode(encoding), file=sys.stderr)
    return code


__all__ = ["BAD_INPUT", "DECIDED", "FAILED", "UNKNOWN", "Refused", "main"]
