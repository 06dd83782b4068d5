"""What the service is told at its start: where it listens, what it keeps, and its bounds."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from exeat.terms import InputError

#: What an environment variable is called: EXEAT_UPLOAD_BYTES_MAX for ``upload_bytes_max``. The ledger's is older.
PREFIX = "EXEAT_"
MIB = 1024 * 1024


@dataclass(frozen=True)
class Settings:
    """Where the service listens and what it allows. Each may be given as EXEAT_NAME in the environment.

    ``ledger`` is the URL of a database; None: no ledger. ``tokens`` is the file of token hashes (``exeat serve
    token``). ``proxy_header`` is a header that a proxy in front sets to the name of the user it has let in; it must
    be unreachable except through that proxy, whose own address is one of ``proxy_from``; whom it lets in may do what
    ``proxy_scope`` says. ``hosts`` are further names under which the service may be asked.
    Bounds: bytes of an uploaded table, of any other body, rows of a table, transactions of one request, tables
    waiting and kept, hours a table and its answer are kept; requests a second and at once of one client; answers
    remembered; days after the last check of the law's sources on which RELEASE may still be said.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    ledger: str | None = None
    tokens: Path | None = None
    proxy_header: str | None = None
    proxy_from: tuple[str, ...] = ("127.0.0.1", "::1")
    proxy_scope: str = "decide"
    hosts: tuple[str, ...] = ()
    data_dir: Path | None = None
    upload_bytes_max: int = 64 * MIB
    body_bytes_max: int = 2 * MIB
    rows_max: int = 1_000_000
    transactions_max: int = 100
    batches_waiting_max: int = 8
    batches_kept_max: int = 100
    batch_hours: float = 24.0
    rate_per_second: float = 200.0
    rate_burst: int = 400
    answers_kept_max: int = 1024
    release_days: int = 30

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        from exeat.web.security import is_loopback

        return is_loopback(self.host)

    def refuse_if_open(self) -> None:
        """Refuse settings that would let anybody in.

        Raises:
            InputError: an address that others reach, and neither tokens nor a proxy; or a scope that is not known.
        """
        from exeat.web.tokens import SCOPES

        if self.proxy_scope not in SCOPES:
            raise InputError(f"proxy_scope is {self.proxy_scope[:40]!r}; expected {', '.join(SCOPES)}")
        if self.loopback or self.tokens is not None or self.proxy_header is not None:
            return
        raise InputError(
            f"{self.host} can be reached from other machines: configure tokens (exeat serve token NAME --tokens FILE, "
            "then --tokens FILE) or the header of a trusted proxy (--proxy-header), or listen on 127.0.0.1"
        )

    @property
    def open_to_all(self) -> bool:
        """Whether no login is asked for: on loopback, with neither tokens nor a proxy configured."""
        return self.loopback and self.tokens is None and self.proxy_header is None


def read_settings(given: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings from arguments, else from the environment, else the defaults. An argument of None was not given.

    Raises:
        InputError: a value that cannot be read.
    """
    environ = os.environ if environ is None else environ
    said = {key: value for key, value in (given or {}).items() if value is not None}
    found: dict[str, Any] = {}
    for field in fields(Settings):
        raw = said.get(field.name, environ.get(PREFIX + field.name.upper()))
        if raw is None or raw == "":
            continue
        found[field.name] = _read(field.name, raw)
    return Settings(**found)


_WHOLE = frozenset(
    {"port", "upload_bytes_max", "body_bytes_max", "rows_max", "transactions_max", "batches_waiting_max"}
    | {"batches_kept_max", "rate_burst", "answers_kept_max", "release_days"}
)


def _read(name: str, raw: Any) -> Any:
    if name in ("tokens", "data_dir"):
        return Path(raw)
    if name in ("hosts", "proxy_from"):
        return tuple(part.strip().lower() for part in raw.split(",")) if isinstance(raw, str) else tuple(raw)
    if name not in _WHOLE and name not in ("batch_hours", "rate_per_second"):
        return str(raw)
    try:
        number = int(raw) if name in _WHOLE else float(raw)
    except (TypeError, ValueError):
        raise InputError(f"{name} is {str(raw)[:40]!r}; expected a number") from None
    least = 0 if name in ("port", "answers_kept_max", "release_days") else 1 if name in _WHOLE else 0.001
    if not least <= number < 2**53:
        raise InputError(f"{name} is {raw}; expected at least {least}")
    if name == "port" and number > 65535:
        raise InputError(f"port is {raw}; expected at most 65535")
    return number


__all__ = ["Settings", "read_settings"]
