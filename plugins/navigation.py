"""Links in Airflow's navigation to MLflow and to the page that classifies a text."""

from airflow.plugins_manager import AirflowPlugin
from step.links import mlflow_url, service_url

# Without url_route a view opens as a plain link; with one it is a frame, which MLflow refuses.
VIEWS = (
    {"name": "MLflow", "href": mlflow_url(), "destination": "nav"},
    {"name": "Classify a text", "href": f"{service_url()}/ui", "destination": "nav"},
)


class NavigationPlugin(AirflowPlugin):
    name = "navigation"
    external_views = [view for view in VIEWS if view["href"]]  # noqa: RUF012
