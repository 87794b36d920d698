"""What a pretraining is of: texts and all its values. Without torch, which takes long to import."""

import hashlib
import json
from dataclasses import dataclass

from mlproject.dataset.read import Dataset, unlabelled
from mlproject.task import Training
from mlproject.training.origin import Origin

FORMAT = 2  # counts up when the same inputs would give another network
MATTER = ("seed", "precision", "micro_tokens")  # keys of ``Training``, beside its ``pretraining``


@dataclass(frozen=True)
class Job:
    """All that decides what comes out, the device apart."""

    origin: Origin
    texts: tuple[str, ...]  # each once, sorted
    values: Training

    def key(self) -> str:
        """Name of the folder: the same inputs, the same key, whatever data set they came in."""
        digest = hashlib.sha256()
        for text in self.texts:
            data = text.encode("utf-8", "surrogatepass")
            digest.update(len(data).to_bytes(8, "little") + data)
        settings = self.values.pretraining.model_dump(mode="json")
        settings |= {name: getattr(self.values, name) for name in MATTER}
        content = [FORMAT, digest.hexdigest(), self.origin.identity(), settings]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def job(origin: Origin, dataset: Dataset, values: Training) -> Job:
    """Of all texts of a data set that training may see, with labels and without."""
    found = {example.text for example in dataset.splits["train"]}
    texts = sorted(found.union(unlabelled(dataset)))
    most = values.pretraining.max_texts or len(texts)
    return Job(origin, tuple(texts[:: -(-len(texts) // most)]), values)
