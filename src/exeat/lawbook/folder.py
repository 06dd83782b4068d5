"""Where the law lies: beside the source in a checkout, inside the package in an installed wheel."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from exeat.lawbook.instrument import LawError

_PACKAGE = Path(__file__).resolve().parent.parent


def law_folder() -> Path:
    """The folder that holds ``facts.md``.

    Raises:
        LawError: neither place holds it (a broken installation).
    """
    for place in (_PACKAGE / "_law", _PACKAGE.parent.parent / "law"):
        if (place / "facts.md").is_file():
            return place
    raise LawError("the law folder was not found beside the package; reinstall exeat")


def law_text(path: Path, file: str) -> str:
    """The text of a law file; ``file`` is its name in messages.

    Raises:
        LawError: it is not there, cannot be read, or is not UTF-8.
    """
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise LawError("a byte that is not UTF-8; expected a text in UTF-8", file, line) from None
    except OSError as error:
        raise LawError(f"cannot be read: {error.strerror or error}", file) from None


def law_files(folder: Path) -> list[Path]:
    """Every file that is law, in a fixed order."""
    return sorted(
        path for path in (*folder.rglob("*.md"), *folder.rglob("*.csv")) if path.name != "README.md" and path.is_file()
    )


def instrument_files(folder: Path, drafts: Sequence[str] = ()) -> list[Path]:
    """The files that hold instruments; of the drafts only those named."""
    found = []
    for path in law_files(folder):
        parts = path.relative_to(folder).parts
        if (
            path.suffix == ".md"
            and len(parts) > 1
            and parts[0] != "groups"
            and (parts[0] != "drafts" or path.stem in drafts)
        ):
            found.append(path)
    return found


def digest(folder: Path) -> str:
    """The name of this state of the law: SHA-256 over the relative names and the bytes of its files."""
    whole = hashlib.sha256()
    for path in law_files(folder):
        content = path.read_bytes()
        whole.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()
