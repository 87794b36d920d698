"""The operator that runs a step of the ML package as a task."""

import logging
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from airflow.sdk import BaseOperator, Context, XComArg
from airflow.sdk.exceptions import AirflowFailException

from step import environment
from step.links import DatasetLink, EndpointLink, MlflowRunLink
from step.process import StepProcess, safe
from step.retry import Crashes, StepError, StepRetryPolicy, TryLaterError

LINE = re.compile(r"(?:\S+ \S+ )?(DEBUG|INFO|WARNING|ERROR|CRITICAL) (.*)")
WRONG_INPUT, TRY_LATER, STOPPED = 2, 75, 143


class StepOperator(BaseOperator):
    """Runs ``python -m mlproject VERB`` and returns its result.

    Give ``inputs`` as ``dag.param("name")`` and ``other.result("key")``: such values arrive as
    they are, whatever they contain. Text with Jinja in it is rendered to what it looks like
    ("3" becomes 3). A null input is left out, so the step's own default applies.

    Exit code 2 fails the task at once with the step's last error line; 75 tries again after the
    wait that the step asks for; any other end without a result is retried as the task says, but
    fails it when that happens five times in a row.

    :param verb: the step, see docs/steps.md
    :param inputs: its inputs by name
    :param environment: variables added to what the step gets
    """

    template_fields: Sequence[str] = ("inputs",)
    template_fields_renderers = {"inputs": "json"}  # noqa: RUF012
    operator_extra_links = (MlflowRunLink(), DatasetLink(), EndpointLink())
    ui_color = "#e8f0fe"

    def __init__(
        self,
        *,
        verb: str,
        inputs: Mapping[str, Any] | None = None,
        environment: Mapping[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.setdefault("retry_policy", StepRetryPolicy())
        kwargs.setdefault("multiple_outputs", True)
        kwargs.setdefault("render_template_as_native_obj", True)
        super().__init__(**kwargs)
        self.verb = verb
        self.inputs = dict(inputs or {})
        self.environment = dict(environment or {})
        self._process: StepProcess | None = None
        self._killed = False
        self._last_line = ""
        self._last_error = ""

    def execute(self, context: Context) -> dict[str, Any]:
        inputs = {key: value for key, value in self.inputs.items() if value is not None}
        if self._killed:
            raise StepError(f"{self.verb}: stopped before it began")
        with StepProcess(self.verb, inputs, self._folder(context), self.environment) as process:
            self._process = process
            if self._killed:
                process.end()
            for line in process.lines():
                self._show(line)
            return self._outcome(process, Crashes(self._folder(context)))

    def result(self, key: str) -> XComArg:
        """One value of this step's result, as an input for another."""
        return XComArg(self, key=key)

    def on_kill(self) -> None:
        """End the step and all it started; called in a signal handler, so it does not wait."""
        self._killed = True
        if self._process is not None:
            self._process.end()

    def _folder(self, context: Context) -> Path:
        ti = context["ti"]
        folder = environment.home() / "steps" / safe(ti.dag_id) / safe(ti.run_id) / safe(ti.task_id)
        mapped = ti.map_index is not None and ti.map_index >= 0
        return folder / str(ti.map_index) if mapped else folder

    def _show(self, line: str) -> None:
        """Log one line of the step at its own level."""
        found = LINE.match(line)
        level, text = (found[1], found[2]) if found else ("INFO", line)
        self._last_line = text
        if level in ("ERROR", "CRITICAL"):
            self._last_error = text
        self.log.log(getattr(logging, level), "%s", text)

    def _outcome(self, process: StepProcess, crashes: Crashes) -> dict[str, Any]:
        code, result = process.code(), process.result()
        said = self._last_error or self._last_line or f"{self.verb} ended with {code}"
        if code == 0 and result is not None:
            crashes.forget()
            return result
        if code == WRONG_INPUT:
            crashes.forget()
            raise AirflowFailException(said)
        if code == TRY_LATER:
            crashes.forget()
            raise TryLaterError(said, after=(result or {}).get("retry_after"))
        if code == STOPPED:
            raise StepError(f"{self.verb} was stopped; the next try goes on from what it saved")
        fault = f"{self.verb} ended with {code}: {said}"
        if code == 0:
            fault = f"{self.verb} ended with 0 but wrote no JSON object as its result"
        if crashes.one_more():
            raise AirflowFailException(f"{fault} ({crashes.MOST} times in a row)")
        raise StepError(fault)
