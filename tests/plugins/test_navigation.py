"""The plugin as Airflow loads it."""

import operator
import sys

import pytest


@pytest.mark.filterwarnings("ignore:GitWildMatchPattern:DeprecationWarning")  # Airflow's own
def test_airflow_loads_the_plugin_and_nothing_else_of_the_folder() -> None:
    from airflow import plugins_manager

    plugins, errors = plugins_manager._get_plugins()

    assert errors == {}
    assert "navigation" in [plugin.name for plugin in plugins]
    assert sys.modules["operator"] is operator
    assert operator.add(1, 1) == 2


def test_links_open_as_links_and_not_as_frames() -> None:
    from navigation import NavigationPlugin

    views = NavigationPlugin.external_views

    assert [view["name"] for view in views] == ["MLflow", "Classify a text"]
    assert all(view["href"].startswith("http") and "url_route" not in view for view in views)
