"""Hugging Face's ``Trainer`` on the network of this project, as its documentation says."""

import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import (
    DataCollatorWithPadding,
    PreTrainedTokenizerFast,
    Trainer,
    TrainingArguments,
)

from mlproject.task import Training
from mlproject.training.device import number_type
from mlproject.training.model import Classifier
from mlproject.training.step import Split

SPECIAL = {"pad": "[PAD]", "cls": "[CLS]", "sep": "[SEP]", "unk": "[UNK]", "mask": "[MASK]"}


class Network(nn.Module):
    """The classifier in its usual form: whole layers, cross-entropy, outputs by name."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor, **_: Any
    ) -> dict[str, Tensor]:
        model = self.model
        whole = model.encoder(input_ids=input_ids, attention_mask=attention_mask)
        cls = whole.last_hidden_state[:, 0]
        hidden = torch.tanh(model.dense(model.dropout(cls)))
        logits = model.output(model.dropout(hidden))
        return {"loss": nn.functional.cross_entropy(logits.float(), labels), "logits": logits}


def prepare(
    model: Classifier, tokenizer: Tokenizer, train: Split, values: Training, seed: int
) -> Callable[[], None]:
    """A function that trains for one epoch; everything before is not timed."""
    transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    ids, starts = train.tokens.ids.cpu(), train.tokens.starts.tolist()
    rows = [
        {"input_ids": ids[start : start + length].tolist(), "labels": int(label)}
        for start, length, label in zip(starts, train.tokens.lengths, train.labels, strict=True)
    ]
    place = train.tokens.ids.device
    special = {f"{name}_token": piece for name, piece in SPECIAL.items()}
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, **special)  # type: ignore[no-untyped-call]
    arguments = TrainingArguments(
        output_dir=tempfile.gettempdir(),
        use_cpu=place.type == "cpu",
        bf16=number_type(place, values.precision) is torch.bfloat16,
        fp16=number_type(place, values.precision) is torch.float16,
        per_device_train_batch_size=values.batch_size,
        num_train_epochs=1,
        learning_rate=values.learning_rate,
        weight_decay=values.weight_decay,
        warmup_steps=values.warmup_fraction,
        max_grad_norm=1.0,
        optim="adamw_torch_fused",
        dataloader_pin_memory=place.type != "cpu",
        report_to=[],
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        seed=seed,
    )
    warnings.filterwarnings("ignore", module="transformers|torch")
    peer = Trainer(
        model=Network(model.train()),
        args=arguments,
        train_dataset=rows,
        data_collator=DataCollatorWithPadding(fast),
    )
    peer.remove_callback(transformers.PrinterCallback)

    def run() -> None:
        peer.train()

    return run
