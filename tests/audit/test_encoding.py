import pytest
from django.db import connection

from audit import services
from audit.encoding import address, canonical, storable
from audit.ids import entry_public_id, parse_entry_id
from core import context
from tests.audit.conftest import ADA, AT, SAM

SQL_AGREES = """
SELECT e.content_hash = audit_content_hash(e)
   AND e.commitment = audit_commitment(p.salt, p.ip, p.user_agent, p.actor_label, p.impersonator_label,
                                       p.target_label, p.reason, p.changes, p.details)
FROM audit_entry e JOIN audit_payload p USING (occurred_at, seq)
"""


@pytest.mark.django_db
@pytest.mark.parametrize("ip", ["", "10.0.0.1", "2001:db8::1", "::ffff:1.2.3.4", "fe80::1%eth0", "no address"])
@pytest.mark.parametrize("text", ["", "plain", "ß 中文 🙂", "a\0b\ud800\x1f\n'\\%"])
def test_the_writer_and_the_database_take_the_same_hashes(ip, text):
    with context.bound(context.Context(actor=SAM, client_ip=ip, user_agent=text)):
        services.record(
            action="test.hash.taken", at=AT, target=ADA, reason=text, changes={text: (text, None)}, details={"x": text}
        )

    with connection.cursor() as cursor:
        cursor.execute(SQL_AGREES)
        assert cursor.fetchall() == [(True,)]


class TestEntryPublicId:
    def test_it_leads_back_to_time_and_number(self):
        assert parse_entry_id(entry_public_id(occurred_at=AT, seq=2**61)) == (AT, 2**61)

    @pytest.mark.parametrize(
        "text", ["", "aud_", "usr_01jd3v00000000000000000000", "aud_" + "0" * 26, "aud_" + "7" * 26]
    )
    def test_other_text_is_no_entry(self, text):
        assert parse_entry_id(text) is None


def test_printable_texts_are_kept_as_they_are():
    assert storable("ß", "x") == ("ß", "x")


def test_an_address_with_a_zone_is_stored_without_it():
    assert address("fe80::1%eth0")[0] == "fe80::1"


def test_equal_values_have_one_text_whatever_their_order():
    assert canonical({"b": 1, "a": AT}) == canonical({"a": AT, "b": 1})
