"""The network: a BERT encoder, and classification layers over [CLS]."""

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel


class Classifier(nn.Module):
    """BERT encoder -> [CLS] -> dropout -> dense, tanh -> dropout -> logits.

    ``config.num_labels`` is the number of logits, ``config.classifier_dropout`` the dropout.
    Softmax of the logits gives the probabilities that the loss is about and that are served.
    """

    def __init__(self, config: BertConfig, encoder: BertModel | None = None) -> None:
        super().__init__()
        self.config = config
        self.encoder = encoder or BertModel(config, add_pooling_layer=False)
        self.dropout = nn.Dropout(config.classifier_dropout or 0.0)
        self.dense = nn.Linear(config.hidden_size, config.hidden_size)
        self.output = nn.Linear(config.hidden_size, config.num_labels)
        for layer in (self.dense, self.output):
            nn.init.normal_(layer.weight, std=config.initializer_range)
            nn.init.zeros_(layer.bias)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """``input_ids`` and ``attention_mask`` (B, T), integers -> logits (B, labels)."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        cls = self.dropout(hidden.last_hidden_state[:, 0])  # (B, H)
        logits: Tensor = self.output(self.dropout(torch.tanh(self.dense(cls))))
        return logits
