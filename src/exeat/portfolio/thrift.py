"""The Thrift compact protocol, as far as the footer of a Parquet file needs it.

A struct is taken apart no deeper than asked for. What is not asked for, known or not, stays the bytes that it was and
is written back so. The protocol, of which maps and UUIDs are refused, as Parquet does not use them:
https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

Struct: TypeAlias = "dict[int, tuple[int, bytes | Struct | list[Struct]]]"
"""By field number the type and the value: its bytes in the protocol, or taken apart."""
Opened: TypeAlias = "dict[int, Opened]"
"""The fields to take apart, structs or lists of structs, and of each the fields of those."""

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, STRUCT = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12)
DEEPEST = 32  # values in each other; Parquet has seven or so


def struct_of(data: bytes, opened: Opened) -> Struct:
    """The struct that ``data`` starts with.

    Raises:
        ValueError: ``data`` is not of the protocol, or an opened field is no struct nor list of structs.
    """
    try:
        return _Reader(data).struct(opened)
    except IndexError:
        raise ValueError("a struct that ends too early") from None


class _Reader:
    """Reads the compact protocol. Raises ValueError or IndexError of bytes that are none of it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def varint(self) -> int:
        found = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                return found
            shift += 7
            if shift > 63:
                raise ValueError("too long a number")

    def signed(self) -> int:
        found = self.varint()
        return (found >> 1) ^ -(found & 1)

    def text(self) -> bytes:
        return self._take(self.varint())

    def _take(self, count: int) -> bytes:
        start, self.at = self.at, self.at + count
        if self.at > len(self.data):
            raise ValueError("a text that ends too late")
        return self.data[start : self.at]

    def head(self) -> tuple[int, int]:
        """How many values a list has, and their type."""
        byte = self.data[self.at]
        self.at += 1
        count = byte >> 4 if byte < 0xF0 else self.varint()
        if count > len(self.data) - self.at:  # each is one byte at least
            raise ValueError("a list longer than the footer")
        return count, byte & 0x0F

    def struct(self, opened: Opened, depth: int = 0) -> Struct:
        found: Struct = {}
        field = 0
        while head := self.data[self.at]:
            self.at += 1
            field = field + (head >> 4) if head >> 4 else self.signed()
            if field in found or not 0 < field < 1 << 15:
                raise ValueError("a field twice, or none")
            kind = head & 0x0F
            if field not in opened:
                start = self.at
                if kind not in (TRUE, FALSE):  # the type is the value
                    self.skip(kind, depth + 1)
                found[field] = kind, self.data[start : self.at]
            elif kind == STRUCT:
                found[field] = kind, self.struct(opened[field], depth + 1)
            else:
                count, of = self.head()
                if kind != LIST or (of != STRUCT and count):
                    raise ValueError("another type than Parquet's")
                found[field] = kind, [self.struct(opened[field], depth + 1) for _ in range(count)]
        self.at += 1
        return found

    def skip(self, kind: int, depth: int) -> None:
        if depth > DEEPEST:
            raise ValueError("values nested too deeply")
        if kind in (I16, I32, I64):
            start = at = self.at
            while self.data[at] > 0x7F:
                at += 1
            self.at = at + 1
            if at - start > 9:
                raise ValueError("too long a number")
        elif kind in (TRUE, FALSE, BYTE):
            self._take(1)
        elif kind == BINARY:
            self.text()
        elif kind == DOUBLE:
            self._take(8)
        elif kind in (LIST, SET):
            count, of = self.head()
            for _ in range(count):
                self.skip(of, depth + 1)
        elif kind == STRUCT:
            while head := self.data[self.at]:
                self.at += 1
                if head < 1 << 4:
                    self.varint()  # the field's number
                if head & 0x0F not in (TRUE, FALSE):
                    self.skip(head & 0x0F, depth + 1)
            self.at += 1
        else:
            raise ValueError("a type that Parquet does not use")


def number_of(struct: Struct, field: int, default: int | None = None) -> int:
    """A number of 16, 32 or 64 bits.

    Raises:
        ValueError: the field is of another type, or missing and there is no default.
    """
    if default is not None and field not in struct:
        return default
    return _encoded(struct, field, I16, I32, I64).signed()


def text_of(struct: Struct, field: int) -> bytes:
    """The bytes of a text.

    Raises:
        ValueError: the field is missing or of another type.
    """
    return _encoded(struct, field, BINARY).text()


def texts_of(struct: Struct, field: int) -> list[bytes]:
    """The bytes of the texts of a list.

    Raises:
        ValueError: the field is missing or of another type.
    """
    reader = _encoded(struct, field, LIST)
    count, kind = reader.head()
    if kind != BINARY:
        raise ValueError(f"field {field} is of another type than Parquet's")
    return [reader.text() for _ in range(count)]


def structs_of(struct: Struct, field: int) -> list[Struct]:
    """The structs of a list that was taken apart.

    Raises:
        ValueError: the field is missing or of another type.
    """
    value = struct.get(field, (0, b""))[1]
    if not isinstance(value, list):
        raise ValueError(f"field {field} is missing, or of another type than Parquet's")
    return value


def _encoded(struct: Struct, field: int, *kinds: int) -> _Reader:
    kind, value = struct.get(field, (0, b""))
    if kind not in kinds or not isinstance(value, bytes):
        raise ValueError(f"field {field} is missing, or of another type than Parquet's")
    return _Reader(value)


def number(value: int, kind: int = I64) -> tuple[int, bytes]:
    """A number, as the value of a field.

    Raises:
        ValueError: it has more than 64 bits.
    """
    if not -(1 << 63) <= value < 1 << 63:
        raise ValueError("a number of more than 64 bits")
    return kind, _varint((value << 1) ^ (value >> 63))


def text(value: bytes) -> tuple[int, bytes]:
    """A text, as the value of a field."""
    return BINARY, _varint(len(value)) + value


def texts(values: Sequence[bytes]) -> tuple[int, bytes]:
    """A list of texts, as the value of a field."""
    return LIST, _head(len(values), BINARY) + b"".join(text(value)[1] for value in values)


def bytes_of(struct: Struct) -> bytes:
    """The struct in the protocol, its fields in the order of their numbers."""
    made = bytearray()
    _put(made, struct)
    return bytes(made)


def _put(made: bytearray, struct: Struct) -> None:
    last = 0
    for field, (kind, value) in sorted(struct.items()):
        made += bytes([field - last << 4 | kind]) if field - last < 16 else bytes([kind]) + number(field)[1]
        last = field
        if isinstance(value, bytes):
            made += value
        elif isinstance(value, dict):
            _put(made, value)
        else:
            made += _head(len(value), STRUCT)
            for each in value:
                _put(made, each)
    made.append(0)


def _head(count: int, kind: int) -> bytes:
    return bytes([count << 4 | kind]) if count < 15 else bytes([0xF0 | kind]) + _varint(count)


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 0x7F:
        made.append(value & 0x7F | 0x80)
        value >>= 7
    made.append(value)
    return bytes(made)
