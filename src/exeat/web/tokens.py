"""Tokens of those who ask from elsewhere: made here, kept as hashes, compared in constant time.

A token has 256 random bits, so that one round of SHA-256 is enough: there is nothing to guess from the hash.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from exeat.logic.vocabulary import nearest
from exeat.terms import InputError

#: What a token allows; each includes those before it.
SCOPES = ("read", "decide", "admin")
_NAME = re.compile(r"[A-Za-z0-9._-]{1,60}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and what it may do. ``name`` is a token's or a proxy's, never written to a log."""

    name: str
    scope: str

    def may(self, scope: str) -> bool:
        """Whether what needs a scope is allowed."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The hashes of a file, with whom each stands for."""

    hashes: Mapping[str, Asker]

    def asker(self, token: str) -> Asker | None:
        """Whose token it is, or None. Every hash is compared, so that the time tells nothing."""
        given, found = _hash(token), None
        for known, asker in self.hashes.items():
            if hmac.compare_digest(known, given):
                found = asker
        return found


def read_tokens(path: Path) -> Tokens:
    """The tokens of a file.

    Raises:
        InputError: it cannot be read, or holds no token.
    """
    listed = _listed(path)
    if not listed:
        raise InputError(f"{path.name} holds no token; exeat serve token NAME --tokens {path.name} makes one")
    return Tokens({one["sha256"]: Asker(one["name"], one["scope"]) for one in listed})


def _listed(path: Path) -> list[dict[str, str]]:
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))["tokens"]
        for number, one in enumerate(listed, 1):
            if one["scope"] not in SCOPES or not _NAME.fullmatch(one["name"]) or not _HASH.fullmatch(one["sha256"]):
                raise InputError(f"{path.name}: token {number} is not of the form exeat serve token writes")
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror or 'cannot be read'}") from None
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path.name} is not a file of tokens; exeat serve token NAME makes one") from None
    return list(listed)


def make_token(name: str, scope: str, path: Path) -> str:
    """A new token, whose hash is added to the file (readable by its owner alone); the token itself is kept nowhere.

    Raises:
        InputError: a name or scope that cannot be, a name that has a token, a file that cannot be read or written.
    """
    if scope not in SCOPES:
        hint = nearest(scope, SCOPES)
        perhaps = f"; perhaps {hint!r}" if hint else ""
        raise InputError(f"scope is {scope[:40]!r}; expected {', '.join(SCOPES)}{perhaps}")
    if not _NAME.fullmatch(name):
        raise InputError(f"the name {name[:60]!r} cannot be; expected up to 60 letters, digits, - _ .")
    listed = _listed(path) if path.exists() else []
    if any(one["name"] == name for one in listed):
        raise InputError(f"{path.name} has a token of {name} already; remove its entry to replace it")
    token = "exeat_" + secrets.token_urlsafe(32)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    listed.append({"name": name, "scope": scope, "sha256": _hash(token), "made": made})
    beside = path.with_name(path.name + ".part")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(json.dumps({"tokens": listed}, indent=1) + "\n")
        beside.replace(path)
    except OSError as error:
        raise InputError(f"{path.name}: {error.strerror or 'cannot be written'}") from None
    return token


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


__all__ = ["SCOPES", "Asker", "Tokens", "make_token", "read_tokens"]
