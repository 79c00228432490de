"""`suanli schema`: what an editor needs to complete and check a scenario."""

import json

import lazy_loader as lazy

scenarios = lazy.load("scenarios")


def schema() -> None:
    """Print the JSON Schema of a scenario."""
    print(json.dumps(scenarios.schema(), indent=2, ensure_ascii=False))
