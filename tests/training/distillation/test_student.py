"""A student begins as part of its teacher."""

from pathlib import Path

import pytest
import torch

from mlproject.errors import InputError
from mlproject.training.distillation.student import spread, student
from mlproject.training.folder import load
from mlproject.training.model import Classifier


@pytest.fixture
def teacher(training: Path) -> Classifier:
    return load(training).model


def test_the_layers_are_spread_and_the_last_is_among_them() -> None:
    assert spread(12, 3) == [3, 7, 11]
    assert spread(12, 4) == [2, 5, 8, 11]
    assert spread(4, 3)[-1] == 3


def test_weights_are_those_of_the_kept_layers(teacher: Classifier) -> None:
    small = student(teacher, 1)
    own, given = small.state_dict(), teacher.state_dict()
    assert small.config.num_hidden_layers == 1
    assert teacher.config.num_hidden_layers == 2
    for name, value in own.items():
        source = name.replace("encoder.encoder.layer.0.", "encoder.encoder.layer.1.")
        assert torch.equal(value, given[source]), name


def test_teaching_the_student_leaves_the_teacher_alone(teacher: Classifier) -> None:
    before = teacher.output.weight.clone()
    student(teacher, 1).output.weight.data.fill_(0)
    assert torch.equal(teacher.output.weight, before)


def test_ngrams_are_left_out(teacher: Classifier) -> None:
    teacher.config.ngram_sizes = {"tokens": [1]}
    teacher.config.ngram_table, teacher.config.ngram_line = [teacher.config.vocab_size, 1], -1
    assert student(Classifier(teacher.config), 1).ngrams is None


def test_as_many_layers_as_the_teacher_has_are_refused(teacher: Classifier) -> None:
    with pytest.raises(InputError, match="distillation layers 2: the teacher has 2"):
        student(teacher, 2)
