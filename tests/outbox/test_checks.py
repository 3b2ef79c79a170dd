"""Numbers that do not fit each other stop the start; so does half a mail set-up."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.settings.parts.mail import mail_settings
from outbox.checks import check_leases, check_mail


def ids(found: list[Any]) -> set[str]:
    return {message.id for message in found}


def test_the_products_numbers_fit() -> None:
    assert check_leases() == []


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("OUTBOX_LEASE_SECONDS", 6.0, "outbox.E001"),
        ("OUTBOX_STOP_GRACE_SECONDS", 40.0, "outbox.E002"),
        ("CELERY_TASK_TIME_LIMIT", 60, "outbox.E003"),
        ("CELERY_TASK_TIME_LIMIT", 3600, "outbox.E004"),
        ("OUTBOX_STOP_GRACE_SECONDS", 28.0, "outbox.E005"),
    ],
)
def test_a_number_that_does_not_fit_is_named(settings: Any, name: str, value: float, complaint: str) -> None:
    settings.CELERY_BROKER_URL = "redis://127.0.0.1/1"
    setattr(settings, name, value)
    assert complaint in ids(check_leases())


def test_rabbitmq_is_less_patient(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "amqp://127.0.0.1//"
    settings.CELERY_TASK_TIME_LIMIT = 1790
    assert ids(check_leases()) == {"outbox.E004"}


@pytest.mark.parametrize(
    ("backend", "secret", "complaints"),
    [
        ("outbox.mailfiles.EmailBackend", "", set()),
        ("anymail.backends.postmark.EmailBackend", "", {"outbox.E007"}),
        ("anymail.backends.postmark.EmailBackend", "short", {"outbox.E006"}),
        ("anymail.backends.postmark.EmailBackend", "postmark:a-long-shared-secret", set()),
    ],
)
def test_a_provider_needs_its_secret(settings: Any, backend: str, secret: str, complaints: set[str]) -> None:
    settings.EMAIL_BACKEND = backend
    settings.ANYMAIL = {"WEBHOOK_SECRET": secret}
    assert ids(check_mail()) == complaints


class TestEmailUrl:
    def test_unset_means_files(self) -> None:
        assert mail_settings("") == {"EMAIL_BACKEND": "outbox.mailfiles.EmailBackend"}

    def test_names_an_smtp_server(self) -> None:
        found = mail_settings("smtp://ada:p%40ss@mail.example.com:2525")
        assert (found["EMAIL_HOST"], found["EMAIL_PORT"], found["EMAIL_HOST_PASSWORD"], found["EMAIL_USE_TLS"]) == (
            "mail.example.com",
            2525,
            "p@ss",
            True,
        )

    def test_names_one_with_tls_from_the_start(self) -> None:
        found = mail_settings("smtps://mail.example.com")
        assert (found["EMAIL_PORT"], found["EMAIL_USE_SSL"], found["EMAIL_USE_TLS"]) == (465, True, False)

    def test_names_one_without_tls(self) -> None:
        assert mail_settings("smtp://127.0.0.1:1025?tls=false")["EMAIL_USE_TLS"] is False

    def test_names_a_provider(self) -> None:
        assert mail_settings("anymail+mailgun://KEY-7?sender_domain=mg.example.com") == {
            "EMAIL_BACKEND": "anymail.backends.mailgun.EmailBackend",
            "ANYMAIL": {"MAILGUN_API_KEY": "KEY-7", "MAILGUN_SENDER_DOMAIN": "mg.example.com"},
        }

    @pytest.mark.parametrize(
        "url",
        [
            "sendgrid",
            "http://x",
            "anymail+nobody://K",
            "anymail+sendgrid://",
            "anymail+sendgrid://K/word",
            "smtp://",
            "smtp://user:pa/word@mail.example",
            "smtp://user:5/word@mail.example",
            "smtp://user:#word@mail.example",
            "smtp://mail.example:word",
            "smtp://mail.example?tls=word",
            "smtp://[::1",
        ],
    )
    def test_of_no_use_stops_the_start_and_is_not_repeated(self, url: str) -> None:
        with pytest.raises(ImproperlyConfigured, match=r"^EMAIL_URL: expected ") as refusal:
            mail_settings(url)
        assert "word" not in str(refusal.value).replace("password", "").replace("PASSWORD", "")
        assert refusal.value.__cause__ is None
