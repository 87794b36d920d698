import pytest

from mlproject.errors import InputError
from mlproject.task import Training
from mlproject.training.presets import RANDOM, resolve

DEFAULTS = Training(learning_rate=3e-5, epochs=4)


def test_a_pretrained_base_takes_the_task_s_values() -> None:
    assert resolve(DEFAULTS, "bert-base-chinese", {}, 1_000) == DEFAULTS


def test_random_weights_take_their_preset() -> None:
    values = resolve(DEFAULTS, "tiny", {}, 1_000)
    assert values.learning_rate == RANDOM["tiny"].values["learning_rate"]
    assert values.epochs == 20


def test_more_texts_are_seen_less_often() -> None:
    assert resolve(DEFAULTS, "tiny", {}, 50_000).epochs == 3


def test_the_step_s_inputs_go_first() -> None:
    values = resolve(DEFAULTS, "tiny", {"learning_rate": "0.01", "epochs": 7}, 1_000)
    assert (values.learning_rate, values.epochs) == (0.01, 7)


@pytest.mark.parametrize(
    ("given", "says"),
    [({"epoch": 3}, "epoch is not known"), ({"batch_size": 0}, "batch_size '?0'?: .*greater")],
)
def test_a_wrong_input_is_named(given: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says):
        resolve(DEFAULTS, "tiny", given, 1_000)
