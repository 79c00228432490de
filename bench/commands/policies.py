"""`suanli policies`: what a scenario can choose from."""

import json
from dataclasses import asdict

import lazy_loader as lazy

from bench.commands.options import Json

scheduler = lazy.load("scheduler")


def policies(as_json: Json = False) -> None:
    """List every policy by kind, with its options."""
    kind = ""
    for row in scheduler.policy_rows():
        if as_json:
            print(json.dumps(asdict(row), ensure_ascii=False))
            continue
        if row.kind != kind:
            kind = row.kind
            print(f"{kind}:")
        options = f"  ({', '.join(row.options)})" if row.options else ""
        print(f"  {row.name:<16}{row.summary}{options}")
