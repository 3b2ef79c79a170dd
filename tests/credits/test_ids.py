from datetime import UTC, datetime

from core.ids import new_id
from credits.ids import first_id_at


def test_what_is_made_now_comes_after_the_first_id_of_this_century():
    assert first_id_at(datetime(2000, 1, 1, tzinfo=UTC)) < new_id()


def test_a_moment_before_1970_is_before_every_id():
    assert first_id_at(datetime(781, 5, 1, tzinfo=UTC)) == first_id_at(datetime(1970, 1, 1, tzinfo=UTC))


def test_the_last_moment_there_is_comes_after_every_id():
    assert first_id_at(datetime(9999, 12, 31, tzinfo=UTC)) > new_id()
