"""Opening the law book: read, parse, and keep the parsed whole by digest so that the next start is quick."""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
from collections.abc import Sequence
from pathlib import Path

from exeat.lawbook.consolidate import Lawbook
from exeat.lawbook.dictionary import read_dictionary
from exeat.lawbook.folder import digest, instrument_files, law_folder
from exeat.lawbook.groups import read_groups
from exeat.lawbook.instrument import LawError
from exeat.logic.vocabulary import nearest

_open: dict[str, Lawbook] = {}


def open_lawbook(folder: Path | None = None, *, cache: bool = True, drafts: Sequence[str] = ()) -> Lawbook:
    """The whole law, parsed. Unchanged law is read from the cache (see :func:`cache_folder`).

    ``drafts`` names files of ``law/drafts`` (their name without ``.md``) to be read as if they were law.

    Raises:
        LawError: the first thing that is wrong in a law file, or a draft that is not there.
    """
    place = folder or law_folder()
    name = digest(place)
    if drafts:
        return read_lawbook(place, f"{name}+{'+'.join(sorted(drafts))}", drafts)
    if name in _open:
        return _open[name]
    book = _from_cache(name) if cache else None
    if book is None:
        book = read_lawbook(place, name)
        if cache:
            _to_cache(name, book)
    _open[name] = book
    return book


def held_lawbook(name: str) -> Lawbook | None:
    """A state of the law that this machine has read before, by its digest; None where it is not kept."""
    return _open.get(name) or _from_cache(name)


def draft_names(folder: Path | None = None) -> list[str]:
    """The names of the drafts and bills that may be read as if they were law."""
    return sorted(path.stem for path in ((folder or law_folder()) / "drafts").glob("*.md") if path.stem != "README")


def read_lawbook(folder: Path, name: str | None = None, drafts: Sequence[str] = ()) -> Lawbook:
    """Read and parse every law file, without any cache.

    Raises:
        LawError: as :func:`open_lawbook`.
    """
    from exeat.lawbook.read import build, read_raw, rule_names

    vocabulary = read_dictionary(folder / "facts.md")
    groups = read_groups(folder / "groups")
    for draft in drafts:
        if draft not in draft_names(folder):
            known = draft_names(folder)
            hint = nearest(draft, known)
            perhaps = f"; perhaps {hint}" if hint else ""
            raise LawError(f"no draft is called {draft[:60]!r}{perhaps}; known: {', '.join(known)}")
    raws = [read_raw(path, path.relative_to(folder).as_posix()) for path in instrument_files(folder, drafts)]
    named = vocabulary.with_facts(declared for raw in raws for declared in rule_names(raw))
    instruments = tuple(sorted((build(raw, named) for raw in raws), key=lambda i: (i.effective, i.published, i.file)))
    if not instruments:
        raise LawError("no instrument was found", folder.name)
    return Lawbook(instruments, vocabulary, groups, name or digest(folder))


def cache_folder() -> Path:
    """Where parsed law is kept: ``EXEAT_CACHE_DIR``, else the user's cache folder."""
    stated = os.environ.get("EXEAT_CACHE_DIR")
    if stated:
        return Path(stated)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "exeat"


def _cache_file(name: str) -> Path:
    from exeat import __version__

    python = f"{sys.version_info.major}{sys.version_info.minor}"
    return cache_folder() / f"law-{name[:32]}-{__version__}-py{python}-{_STAMP}.pickle"


def _source_stamp() -> str:
    """Distinguishes states of the reader's own code, so that a changed reader never meets an older cache."""
    import exeat.logic.tree as tree_module

    here = Path(__file__).parent
    files = [*here.glob("*.py"), Path(str(tree_module.__file__))]
    return format(sum(int(f.stat().st_mtime_ns) for f in files) & 0xFFFFFFFF, "08x")


# Taken when the module is loaded, so that a process running older code never names its cache after newer code.
_STAMP = _source_stamp()


def _from_cache(name: str) -> Lawbook | None:
    """The cached book, if the file is there, is this user's own, and can be read; otherwise None."""
    path = _cache_file(name)
    try:
        status = path.stat()
        if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
            return None
        with path.open("rb") as stream:
            book = pickle.load(stream)
    except Exception:  # A cache may be damaged in any way; the law is then simply read again.
        return None
    return book if isinstance(book, Lawbook) and book.digest == name else None


def _to_cache(name: str, book: Lawbook) -> None:
    """Write atomically; a folder that cannot be written only costs time at the next start."""
    import tempfile

    path = _cache_file(name)
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                pickle.dump(book, stream, protocol=pickle.HIGHEST_PROTOCOL)
            Path(temporary).replace(path)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
