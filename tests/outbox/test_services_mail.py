"""Messages: written, sent, reported on, erased."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from core import context
from core.actors import Actor, ActorKind
from core.registries import privacy_sources
from outbox import mailfiles, services, templates
from outbox.errors import AddressInvalid, MailNotTaken, TemplateUnfit
from outbox.models import Job, MailEvent, Message, Suppression
from outbox.states import MessageStatus
from tests.factories.outbox import ENGINEER, HELLO, JobFactory, MessageFactory, quarantined, run, run_waiting

pytestmark = pytest.mark.django_db
A_MOMENT = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


class Refusing(BaseEmailBackend):
    """A carrier that repeats the address in its complaint."""

    def send_messages(self, email_messages: list[EmailMessage]) -> int:
        raise OSError(f"550 no such user {email_messages[0].to[0]}")


def deliver(message: Message) -> Message:
    services.deliver_message(message_id=message.pk, at=A_MOMENT)
    message.refresh_from_db()
    return message


class TestSendMessage:
    def test_writes_the_message_and_its_job(self) -> None:
        message = MessageFactory()
        assert (message.status, message.template, message.template_version) == ("queued", "faults.hello", 3)
        assert message.job == Job.objects.get()

    def test_sends_one_logical_mail_once(self) -> None:
        first, second = MessageFactory(dedupe_key="welcome:1"), MessageFactory(dedupe_key="welcome:1")
        assert (first == second, Job.objects.count()) == (True, 1)

    def test_refuses_an_unknown_template(self) -> None:
        with pytest.raises(TemplateUnfit):
            MessageFactory(template="faults.nobody")

    @pytest.mark.parametrize("values", [{}, {"key": ""}, {"key": "7", "more": "x"}, {"key": ["7"]}])
    def test_refuses_values_the_template_does_not_ask_for(self, values: dict[str, Any]) -> None:
        with pytest.raises(TemplateUnfit):
            MessageFactory(values=values)

    @pytest.mark.parametrize("address", ["", "ada", "ada@", "a@example.com\nBcc: b@example.com"])
    def test_refuses_what_is_no_address(self, address: str) -> None:
        with pytest.raises(AddressInvalid):
            MessageFactory(recipient=address)


class TestDeliverMessage:
    def test_hands_text_and_html_to_the_carrier(self, mail_folder: Path) -> None:
        message = deliver(MessageFactory(recipient="ada@example.com"))
        mail = message_from_bytes(mailfiles.path_of(message.public_id).read_bytes(), policy=policy.default)
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert (mail["Subject"], mail["To"]) == ("Number 7", "ada@example.com")
        assert text is not None
        assert html is not None
        assert "Number 7" in text.get_content()
        assert "<p>Number 7</p>" in html.get_content()

    def test_notes_that_it_is_out(self) -> None:
        message = deliver(MessageFactory())
        assert (message.status, message.sent_at, message.subject, message.carrier, message.tries) == (
            "sent",
            A_MOMENT,
            "Number 7",
            "outbox.mailfiles",
            1,
        )

    def test_forgets_the_values_once_it_is_out(self) -> None:
        assert deliver(MessageFactory()).values == {}

    def test_says_who_it_is_by_its_message_id(self) -> None:
        message = deliver(MessageFactory())
        assert message.provider_id == f"<{message.public_id}@ballast.test>"

    def test_writes_one_file_however_often_it_is_sent(self, mail_folder: Path) -> None:
        message = deliver(MessageFactory())
        Message.objects.update(status="queued", values={"key": "7"})  # a run that died before it could note it
        deliver(message)
        assert len(list(mail_folder.iterdir())) == 1

    def test_leaves_what_is_out_as_it_is(self, mail_folder: Path) -> None:
        message = deliver(MessageFactory())
        deliver(message)
        assert message.tries == 1

    def test_suppresses_what_must_not_go_out(self, mail_folder: Path) -> None:
        services.add_suppression(address="ada@example.com", actor=ENGINEER, reason="asked", at=A_MOMENT)
        message = deliver(MessageFactory(recipient="Ada@example.com"))
        assert (message.status, message.problem, message.values) == ("suppressed", "manual", {})
        assert not mail_folder.exists()

    @pytest.mark.parametrize(("cause", "status"), [("bounced", "sent"), ("complained", "suppressed")])
    def test_sends_a_reset_past_a_bounce_but_not_past_a_complaint(
        self, monkeypatch: pytest.MonkeyPatch, cause: str, status: str
    ) -> None:
        services.add_suppression(address="ada@example.com", actor=ENGINEER, reason="", at=A_MOMENT)
        Suppression.objects.update(cause=cause)
        urgent = dataclasses.replace(HELLO, ignores_suppression=True)
        monkeypatch.setitem(templates.registry._entries, HELLO.name, urgent)
        assert deliver(MessageFactory(recipient="ada@example.com")).status == status

    def test_is_tried_again_by_its_job(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = f"{__name__}.Refusing"
        message = MessageFactory()
        job = run(Job.objects.get())
        message.refresh_from_db()
        assert (job.status, message.status, message.tries) == ("failed", "queued", 1)

    def test_never_tells_the_address(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = f"{__name__}.Refusing"
        MessageFactory(recipient="ada@example.com")
        job = run(Job.objects.get())
        assert "ada@example.com" not in job.error + job.traceback + Message.objects.get().problem
        assert "a…@example.com" in job.error

    def test_raises_so_that_the_job_comes_again(self, settings: Any) -> None:
        settings.EMAIL_BACKEND = f"{__name__}.Refusing"
        message = MessageFactory()
        with pytest.raises(MailNotTaken):
            deliver(message)


def report(kind: str, message: Message | None = None, **changes: Any) -> MailEvent | None:
    fields: dict[str, Any] = {
        "provider": "Postmark",
        "event_key": kind,
        "kind": kind,
        "provider_id": message.provider_id if message else "unknown",
        "recipient": message.recipient if message else "nobody@example.com",
        "reject_reason": "bounced" if kind == "bounced" else "",
        "description": "",
        "message_key": "",
        "happened_at": A_MOMENT,
        "at": datetime.now(UTC),
        **changes,
    }
    return services.store_mail_event(**fields)


class TestMailEvents:
    @pytest.fixture
    def message(self) -> Message:
        message = MessageFactory(recipient="ada@example.com")
        run_waiting()
        message.refresh_from_db()
        return message

    @pytest.mark.parametrize(
        ("kind", "status"),
        [
            ("delivered", "delivered"),
            ("bounced", "bounced"),
            ("complained", "complained"),
            ("rejected", "failed"),
            ("deferred", "sent"),
        ],
    )
    def test_move_the_message(self, message: Message, kind: str, status: str) -> None:
        report(kind, message)
        run_waiting()
        message.refresh_from_db()
        assert message.status == status

    @pytest.mark.parametrize(
        ("kind", "causes"),
        [
            ("delivered", []),
            ("bounced", ["bounced"]),
            ("complained", ["complained"]),
            ("unsubscribed", ["unsubscribed"]),
        ],
    )
    def test_suppress_the_address_where_called_for(self, message: Message, kind: str, causes: list[str]) -> None:
        report(kind, message)
        run_waiting()
        assert list(Suppression.objects.values_list("cause", flat=True)) == causes

    def test_do_not_suppress_for_a_full_mailbox(self, message: Message) -> None:
        report("bounced", message, reject_reason="other")
        run_waiting()
        assert not Suppression.objects.exists()

    def test_let_a_complaint_outweigh_a_bounce(self, message: Message) -> None:
        report("bounced", message)
        report("complained", message)
        run_waiting()
        assert Suppression.objects.get().cause == "complained"

    def test_find_the_message_by_our_own_id(self, message: Message) -> None:
        report("delivered", provider_id="", message_key=message.public_id)
        run_waiting()
        message.refresh_from_db()
        assert message.status == "delivered"

    def test_are_kept_once(self, message: Message) -> None:
        assert report("delivered", message) is not None
        assert report("delivered", message) is None

    def test_are_not_kept_where_they_are_no_news(self, message: Message) -> None:
        assert report("opened", message) is None

    def test_do_not_go_back_in_time(self, message: Message) -> None:
        report("complained", message)
        run_waiting()
        report("delivered", message)
        run_waiting()
        message.refresh_from_db()
        assert message.status == "complained"

    def test_wait_for_our_own_note(self) -> None:
        message = MessageFactory()
        Job.objects.all().delete()
        report("delivered", message_key=message.public_id)
        run_waiting()
        again = Job.objects.get(status="queued")
        assert again.run_at > datetime.now(UTC) + timedelta(seconds=20)

    def test_give_up_on_a_message_nobody_knows(self) -> None:
        event = report("delivered", at=datetime.now(UTC) - timedelta(minutes=11))
        run_waiting()
        assert event is not None
        event.refresh_from_db()
        assert (event.applied_at is not None, event.message) == (True, None)

    def test_do_not_take_a_bounce_for_another_recipient(self, message: Message) -> None:
        report("bounced", message, recipient="bo@example.com", at=datetime.now(UTC) - timedelta(minutes=11))
        run_waiting()
        message.refresh_from_db()
        assert message.status == "sent"

    def test_keep_no_address(self, message: Message) -> None:
        event = report("bounced", message, description="550 ada@example.com unknown")
        assert "ada@example.com" not in str(vars(event))


class TestPrivacy:
    def test_exports_the_mail_of_a_person(self) -> None:
        deliver(MessageFactory(recipient="ada@example.com", recipient_key="usr_ada"))
        MessageFactory(recipient_key="usr_bo")
        exported = privacy_sources["outbox.messages"].export("usr_ada")
        assert [row["recipient"] for row in exported] == ["ada@example.com"]

    def test_erases_the_address_and_keeps_the_fact(self) -> None:
        message = deliver(MessageFactory(recipient="ada@example.com", recipient_key="usr_ada"))
        assert services.erase_messages_of("usr_ada") == 1
        message.refresh_from_db()
        assert (message.recipient, message.recipient_key, message.status) == ("erased@invalid.invalid", "", "sent")

    def test_erases_a_queued_message_before_it_goes_out(self) -> None:
        message = MessageFactory(recipient_key="usr_ada")
        services.erase_messages_of("usr_ada")
        message.refresh_from_db()
        assert message.status == MessageStatus.FAILED

    def test_erases_what_finished_jobs_knew_of_who_asked(self) -> None:
        asked = context.Context(actor=Actor(ActorKind.CUSTOMER, "usr_ada"), client_ip="192.0.2.1")
        with context.bound(asked):
            job = run(JobFactory())
        assert services.erase_jobs_of("usr_ada") == 1
        job.refresh_from_db()
        assert (job.context, job.arguments, job.actor_id) == ({}, {}, "")

    def test_erases_what_each_attempt_said(self) -> None:
        with context.bound(context.Context(actor=Actor(ActorKind.CUSTOMER, "usr_ada"))):
            job = quarantined(JobFactory(text="fail"))
        assert job.attempt_rows.get().error
        services.erase_jobs_of("usr_ada")
        assert list(job.attempt_rows.values_list("error", "traceback")) == [("", "")]

    def test_erases_nobody_for_no_key(self) -> None:
        MessageFactory(recipient_key="")
        assert (services.erase_messages_of(""), services.erase_jobs_of("")) == (0, 0)
