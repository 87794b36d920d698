"""CPU, memory, disk, network and GPU beside a run's curves: MLflow's own monitor."""

import threading

from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor


class SystemMetrics:
    """A thread that sends ``system/...`` every 10 seconds (MLFLOW_SYSTEM_METRICS_...)."""

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._monitor: SystemMetricsMonitor | None = None

    def follow(self, run_id: str) -> None:
        """Start, also again: the thread ends when the server does not answer it."""
        if self._monitor is not None and _running():
            return
        self._monitor = SystemMetricsMonitor(  # type: ignore[no-untyped-call]
            run_id, resume_logging=True, tracking_uri=self._uri
        )
        self._monitor.start()  # type: ignore[no-untyped-call]

    def stop(self) -> None:
        """Send what is left and end the thread; never fails."""
        if self._monitor is not None:
            self._monitor.finish()  # type: ignore[no-untyped-call]
            self._monitor = None


def _running() -> bool:
    return any(thread.name == "SystemMetricsMonitor" for thread in threading.enumerate())
