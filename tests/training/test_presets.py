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
    assert values.epochs == 6


def test_more_texts_are_seen_less_often() -> None:
    assert resolve(DEFAULTS, "tiny", {}, 50_000).epochs == 2


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


def test_a_machine_s_values_go_before_those_of_the_base_model() -> None:
    values = resolve(DEFAULTS, "tiny", {"preset": "t4"}, 1_000)
    assert (values.precision, values.micro_tokens, values.preset) == ("fp16", 4_096, "t4")
    assert values.max_length == 256
    assert values.learning_rate == RANDOM["tiny"].values["learning_rate"]


def test_the_step_s_inputs_go_before_a_machine_s() -> None:
    assert resolve(DEFAULTS, "tiny", {"preset": "smoke", "epochs": 2}, 1_000).epochs == 2


def test_a_task_can_name_its_machine() -> None:
    defaults = Training(preset="smoke")
    assert resolve(defaults, "bert-base-chinese", {}, 1_000).max_texts == 64
    assert resolve(defaults, "bert-base-chinese", {"preset": "full"}, 1_000).max_length == 512


def test_an_unknown_machine_is_named() -> None:
    with pytest.raises(InputError, match="preset 'h100'"):
        resolve(DEFAULTS, "tiny", {"preset": "h100"}, 1_000)


def test_a_pretraining_is_settled_key_by_key() -> None:
    defaults = Training.model_validate({"pretraining": {"mask_share": 0.2}})
    given = {"preset": "smoke", "pretraining": {"epochs": 3}}
    found = resolve(defaults, "tiny", given, 1_000).pretraining
    assert (found.mask_share, found.epochs, found.batch_tokens) == (0.2, 3, 512)
    assert found.learning_rate == RANDOM["tiny"].values["pretraining"]["learning_rate"]
    with pytest.raises(InputError, match=r"pretraining\.mask_share 2"):
        resolve(defaults, "tiny", {"pretraining": {"mask_share": 2}}, 1_000)
