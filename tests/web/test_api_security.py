"""Who is let in, and from where: addresses, tokens, scopes, hosts, origins, forms, rates, headers, logs."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest
from fastapi import APIRouter, Form
from starlette.testclient import TestClient

from exeat.terms import InputError
from exeat.web import pages
from exeat.web.api.determinations import EXAMPLE
from exeat.web.app import create_app
from exeat.web.limits import Rates
from exeat.web.login import _local
from exeat.web.security import csrf_field, is_loopback
from exeat.web.settings import Settings, read_settings
from exeat.web.templating import environment
from exeat.web.tokens import Tokens, make_token, read_tokens

AT = "http://127.0.0.1:8000"


@pytest.fixture
def tokens(tmp_path: Path) -> tuple[Path, dict[str, str]]:
    file = tmp_path / "tokens.json"
    return file, {scope: make_token(scope, scope, file) for scope in ("read", "decide", "admin")}


def _client(settings: Settings, at: str = AT, client: tuple[str, int] = ("127.0.0.1", 5)) -> TestClient:
    return TestClient(create_app(settings), base_url=at, raise_server_exceptions=False, client=client)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.org", ""])
def test_other_addresses_need_tokens_or_a_proxy(host: str, tokens: tuple[Path, dict[str, str]]) -> None:
    with pytest.raises(InputError, match="can be reached from other machines"):
        create_app(Settings(host=host))
    create_app(Settings(host=host, tokens=tokens[0]))
    create_app(Settings(host=host, proxy_header="x-user"))


def test_loopback_is_told_apart() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "localhost", "::1", "127.8.8.8")))
    assert not any(map(is_loopback, ("0.0.0.0", "127.0.0.1.example", "localhost.example", "10.0.0.1", "")))


def test_scopes(tokens: tuple[Path, dict[str, str]]) -> None:
    file, given = tokens
    client = _client(Settings(host="0.0.0.0", tokens=file))
    bearer = {scope: {"authorization": f"Bearer {token}"} for scope, token in given.items()}
    assert client.get("/health").status_code == 200
    missing = client.get("/v1/law/status")
    assert missing.status_code == 401 and missing.headers["www-authenticate"].startswith("Bearer")
    wrong = {"authorization": f"Bearer {given['read'][:-1]}x"}
    for headers in (wrong, {"authorization": "Bearer"}, {"authorization": f"Basic {given['admin']}"}):
        assert client.get("/v1/law/status", headers=headers).status_code == 401
    assert client.get("/v1/law/status", headers=bearer["read"]).status_code == 200
    assert client.post("/v1/determinations", json=EXAMPLE, headers=bearer["read"]).status_code == 403
    assert client.post("/v1/determinations", json=EXAMPLE, headers=bearer["decide"]).status_code == 200
    assert client.get("/v1/records", headers=bearer["read"]).status_code == 403
    assert client.get("/v1/records", headers=bearer["decide"]).status_code == 404, "no ledger"
    account = {"kind": "LPP", "subject": "x"}
    assert client.post("/v1/accounts", json=account, headers=bearer["decide"]).status_code == 403
    assert client.post("/v1/accounts", json=account, headers=bearer["admin"]).status_code == 404, "no ledger"


def test_a_loopback_service_with_tokens_asks_for_them(tokens: tuple[Path, dict[str, str]]) -> None:
    assert _client(Settings(tokens=tokens[0])).get("/v1/law/status").status_code == 401


def test_logging_in_with_a_token(tokens: tuple[Path, dict[str, str]]) -> None:
    file, given = tokens
    client = _client(Settings(tokens=file))
    led = client.get("/ask", headers={"accept": "text/html"}, follow_redirects=False)
    assert led.status_code == 303 and led.headers["location"] == "/login?next=/ask"
    page = client.get("/login?next=/ask")
    csrf = page.text.split('name="csrf" value="')[1].split('"')[0]
    form = {"token": given["read"], "next": "/ask"}
    assert client.post("/login", data=form, follow_redirects=False).status_code == 403
    refused = client.post("/login", data={**form, "token": "x", "csrf": csrf})
    assert refused.status_code == 403 and "not known" in refused.text
    done = client.post("/login", data={**form, "csrf": csrf}, follow_redirects=False)
    assert done.headers["location"] == "/ask"
    cookie = done.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=strict" in cookie and given["read"] not in cookie
    assert client.get("/v1/law/status").status_code == 200
    assert client.post("/v1/determinations", json=EXAMPLE).status_code == 403, "the token may only read"


@pytest.mark.parametrize("path", ["//evil.example", "https://evil.example", "/\\evil.example", "/a\nb", "", "x"])
def test_nobody_is_led_elsewhere_after_logging_in(path: str) -> None:
    assert _local(path) == "/"


def test_a_trusted_proxy() -> None:
    settings = Settings(host="0.0.0.0", proxy_header="x-user", proxy_from=("10.0.0.9",))
    behind, beside = (_client(settings, client=(host, 5)) for host in ("10.0.0.9", "10.0.0.8"))
    named = {"x-user": "someone"}
    assert behind.get("/v1/law/status", headers=named).status_code == 200
    assert behind.get("/v1/law/status").status_code == 401
    assert beside.get("/v1/law/status", headers=named).status_code == 401, "only the proxy's own address is believed"
    assert behind.post("/v1/determinations", json=EXAMPLE, headers=named).status_code == 200
    assert behind.post("/v1/accounts", json={"kind": "a", "subject": "b"}, headers=named).status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example", "", "[::1", "a b"]
)
def test_names_that_are_not_this_machine_are_refused_on_loopback(host: str) -> None:
    found = _client(Settings()).get("/v1/law/status", headers={"host": host})
    assert found.status_code == 421, found.text


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "LOCALHOST:9", "[::1]:8000", "desk.example"])
def test_names_that_are(host: str) -> None:
    settings = Settings(hosts=("desk.example",))
    assert _client(settings).get("/v1/law/status", headers={"host": host}).status_code == 200


def test_other_sites_may_not_ask_for_changes(client: TestClient) -> None:
    for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"},
                    {"sec-fetch-site": "same-site"}, {"origin": "http://127.0.0.1:9999"}):  # fmt: skip
        assert client.post("/v1/determinations", json=EXAMPLE, headers=headers).status_code == 403, headers
    own = {"origin": AT, "sec-fetch-site": "same-origin"}
    assert client.post("/v1/determinations", json=EXAMPLE, headers=own).status_code == 200


def test_every_page_checks_its_forms(monkeypatch: pytest.MonkeyPatch) -> None:
    router = APIRouter()

    @router.post("/a-form")
    def a_form(said: str = Form("")) -> dict[str, str]:
        return {"said": said}

    monkeypatch.setattr(pages, "routers", lambda: iter([router]))
    client = _client(Settings())
    token = client.get("/login").text.split('name="csrf" value="')[1].split('"')[0]
    assert client.post("/a-form", data={"said": "x"}).status_code == 403
    assert client.post("/a-form", data={"said": "x", "csrf": "0" * 64}).status_code == 403
    assert client.post("/a-form", data={"said": "x", "csrf": token}).json() == {"said": "x"}
    assert client.post("/a-form", data={"said": "x"}, headers={"x-csrf-token": token}).status_code == 200
    other = TestClient(client.app, base_url=AT)
    assert other.post("/a-form", data={"said": "x", "csrf": token}).status_code == 403, "another visitor's token"
    cookie = {"cookie": "exeat_csrf=é".encode()}
    assert other.post("/a-form", data={"csrf": token}, headers=cookie).status_code == 403


def test_headers_of_every_answer(client: TestClient) -> None:
    for path in ("/v1/law/status", "/v1/nothing", "/health", "/static/nothing.css", "/login", "/v1/map"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff" and headers["x-frame-options"] == "DENY"
        assert "server" not in headers and headers["x-request-id"]
    assert client.get("/v1/law/status").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/..%2fapp.py"]
)
def test_no_path_leads_out_of_the_static_files(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 404


def test_bodies_are_bounded() -> None:
    client = _client(Settings(body_bytes_max=1000))
    body = json.dumps({**EXAMPLE, "facts": {"x": "y" * 2000}}).encode()
    kind = {"content-type": "application/json"}
    assert client.post("/v1/determinations", content=body, headers=kind).status_code == 413
    assert client.post("/v1/determinations", content=iter([body[:900], body[900:]]), headers=kind).status_code == 413
    assert client.post("/v1/determinations", content=b"x", headers={**kind, "content-length": "-1"}).status_code == 400


def test_rates() -> None:
    now = [0.0]
    rates = Rates(10, 3, clock=lambda: now[0])
    assert [rates.wait("a") for _ in range(3)] == [0, 0, 0]
    assert 0 < rates.wait("a") <= 0.1 and rates.wait("b") == 0
    now[0] = 0.1
    assert rates.wait("a") == 0 and rates.wait("a") > 0
    for number in range(11_000):
        rates.wait(str(number))
    assert len(rates._held) <= 10_000
    client = _client(Settings(rate_per_second=0.01, rate_burst=2))
    codes = [client.get("/health").status_code for _ in range(3)]
    assert codes == [200, 200, 429] and int(client.get("/health").headers["retry-after"]) >= 1


def test_tokens_tried_one_after_the_other_are_slowed_down(tokens: tuple[Path, dict[str, str]]) -> None:
    client = _client(Settings(tokens=tokens[0], rate_per_second=0.01, rate_burst=3))
    tried = [client.get("/v1/law/status", headers={"authorization": f"Bearer {n}"}).status_code for n in range(5)]
    assert tried == [401, 401, 401, 429, 429]


def test_logs_hold_no_names(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "exeat.web"):
        party = {"role": "ultimate_consignee", "name": "Geheim GmbH", "country": "DE"}
        client.post("/v1/determinations", json={**EXAMPLE, "parties": [party]})
        client.get("/v1/screenings", params={"name": "Geheim GmbH"})
        client.get("/v1/batches/Geheim")
        client.get("/Geheim")
    lines = [json.loads(record.getMessage()) for record in caplog.records if record.name == "exeat.web"]
    assert [line["route"] for line in lines] == ["/v1/determinations", "/v1/screenings", "/v1/batches/{id}", "other"]
    assert all({"at", "id", "method", "route", "status", "ms"} == line.keys() for line in lines)
    assert "Geheim" not in caplog.text.replace("httpx", "")
    metrics = client.get("/metrics").text
    assert 'route="/v1/screenings"' in metrics and "Geheim" not in metrics
    assert 'exeat_determinations_total{status="REVIEW"}' in metrics


def test_errors_of_ours_tell_nothing(caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(Settings())

    @app.get("/v1/broken")
    def broken() -> None:
        raise RuntimeError("Geheim GmbH")

    client = TestClient(app, base_url=AT, raise_server_exceptions=False)
    found = client.get("/v1/broken")
    assert found.status_code == 500 and "Geheim" not in found.text
    assert "default-src" in found.headers["content-security-policy"]


def test_tokens_are_kept_as_hashes_readable_by_their_owner_alone(tokens: tuple[Path, dict[str, str]]) -> None:
    file, given = tokens
    assert not any(token in file.read_text() for token in given.values())
    assert file.stat().st_mode & 0o077 == 0
    known = read_tokens(file)
    assert known.asker(given["admin"]) is not None and known.asker("") is None and Tokens({}).asker("x") is None
    for name, scope, says in (
        ("read", "read", "already"),
        ("x y", "read", "cannot be"),
        ("new", "reed", "perhaps 'read'"),
    ):
        with pytest.raises(InputError, match=says):
            make_token(name, scope, file)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"tokens": [{"name": "x"}]}', '{"tokens": []}', '{"tokens": 5}'])
def test_a_file_that_holds_no_tokens(tmp_path: Path, text: str) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(text)
    with pytest.raises(InputError, match=r"tokens\.json"):
        read_tokens(file)
    with pytest.raises(InputError, match=r"none\.json"):
        read_tokens(tmp_path / "none.json")


def test_settings_from_arguments_and_environment(tmp_path: Path) -> None:
    environ = {"EXEAT_PORT": "9000", "EXEAT_HOSTS": "a.example, B.example", "EXEAT_LEDGER": "sqlite:///x.db",
               "EXEAT_BATCH_HOURS": "0.5", "OTHER": "1"}  # fmt: skip
    found = read_settings({"port": 9001, "tokens": str(tmp_path), "host": None}, environ)
    assert (found.port, found.hosts, found.ledger) == (9001, ("a.example", "b.example"), "sqlite:///x.db")
    assert (found.batch_hours, found.host, found.tokens) == (0.5, "127.0.0.1", tmp_path)
    for given in ({"port": "x"}, {"port": 70000}, {"port": -1}, {"rows_max": 0}, {"batch_hours": "nan"}):
        with pytest.raises(InputError):
            read_settings(given, {})


def test_fields_of_forms_are_escaped(client: TestClient) -> None:
    page = client.get("/login", params={"next": '/"><script>alert(1)</script>'})
    assert "<script>" not in page.text
    assert environment().autoescape is True and callable(csrf_field)
