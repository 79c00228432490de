"""What is asked: a scenario file, its meaning, and the demand it describes."""

from scenarios.asks import Ask
from scenarios.bundled import bundled
from scenarios.data_sets import with_set_rules
from scenarios.demand import Demand, demand_of, served_regions
from scenarios.edits import (
    REMOVED,
    Change,
    all_edited,
    edited,
    place_of,
    value_at,
    written_path,
)
from scenarios.forecast import Forecast, forecasts_of
from scenarios.job_table import JobTable
from scenarios.jobs import JobChunk
from scenarios.policy_names import POLICY_AMOUNTS, POLICY_DEFAULTS, POLICY_NAMES
from scenarios.problems import (
    Place,
    Problem,
    ScenarioError,
    format_problems,
    guess,
    seen,
)
from scenarios.reader import read
from scenarios.scenario import (
    Answer,
    DataClass,
    Objective,
    Origin,
    Policies,
    PolicyChoice,
    Quota,
    Scenario,
    Tenant,
)
from scenarios.schema import reference, schema
from scenarios.seeds import stream
from scenarios.trace_formats import import_openb, import_philly, import_swf, import_table
from scenarios.traces import write_table
from scenarios.workload import Jobs, Replicas, Trace, Workload

__all__ = [
    "POLICY_AMOUNTS",
    "POLICY_DEFAULTS",
    "POLICY_NAMES",
    "REMOVED",
    "Answer",
    "Ask",
    "Change",
    "DataClass",
    "Demand",
    "Forecast",
    "JobChunk",
    "JobTable",
    "Jobs",
    "Objective",
    "Origin",
    "Place",
    "Policies",
    "PolicyChoice",
    "Problem",
    "Quota",
    "Replicas",
    "Scenario",
    "ScenarioError",
    "Tenant",
    "Trace",
    "Workload",
    "all_edited",
    "bundled",
    "demand_of",
    "edited",
    "forecasts_of",
    "format_problems",
    "guess",
    "import_openb",
    "import_philly",
    "import_swf",
    "import_table",
    "place_of",
    "read",
    "reference",
    "schema",
    "seen",
    "served_regions",
    "stream",
    "value_at",
    "with_set_rules",
    "write_table",
    "written_path",
]
