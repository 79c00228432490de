"""A dispatch policy of the user's own: called as the guide says, its answers checked."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Any

from scenarios import PolicyChoice, Problem, ScenarioError
from scheduler.policy import Changes, View
from scheduler.shapes import Shape

CHANGES = ("never", "load", "time", "job")


@dataclass(frozen=True, slots=True)
class OwnDispatch:
    """Hands shapes to a policy that has `rank(shape, view)`, with or without `draw`."""

    policy: Any
    choice: PolicyChoice
    file: str
    takes_draw: bool
    changes: Changes

    def rank(self, shape: Shape, view: View, draw: int) -> list[int]:
        """See Dispatch.

        Raises:
            ScenarioError: the policy failed, or its answer is not some of the allowed pools.
        """
        more = (draw,) if self.takes_draw else ()
        try:
            answer = list(self.policy.rank(shape, view, *more))
        except Exception as error:  # whatever a stranger's code raises
            raise self._wrong(f"rank() raised {type(error).__name__}: {error}") from error
        unknown = [p for p in answer if p not in shape.allowed]
        if unknown:
            raise self._wrong(f"rank() names pool {unknown[0]!r}, which this shape can't use")
        if len(set(answer)) < len(answer) or (shape.allowed and not answer):
            raise self._wrong("rank() must name at least one of shape.allowed, each once")
        return answer

    def _wrong(self, message: str) -> ScenarioError:
        return own_problem(self.choice, self.file, message)


def own_dispatch(policy: Any, choice: PolicyChoice, file: str) -> OwnDispatch:
    """The user's policy as the engine wants it.

    Raises:
        ScenarioError: it has no `rank`, or `changes` is none of the four words.
    """
    rank = getattr(policy, "rank", None)
    if not callable(rank):
        raise own_problem(choice, file, "a dispatch policy needs a method rank(shape, view)")
    changes: Any = getattr(policy, "changes", "job")
    if changes not in CHANGES:
        words = ", ".join(CHANGES)
        raise own_problem(choice, file, f"changes: expected one of {words}; got {changes!r}")
    takes_draw = len(inspect.signature(rank).parameters) > 2
    return OwnDispatch(policy, choice, file, takes_draw, changes)


def own_problem(choice: PolicyChoice, file: str, message: str) -> ScenarioError:
    """What is wrong with a policy of the user's own, at the line that names it."""
    problem = Problem(
        file=file,
        line=choice.line,
        column=choice.column,
        path="policies.dispatch",
        message=f"'{choice.name}': {message}",
    )
    return ScenarioError([problem], file)
