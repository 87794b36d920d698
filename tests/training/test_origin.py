from pathlib import Path

import pytest

from mlproject.errors import InputError
from mlproject.training.origin import PINNED, Origin

COMMIT = "0123456789" * 4


def test_the_usual_base_model_is_pinned() -> None:
    assert Origin("bert-base-chinese").commit == PINNED["bert-base-chinese"]
    assert Origin("bert-base-chinese", COMMIT).commit == COMMIT
    assert Origin("bert-base-uncased").commit is None


def test_a_folder_is_of_no_commit(tmp_path: Path) -> None:
    assert Origin(str(tmp_path)).commit is None
    with pytest.raises(InputError, match="is of no hub"):
        Origin(str(tmp_path), COMMIT)


def test_a_branch_is_refused() -> None:
    with pytest.raises(InputError, match="revision 'main': give a commit"):
        Origin("bert-base-chinese", "main")


def test_commit_and_vocabulary_tell_base_models_apart(tmp_path: Path) -> None:
    vocabulary = tmp_path / "vocab.txt"
    vocabulary.write_text("[PAD]\n")
    names = [Origin("a/b"), Origin("a/b", COMMIT), Origin("tiny")]
    names.append(Origin("tiny", vocabulary=str(vocabulary)))
    assert len({origin.identity() for origin in names}) == 4


def test_only_random_weights_take_a_vocabulary(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has its own; only tiny, small, base take one"):
        Origin("bert-base-chinese", vocabulary="vocab.txt")
    with pytest.raises(InputError, match="there is no such file"):
        Origin("tiny", vocabulary=str(tmp_path / "vocab.txt"))
