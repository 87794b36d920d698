"""Texts are prepared as the model's training knew them."""

from pathlib import Path

from mlproject.dataset.options import Cleaning
from mlproject.packaging.manifest import read
from mlproject.serving.job import prepared


def test_texts_are_cleaned_as_the_data_set_was(model_folder: Path) -> None:
    manifest = read(model_folder).model_copy(update={"cleaning": Cleaning()})
    assert prepared(["欠薪,怎么办??"], manifest) == ["欠薪，怎么办？"]


def test_a_model_of_texts_that_were_not_cleaned_gets_them_as_they_are(model_folder: Path) -> None:
    manifest = read(model_folder).model_copy(update={"cleaning": None})
    assert prepared(["欠薪,怎么办??"], manifest) == ["欠薪,怎么办??"]
