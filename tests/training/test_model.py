import pytest
import torch
from transformers import BertConfig

from mlproject.training.model import Classifier


@pytest.fixture
def model() -> Classifier:
    torch.manual_seed(0)
    return Classifier(
        BertConfig(
            vocab_size=50,
            hidden_size=32,
            num_hidden_layers=3,
            num_attention_heads=2,
            intermediate_size=64,
            id2label={number: str(number) for number in range(5)},
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            initializer_range=0.3,
        )
    )


IDS = torch.randint(5, 50, (4, 9), generator=torch.Generator().manual_seed(0))
MASK = (torch.arange(9) < torch.tensor([[9], [4], [7], [2]])).long()


def test_one_logit_per_label(model: Classifier) -> None:
    assert model(IDS, MASK).shape == (4, 5)


def test_the_shorter_last_layer_of_training_gives_the_same(model: Classifier) -> None:
    training = model.train()(IDS, MASK)
    assert torch.allclose(training, model.eval()(IDS, MASK), atol=1e-5)


def test_the_shorter_last_layer_has_the_same_gradients(model: Classifier) -> None:
    found = []
    for mode in (True, False):
        model.train(mode).zero_grad()
        model(IDS, MASK).square().sum().backward()
        found.append({n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys()
    for name, gradient in found[0].items():
        assert torch.allclose(gradient, found[1][name], atol=1e-3), name


@pytest.mark.parametrize("training", [True, False])
def test_padding_changes_nothing(model: Classifier, training: bool) -> None:
    model.train(training)
    other = torch.where(MASK.bool(), IDS, 49)
    assert torch.allclose(model(IDS, MASK), model(other, MASK), atol=1e-5)
