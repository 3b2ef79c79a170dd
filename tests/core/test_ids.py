import uuid

from core.ids import from_public, new_id, to_public


def test_a_public_id_leads_back_to_the_uuid():
    value = new_id()

    assert from_public("usr", to_public("usr", value)) == value


def test_ids_sort_by_the_time_they_were_made():
    assert sorted(ids := [to_public("usr", uuid.UUID(int=n << 80)) for n in (1, 2, 300)]) == ids


def test_a_foreign_prefix_or_a_broken_tail_is_not_an_id():
    text = to_public("usr", new_id())

    assert from_public("wsp", text) is None
    assert from_public("usr", text[:-1]) is None
    assert from_public("usr", text[:-1] + "u") is None
    assert from_public("usr", "usr_" + "z" * 26) is None
