"""A bare FastAPI application that returns one JSON: what any service of this kind costs at least.

Three routes: ``/dict`` returns the data from a plain function of FastAPI, ``/typed`` states the type it returns (which
FastAPI then writes with pydantic), ``/bytes`` writes the data with orjson into a response. All read a JSON body.
"""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path
from typing import Any

import orjson
import uvicorn
from fastapi import FastAPI, Response


def bare(data: Any) -> FastAPI:
    app = FastAPI()

    @app.post("/dict")
    async def plain(body: dict[str, Any]):  # type: ignore[no-untyped-def]
        return data

    @app.post("/typed")
    async def typed(body: dict[str, Any]) -> dict[str, Any]:
        return data  # type: ignore[no-any-return]

    @app.post("/bytes")
    async def written(body: dict[str, Any]) -> Response:
        return Response(orjson.dumps(data), media_type="application/json")

    return app


if __name__ == "__main__":
    app = bare(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    config = uvicorn.Config(app, host="127.0.0.1", port=0, access_log=False, log_config=None, ws="none")
    # As the service does; uvicorn's own socket waits 40 ms before it sends the end of an answer.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind(("127.0.0.1", 0))
    listening.listen(2048)
    print(f"http://127.0.0.1:{listening.getsockname()[1]}/", flush=True)
    uvicorn.Server(config).run(sockets=[listening])
