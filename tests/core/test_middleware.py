"""What stands around every request: its id, its client's address, the headers of every answer."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest
import structlog
from django.test import Client, RequestFactory

from core.logs import logging_config
from core.middleware import client_ip
from flags.policies import LimitPolicy

pytestmark = pytest.mark.django_db
WRITTEN_BY_SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


@pytest.fixture
def log() -> Iterator[Callable[[], list[dict[str, object]]]]:
    """The JSON lines that were logged since it was asked for."""
    formatter = dict(logging_config(level="INFO")["formatters"]["json"])
    del formatter["()"]
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(**formatter))
    named = [logging.getLogger(name) for name in ("django.server", "gunicorn.error")]
    loggers = [logging.getLogger(), *(logger for logger in named if not logger.propagate)]
    for logger in loggers:
        logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    for logger in loggers:
        logger.removeHandler(handler)


class TestClientIp:
    @pytest.mark.parametrize(
        ("address", "expected"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:DB8::1", "2001:db8::1"),
            ("fe80::1%eth0", "fe80::1"),
            ("", ""),
            ("unix:", ""),
        ],
    )
    def test_one_client_has_one_spelling(self, address, expected):
        assert client_ip(RequestFactory(REMOTE_ADDR=address).get("/")) == expected

    @pytest.mark.parametrize(
        ("forwarded", "expected"),
        [
            ("198.51.100.1, 192.0.2.7:51234", "192.0.2.7"),
            ("[2001:db8::1]:51234", "2001:db8::1"),
            ("[2001:db8::1]", "2001:db8::1"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("[::ffff:192.0.2.7]:51234", "192.0.2.7"),
            ("192.0.2.7:port", ""),
            ("unknown", ""),
        ],
    )
    def test_what_a_proxy_wrote_is_read_with_and_without_a_port(self, settings, forwarded, expected):
        settings.TRUSTED_PROXY_COUNT = 1

        assert client_ip(RequestFactory().get("/", headers={"X-Forwarded-For": forwarded})) == expected


class TestRequestId:
    CLAIMED = "req_00000000000000000000000000"

    @pytest.mark.parametrize("proxies", [0, 1])
    def test_is_always_our_own(self, settings, proxies):
        settings.TRUSTED_PROXY_COUNT = proxies
        answer = Client().get("/healthz", headers={"X-Request-Id": self.CLAIMED})

        assert answer["X-Request-Id"] != self.CLAIMED
        assert answer["X-Request-Id"].startswith("req_")

    def test_the_one_the_client_sent_is_logged_beside_it(self, log):
        answer = Client().get("/api/v1/no-such/", headers={"X-Request-Id": self.CLAIMED})

        (line,) = log()
        assert (line["request_id"], line["client_request_id"]) == (answer["X-Request-Id"], self.CLAIMED)

    @pytest.mark.parametrize("claimed", ["x" * 129, "a b", "<script>", "ada@example.com", ""])
    def test_what_does_not_look_like_an_id_is_left_out(self, log, claimed):
        Client().get("/api/v1/no-such/", headers={"X-Request-Id": claimed})

        (line,) = log()
        assert "client_request_id" not in line


class TestHeadersOfErrors:
    @pytest.mark.parametrize(
        ("status", "ask"),
        [
            (400, lambda api: api.get("/api/v1/me/?a=%00")),
            (404, lambda api: api.get("/api/v1/no-such/")),
            (411, lambda api: api.post("/api/v1/me/", headers={"Transfer-Encoding": "chunked"})),
            (413, lambda api: api.generic("POST", "/_allauth/app/v1/auth/login", b"x" * 262_145)),
            (415, lambda api: api.generic("POST", "/_allauth/app/v1/auth/login", b"x", content_type="text/plain")),
        ],
    )
    def test_what_is_refused_early_carries_them_too(self, status, ask):
        answer = ask(Client())

        assert answer.status_code == status
        assert WRITTEN_BY_SECURITY.items() <= dict(answer.headers).items()
        assert "default-src 'self'" in answer["Content-Security-Policy"]

    def test_so_does_being_told_to_wait(self, settings, monkeypatch):
        settings.LIMIT_SCALE = 1
        monkeypatch.setattr("flags.throttles.API_IP", LimitPolicy("test-headers", "client address", 1, 60))
        answers = [Client().post("/api/v1/me/", {}, content_type="application/json") for _ in range(3)]

        assert answers[-1].status_code == 429
        assert WRITTEN_BY_SECURITY.items() <= dict(answers[-1].headers).items()
        assert "default-src 'self'" in answers[-1]["Content-Security-Policy"]


class TestLogs:
    def test_a_refused_request_is_logged_without_what_it_asked_for(self, log):
        Client().get("/api/v1/no-such/?q=ada@example.com")

        (line,) = log()
        assert (line["status_code"], line["event"]) == (404, "Not Found: /api/v1/no-such/")
        assert "ada@example.com" not in json.dumps(line)

    @pytest.mark.parametrize("logger", ["django.server", "gunicorn.error"])
    def test_a_servers_line_is_cut_where_the_query_begins(self, log, logger):
        logging.getLogger(logger).warning('"GET /admin/?q=ada@example.com HTTP/1.1" 404')

        (line,) = log()
        assert line["event"] == '"GET /admin/?… HTTP/1.1" 404'
