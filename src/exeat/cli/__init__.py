"""The command line: ``exeat check``, ``classify``, ``items``, ``law …``, ``schema``. A thin face over the desk.

Exit codes: 0 decided on both tracks; 3 unknown on a track; 2 something given cannot be read (one line on stderr);
1 anything else.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence

DECIDED, FAILED, BAD_INPUT, UNKNOWN = 0, 1, 2, 3


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code. Nothing is raised, and bad input is told in one line."""
    if argv is None:
        # A process that answers once and ends: walking its many small objects for cycles costs a twentieth of its time.
        gc.disable()
    from exeat.cli.app import Refused, run

    try:
        code = run(list(sys.argv[1:] if argv is None else argv))
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


def _complain(message: str, code: int) -> int:
    line = " ".join(message.split())
    encoding = sys.stderr.encoding or "ascii"
    print(f"exeat: {line}".encode(encoding, "backslashreplace").decode(encoding), file=sys.stderr)
    return code


__all__ = ["BAD_INPUT", "DECIDED", "FAILED", "UNKNOWN", "main"]
