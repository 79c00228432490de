"""The words of the engine: states of a job, reasons of a hold, reasons of a refusal."""

from __future__ import annotations

from enum import IntEnum

STATES = ("finished", "running", "waiting", "refused", "failed")

REASONS = (
    "",
    "batch-window",
    "network",
    "quota",
    "head-of-line",
    "backfill-reservation",
    "gang",
    "fragmented",
    "no-capacity",
    "no-chip",
    "no-speed",
    "not-listed",
    "residency",
    "security-level",
    "reserved",
    "too-big",
    "gang-too-big",
    "quota-too-small",
    "unknown-capacity",
    "queue-full",
    "bad-row",
    "no-place",
)


class State(IntEnum):
    """End state of a job, as index into STATES."""

    FINISHED = 0
    RUNNING = 1
    WAITING = 2
    REFUSED = 3
    FAILED = 4


class Reason(IntEnum):
    """Why a job was held or refused, as index into REASONS."""

    NONE = 0
    BATCH_WINDOW = 1
    NETWORK = 2
    QUOTA = 3
    HEAD_OF_LINE = 4
    BACKFILL_RESERVATION = 5
    GANG = 6
    FRAGMENTED = 7
    NO_CAPACITY = 8
    NO_CHIP = 9
    NO_SPEED = 10
    NOT_LISTED = 11
    RESIDENCY = 12
    SECURITY_LEVEL = 13
    RESERVED = 14
    TOO_BIG = 15
    GANG_TOO_BIG = 16
    QUOTA_TOO_SMALL = 17
    UNKNOWN_CAPACITY = 18
    QUEUE_FULL = 19
    BAD_ROW = 20
    NO_PLACE = 21


HOLDS = tuple(Reason(code) for code in range(1, 9))
REFUSALS = tuple(Reason(code) for code in range(9, 22))
