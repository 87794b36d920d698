"""The environment that a step starts with: named on purpose, nothing of Airflow's own."""

import os
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

PREFIXES = (
    *("MLPROJECT_", "MLFLOW_", "BENTOML_", "SENTRY_"),
    *("HF_", "TRANSFORMERS_", "TOKENIZERS_", "TORCH", "PYTORCH_"),
    *("CUDA_", "NVIDIA_", "NCCL_", "GLOO_", "OMP_", "MKL_", "OPENBLAS_"),
    *("LC_", "XDG_"),
)
NAMES = frozenset(
    (
        *("PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TMPDIR"),
        *("PYTHONPATH", "PYTHONUNBUFFERED", "LD_LIBRARY_PATH", "SPT_NOENV"),
        *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"),
    )
)


def passed_on(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables of this process that a step gets."""
    return {
        key: value
        for key, value in environ.items()
        if key.startswith(PREFIXES) or key.upper() in NAMES
    }


def home(environ: Mapping[str, str] = os.environ) -> Path:
    """The state's folder; a relative one is relative to the repository, where steps run."""
    return ROOT / (environ.get("MLPROJECT_HOME") or ".mlproject")


def python(environ: Mapping[str, str] = os.environ) -> str:
    """The interpreter that steps run with."""
    return environ.get("MLPROJECT_PYTHON") or str(ROOT / ".venv" / "ml" / "bin" / "python")


def grace(environ: Mapping[str, str] = os.environ) -> float:
    """Seconds that a step has to save its work after SIGTERM."""
    return float(environ.get("MLPROJECT_STOP_GRACE") or 30)
