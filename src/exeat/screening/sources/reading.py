"""A list file as text, unpacked within limits: no file may fill the memory or hide behind a wrong encoding."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from exeat.screening.errors import UnreadableList

#: Largest list taken, in bytes, unpacked. The largest official one (CSL JSON) has 32 MB; the largest OFAC XML 120 MB.
LARGEST = 400_000_000
#: A packed file may grow by this factor; text lists shrink to a tenth, a bomb to a thousandth.
MOST_GROWTH = 60
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class RawList:
    """The bytes of one list file, unpacked: name (without .gz or .zip), text, SHA-256 of the file as it came."""

    name: str
    text: str
    digest: str


def read_raw(path: Path) -> RawList:
    """Read, unpack (gzip, or a zip with one file) and decode.

    Raises:
        UnreadableList: no such file, too large, a broken or suspicious archive, an unknown encoding.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise UnreadableList(f"{path.name}: {error.strerror or error}") from None
    if size > LARGEST:
        raise UnreadableList(f"{path.name}: {size:,} bytes; at most {LARGEST:,} are read")
    packed = path.read_bytes()
    digest = hashlib.sha256(packed).hexdigest()
    name, content = _unpacked(path.name, packed)
    return RawList(name, _decoded(name, content), digest)


def _unpacked(name: str, packed: bytes) -> tuple[str, bytes]:
    try:
        if packed[:2] == b"\x1f\x8b":
            with gzip.open(io.BytesIO(packed)) as file:
                return name.removesuffix(".gz"), _within(file, name, len(packed))
        if packed[:4] == b"PK\x03\x04":
            with zipfile.ZipFile(io.BytesIO(packed)) as archive:
                inside = [member for member in archive.infolist() if not member.is_dir()]
                if len(inside) != 1:
                    raise UnreadableList(f"{name}: an archive of {len(inside)} files; expected one list")
                with archive.open(inside[0]) as member:
                    return Path(inside[0].filename).name, _within(member, name, len(packed))
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError, NotImplementedError) as error:
        raise UnreadableList(f"{name}: the archive is broken or cut short ({error})") from None
    return name, packed


def _within(file: object, name: str, packed: int) -> bytes:
    """Read on until the end or the limit, whichever is first: sizes stated in the archive are not believed."""
    limit = min(LARGEST, max(packed * MOST_GROWTH, 50_000))
    held = io.BytesIO()
    while chunk := file.read(_CHUNK):  # type: ignore[attr-defined]
        held.write(chunk)
        if held.tell() > limit:
            raise UnreadableList(
                f"{name}: {packed:,} packed bytes unpack to more than {limit:,}; this is no list but an archive bomb"
            )
    return held.getvalue()


def _decoded(name: str, content: bytes) -> str:
    if b"\x00" in content[:4096] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnreadableList(f"{name}: binary content; expected a text list (CSV, JSON, XML)")
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    wrong = ""
    # Treasury's and Commerce's older files come in Windows-1252.
    encodings = ["utf-16"] if wide else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError as error:
            wrong = f"{error.reason} at byte {error.start:,}"
            # The end of a file cut in half may stand inside a character: then it is UTF-8, and cut.
            if encoding == "utf-8-sig" and error.start >= len(content) - 4 and len(content) > 100:
                raise UnreadableList(f"{name}: ends inside a character; the file is cut short") from None
    raise UnreadableList(f"{name}: neither UTF-8 nor Windows-1252 ({wrong})")
