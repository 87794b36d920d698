"""What changed between two data sets."""

from mlproject.dataset.difference import difference

from .samples import Build, after, asked, other

ROWS = [asked(number) for number in range(30)] + [other(number) for number in range(30)]


def test_a_data_set_does_not_differ_from_itself(make: Build) -> None:
    folder = make(ROWS).folder
    found = difference(folder, folder)
    assert [
        found[name]["rows"] for name in ("added", "removed", "relabelled", "split_changed")
    ] == [0] * 4
    assert found["settings"] == {}


def test_rows_and_settings_that_changed_are_told(make: Build) -> None:
    one = make(ROWS)
    swapped = asked(77, ROWS[45].text)
    two = make([swapped, *ROWS[1:45], *ROWS[46:], asked(500)], after(one), near_duplicates=0.9)
    found = difference(one.folder, two.folder)
    assert found["rows"]["after"] - found["rows"]["before"] == 0
    assert found["added"]["rows"] == found["removed"]["rows"] == found["relabelled"]["rows"] == 1
    assert found["added"]["examples"][0]["id"] == "c500"
    assert found["relabelled"]["examples"][0]["label"] == "consultation"
    assert list(found["added"]["where"].values()) == [1]
    assert found["settings"] == {"dataset.near_duplicates": [0.8, 0.9]}
