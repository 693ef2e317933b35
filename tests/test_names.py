"""Counts and lists in messages."""

from frontlines.names import counted, listed


def test_counts_agree_with_their_nouns():
    assert [counted(n, "day") for n in (0, 1, 2, 1200)] == ["0 days", "1 day", "2 days", "1,200 days"]
    assert counted(1, "place is", "places are") == "1 place is"
    assert counted(2, "place is", "places are") == "2 places are"


def test_long_lists_say_how_many_more_there_are():
    assert listed(["a", "b"], 2) == "a, b"
    assert listed(range(5), 2) == "0, 1 and 3 more"
