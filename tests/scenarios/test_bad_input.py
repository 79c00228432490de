"""Scenarios that are wrong, each with every line that the user reads."""

# ruff: noqa: E501 - messages are compared whole, and read best on one line

import os
import re
import time

import numpy as np
import pytest

from scenarios import ScenarioError, read
from tests.scenarios.snippets import SMALL, changed, written

TOPOLOGY = SMALL[SMALL.index("topology:") : SMALL.index("tenants:")]
WORKLOADS = SMALL[SMALL.index("workloads:") : SMALL.index("policies:")]
POOLS = SMALL[SMALL.index("  pools:") : SMALL.index("tenants:")]
WORK = "    work: {kind: exponential, mean_h: 1}\n"
ARRIVALS = "{kind: poisson, per_h: 3}"

# what is replaced in the small scenario, and the lines that follow
EDITS = {
    "duplicate key": (
        [("horizon_h: 24", "horizon_h: 24\nname: again")],
        ["s.yaml:3:1: duplicate key; first on line 1; got 'name'"],
    ),
    "duplicate key in a row": (
        [("{name: hz, tier: city}", "{name: hz, tier: city, tier: city}")],
        ["s.yaml:6:30: topology.sites[hz]: duplicate key; first on line 6; got 'tier'"],
    ),
    "tag": (
        [("horizon_h: 24", "horizon_h: !!int 24")],
        ["s.yaml:2:12: horizon_h: tags are not taken; got tag:yaml.org,2002:int"],
    ),
    "python tag": (
        [("horizon_h: 24", "horizon_h: !!python/object:os.system 24")],
        [
            "s.yaml:2:12: horizon_h: tags are not taken; got tag:yaml.org,2002:python/object:os.system"
        ],
    ),
    "local tag": (
        [("name: small", "name: !x small")],
        ["s.yaml:1:7: name: tags are not taken; got !x"],
    ),
    "anchor": (
        [("{vcpu: 4}", "&d {vcpu: 4}")],
        ["s.yaml:18:13: workloads[lessons].demand: anchors are not taken; got &d"],
    ),
    "alias": (
        [("{vcpu: 4}", "&d {vcpu: 4}"), ("demand: {gpu: 1}", "demand: *d")],
        [
            "s.yaml:18:13: workloads[lessons].demand: anchors are not taken; got &d",
            "s.yaml:24:13: workloads[scans].demand: aliases are not taken; got *d",
        ],
    ),
    "merge key": (
        [("{vcpu: 4}", "{<<: {vcpu: 4}, vcpu: 4}")],
        ["s.yaml:18:14: workloads[lessons].demand: merge keys are not taken; got <<"],
    ),
    "number as key": (
        [("{name: gov}", "{name: gov, 3: x}")],
        ["s.yaml:4:24: topology.clouds[gov]: expected a text as key, in quotes; got 3"],
    ),
    "true as key": (
        [("{name: gov}", "{name: gov, true: x}")],
        ["s.yaml:4:24: topology.clouds[gov]: expected a text as key, in quotes; got true"],
    ),
    "list as key": (
        [("{name: gov}", "{name: gov, [a]: x}")],
        ["s.yaml:4:24: topology.clouds[gov]: expected a text as key; got a list"],
    ),
    "two documents": (
        [("horizon_h: 24", "horizon_h: 24\n---\nname: b")],
        ["s.yaml:3:1: a second document; expected one"],
    ),
    "tab": (
        [("  clouds: [{name: gov}]", "\tclouds: [{name: gov}]")],
        ["s.yaml:4:1: a tab; indent with spaces"],
    ),
    "full-width colon": (
        [("horizon_h: 24", "horizon_h：24")],
        ["s.yaml:2:10: full-width '：'; expected ':'"],
    ),
    "full-width colon before lines below": (
        [("topology:\n", "topology：\n")],
        ["s.yaml:3:9: full-width '：'; expected ':'"],
    ),
    "full-width colon in a row": (
        [("{name: hz, tier: city}", "{name：hz，tier：city}")],
        ["s.yaml:6:12: topology.sites[#1]: full-width '：'; expected ':'"],
    ),
    "full-width colon before a map": (
        [("demand: {vcpu: 4}", "demand：{vcpu: 4}")],
        ["s.yaml:18:11: workloads[lessons]: full-width '：'; expected ':'"],
    ),
    "full-width comma": (
        [("{name: hz, tier: city}", "{name: hz，tier: city}")],
        ["s.yaml:6:16: full-width '，'; expected ','"],
    ),
    "full-width comma after a word": (
        [("{kind: poisson, per_h: 3}", "{kind: poisson，per_h：3}")],
        ["s.yaml:17:29: workloads[lessons].arrivals.kind: full-width '，'; expected ','"],
    ),
    "full-width brackets": (
        [("clouds: [{name: gov}]", "clouds: 【{name: gov}】")],
        ["s.yaml:4:11: full-width '【'; expected '['"],
    ),
    "full-width closing bracket": (
        [("clouds: [{name: gov}]", "clouds: [{name: gov}】")],
        ["s.yaml:4:23: full-width '】'; expected ']'"],
    ),
    "full-width braces": (
        [("clouds: [{name: gov}]", "clouds: [｛name: gov｝]")],
        ["s.yaml:4:12: topology.clouds[#1]: full-width '｛'; expected '{'"],
    ),
    "curly quotes": (
        [("name: small", "name: “small: one”")],
        ["s.yaml:1:7: full-width '“'; expected '\"'"],
    ),
    "tab inside": (
        [("    tenant: school\n", "    \ttenant: school\n")],
        ["s.yaml:15:5: a tab; indent with spaces"],
    ),
    "full-width digits": (
        [("nodes: 3}", "nodes: ３}")],
        [
            "s.yaml:10:80: topology.pools[little].nodes: expected a whole number in ASCII digits; got '３'"
        ],
    ),
    "quoted number": (
        [("nodes: 3}", 'nodes: "3"}')],
        [
            's.yaml:10:80: topology.pools[little].nodes: expected a whole number without quotes; got "3"'
        ],
    ),
    "full-width marks elsewhere": (
        [("name: small", "name: a: b # 说明：x，y")],
        ["s.yaml:1:8: no valid YAML: mapping values are not allowed in this context"],
    ),
    "unclosed quote": (
        [("name: small", 'name: "small')],
        ["s.yaml:30:11: no valid YAML: did not find expected key"],
    ),
    "unclosed list": (
        [("clouds: [{name: gov}]", "clouds: [{name: gov}")],
        ["s.yaml:5:3: no valid YAML: did not find expected ',' or ']'"],
    ),
    "brackets without quotes": (
        [('{"topology.pools[big].nodes": 4}', "{topology.pools[big].nodes: 4}")],
        [
            "s.yaml:30:24: no valid YAML: did not find expected ',' or '}'; inside {} a key with brackets needs quotes"
        ],
    ),
    "colon in plain text": (
        [("name: small", "name: a: b")],
        ["s.yaml:1:8: no valid YAML: mapping values are not allowed in this context"],
    ),
    "NUL": (
        [("name: small", "name: sm\x00all")],
        ["s.yaml:1:9: character U+0000 is not taken"],
    ),
    "escaped NUL": (
        [("name: small", 'name: "sm\\0all"')],
        ["s.yaml:1:7: name: character U+0000 is not taken"],
    ),
    "bidi mark": (
        [("name: small", "name: sm\u202eall")],
        ["s.yaml:1:9: character U+202E is not taken"],
    ),
    "escaped bidi mark": (
        [("name: small", 'name: "sm\\u202eall"')],
        ["s.yaml:1:7: name: character U+202E is not taken"],
    ),
    "surrogate": (
        [("name: small", 'name: "sm\\ud800all"')],
        ["s.yaml:1:12: no valid YAML: found invalid Unicode character escape code"],
    ),
    "byte order mark inside": (
        [("name: small", "name: sm\ufeffall")],
        ["s.yaml:1:9: character U+FEFF is not taken"],
    ),
    "number too large for a float": (
        [("horizon_h: 24", "horizon_h: 1e999")],
        ["s.yaml:2:12: horizon_h: expected a finite number; got 1e999"],
    ),
    "integer of 5,000 digits": (
        [("horizon_h: 24", "horizon_h: " + "9" * 5000)],
        [
            "s.yaml:2:12: horizon_h: expected a number of at most 15 digits; got 999999999999999999999999999999999999999999999999999999999..."
        ],
    ),
    "integer of 16 digits": (
        [("nodes: 2}", "nodes: 1000000000000000}")],
        [
            "s.yaml:9:68: topology.pools[big].nodes: expected a number of at most 15 digits; got 1000000000000000"
        ],
    ),
    "NaN": (
        [("horizon_h: 24", "horizon_h: NaN")],
        ["s.yaml:2:12: horizon_h: expected a number; got 'NaN'"],
    ),
    ".inf": (
        [("horizon_h: 24", "horizon_h: .inf")],
        ["s.yaml:2:12: horizon_h: expected a number; got '.inf'"],
    ),
    "octal": (
        [("horizon_h: 24", "horizon_h: 017")],
        ["s.yaml:2:12: horizon_h: expected a number; got '017'"],
    ),
    "yes": (
        [("horizon_h: 24", "horizon_h: yes")],
        ["s.yaml:2:12: horizon_h: expected a number; got 'yes'"],
    ),
    "sexagesimal": (
        [("horizon_h: 24", "horizon_h: 12:30:00")],
        ["s.yaml:2:12: horizon_h: expected a number; got '12:30:00'"],
    ),
    "empty value": (
        [("horizon_h: 24", "horizon_h:\nwarmup_h:")],
        ["s.yaml:3:10: warmup_h: expected a number; got null"],
    ),
    "unknown top key": (
        [("horizon_h: 24", "horizonh: 24")],
        ["s.yaml:2:1: unknown key; got 'horizonh'; did you mean 'horizon_h'?"],
    ),
    "unknown key called as the kind beside it": (
        [("horizon_h: 24", "kind: factor\nfactor: 2")],
        [
            "s.yaml:2:1: unknown key; got 'kind'",
            "s.yaml:3:1: unknown key; got 'factor'",
        ],
    ),
    "key of a chip called as its kind": (
        [("  clouds:", "  chips: [{name: c, kind: gpu, gpu: 1}]\n  clouds:")],
        ["s.yaml:4:32: topology.chips[c]: unknown key; got 'gpu'"],
    ),
    "horizon of nothing": (
        [("horizon_h: 24", "horizon_h: 1e-300")],
        ["s.yaml:2:12: horizon_h: expected at least a microsecond; got 1e-300"],
    ),
    "warmup of all but nothing": (
        [("horizon_h: 24", "horizon_h: 24\nwarmup_h: 23.9999999999999")],
        ["s.yaml:3:11: warmup_h: expected less than horizon_h (24); got 23.9999999999999"],
    ),
    "delay of the control plane": (
        [("clouds: [{name: gov}]", "clouds: [{name: gov, control_plane_delay_ms: 1e300}]")],
        [
            "s.yaml:4:48: topology.clouds[gov].control_plane_delay_ms: expected at most 1,000,000,000; got 1e+300"
        ],
    ),
    "bursts without end": (
        [
            (
                ARRIVALS,
                "{kind: poisson, per_h: 3, bursts: {per_week: 1e9, factor: 2, hours: 1e9}}",
            )
        ],
        [
            "s.yaml:17:60: workloads[lessons].arrivals.bursts.per_week: expected at most 10,000; got 1000000000",
            "s.yaml:17:83: workloads[lessons].arrivals.bursts.hours: expected at most 8,760; got 1000000000",
        ],
    ),
    "gaps that never vary": (
        [(ARRIVALS, "{kind: gamma, per_h: 3, cv: 1e-300}")],
        ["s.yaml:17:43: workloads[lessons].arrivals.cv: expected at least 0.01; got 1e-300"],
    ),
    "batch of a century": (
        [(ARRIVALS, '{kind: batch, at: ["22:00"], jobs: 3, over_h: 1e9}')],
        [
            "s.yaml:17:61: workloads[lessons].arrivals.over_h: expected at most 8,760; got 1000000000"
        ],
    ),
    "no name": ([("name: small\n", "")], ["s.yaml:1:1: name: required key is missing"]),
    "no topology": ([(TOPOLOGY, "")], ["s.yaml:1:1: topology: required key is missing"]),
    "no workloads": ([(WORKLOADS, "")], ["s.yaml:1:1: workloads: required key is missing"]),
    "empty workloads": (
        [(WORKLOADS, "workloads: []\n")],
        ["s.yaml:12:12: workloads: expected at least 1 item"],
    ),
    "workloads as a map": (
        [(WORKLOADS, "workloads: {a: 1}\n")],
        ["s.yaml:12:12: workloads: expected a list; got a map"],
    ),
    "name of a path": (
        [("name: small", "name: ../x")],
        [
            "s.yaml:1:7: name: expected a name: a letter or digit, then at most 63 more, or spaces, or any of _ . - ( ); got '../x'"
        ],
    ),
    "name of 65 letters": (
        [
            (
                "name: small",
                "name: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            )
        ],
        [
            "s.yaml:1:7: name: expected a name: a letter or digit, then at most 63 more, or spaces, or any of _ . - ( ); got 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...'"
        ],
    ),
    "name of 70 Chinese letters": (
        [
            (
                "name: small",
                "name: 算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算",
            )
        ],
        [
            "s.yaml:1:7: name: expected a name: a letter or digit, then at most 63 more, or spaces, or any of _ . - ( ); got '算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算算...'"
        ],
    ),
    "empty name": (
        [("name: small", 'name: ""')],
        [
            "s.yaml:1:7: name: expected a name: a letter or digit, then at most 63 more, or spaces, or any of _ . - ( ); got ''"
        ],
    ),
    "number as name": (
        [("name: small", "name: 2026")],
        ["s.yaml:1:7: name: expected text, in quotes: '2026'; got 2026"],
    ),
    "map as name": (
        [("name: small", "name: {a: b}")],
        ["s.yaml:1:7: name: expected text; got a map"],
    ),
    "misspelt required key": (
        [("{name: hz, tier: city}", "{name: hz, teir: city}")],
        ["s.yaml:6:18: topology.sites[hz]: unknown key; got 'teir'; did you mean 'tier'?"],
    ),
    "nodes as text": (
        [("nodes: 2}", 'nodes: "2"}')],
        [
            's.yaml:9:68: topology.pools[big].nodes: expected a whole number without quotes; got "2"'
        ],
    ),
    "nodes with a fraction": (
        [("nodes: 2}", "nodes: 2.5}")],
        ["s.yaml:9:68: topology.pools[big].nodes: expected a whole number; got 2.5"],
    ),
    "no nodes": (
        [("nodes: 2}", "nodes: 0}")],
        ["s.yaml:9:68: topology.pools[big].nodes: expected at least 1; got 0"],
    ),
    "nodes as true": (
        [("nodes: 2}", "nodes: true}")],
        ["s.yaml:9:68: topology.pools[big].nodes: expected a whole number; got true"],
    ),
    "share above 1": (
        [("nodes: 2}", "nodes: 2, reserve_share: 1.5}")],
        ["s.yaml:9:86: topology.pools[big].reserve_share: expected at most 1; got 1.5"],
    ),
    "level 6": (
        [("nodes: 2}", "nodes: 2, security_level: 6}")],
        ["s.yaml:9:87: topology.pools[big].security_level: expected at most 5; got 6"],
    ),
    "pue below 1": (
        [("{name: hz, tier: city}", "{name: hz, tier: city, pue: 0.9}")],
        ["s.yaml:6:35: topology.sites[hz].pue: expected at least 1; got 0.9"],
    ),
    "latitude": (
        [("{name: hz, tier: city}", "{name: hz, tier: city, lat: 120, lon: 30}")],
        [
            "s.yaml:6:7: topology.sites[hz]: lat is missing: a place has both",
            "s.yaml:6:35: topology.sites[hz].lat: expected at most 90; got 120",
        ],
    ),
    "list for a map": (
        [("{vcpu: 4}", "[4]")],
        ["s.yaml:18:13: workloads[lessons].demand: expected a map; got a list"],
    ),
    "null for a map": (
        [("{vcpu: 4}", "null")],
        ["s.yaml:18:13: workloads[lessons].demand: expected a map; got null"],
    ),
    "seeds 0": (
        [("horizon_h: 24", "seeds: 0")],
        ["s.yaml:2:8: seeds: expected at least 1; got 0"],
    ),
    "seeds as a list": (
        [("horizon_h: 24", "seeds: [1, 2]")],
        ["s.yaml:2:8: seeds: expected a whole number; got a list"],
    ),
    "horizon 0": (
        [("horizon_h: 24", "horizon_h: 0")],
        ["s.yaml:2:12: horizon_h: expected more than 0; got 0"],
    ),
    "horizon of a century": (
        [("horizon_h: 24", "horizon_h: 876000")],
        ["s.yaml:2:12: horizon_h: expected at most 87,600; got 876000"],
    ),
    "start of no date": (
        [("horizon_h: 24", "start: 2026-02-30")],
        ["s.yaml:2:8: start: expected a local time, as 2026-03-02T00:00; got '2026-02-30'"],
    ),
    "start with a zone": (
        [("horizon_h: 24", "start: 2026-03-02T00:00+08:00")],
        [
            "s.yaml:2:8: start: expected a local time without a zone, as 2026-03-02T00:00; got '2026-03-02T00:00+08:00'"
        ],
    ),
    "start in the year 1": (
        [("horizon_h: 24", "start: 0001-01-01")],
        ["s.yaml:2:8: start: expected a year of 1900 to 2200; got '0001-01-01'"],
    ),
    "levels every 0": (
        [("horizon_h: 24", "levels_every_s: 0")],
        ["s.yaml:2:17: levels_every_s: expected at least 1; got 0"],
    ),
    "better": (
        [("horizon_h: 24", "answer: {measure: wait_p95_s, better: less}")],
        ["s.yaml:2:39: answer.better: expected lower or higher; got 'less'"],
    ),
    "measure": (
        [("horizon_h: 24", "answer: {measure: Wait}")],
        [
            "s.yaml:2:19: answer.measure: expected the name of a measure, as wait_p95_s; got 'Wait'"
        ],
    ),
    "kind of arrivals": (
        [(ARRIVALS, "{kind: posson, per_h: 3}")],
        [
            "s.yaml:17:22: workloads[lessons].arrivals.kind: expected poisson, gamma, fixed, empirical or batch; got 'posson'; did you mean 'poisson'?"
        ],
    ),
    "arrivals without kind": (
        [(ARRIVALS, "{per_h: 3}")],
        ["s.yaml:17:15: workloads[lessons].arrivals.kind: required key is missing"],
    ),
    "misspelt kind": (
        [(ARRIVALS, "{knd: poisson, per_h: 3}")],
        [
            "s.yaml:17:16: workloads[lessons].arrivals: unknown key; got 'knd'; did you mean 'kind'?"
        ],
    ),
    "negative rate": (
        [(ARRIVALS, "{kind: poisson, per_h: -3}")],
        ["s.yaml:17:38: workloads[lessons].arrivals.per_h: expected more than 0; got -3"],
    ),
    "key of another kind": (
        [(ARRIVALS, "{kind: poisson, per_h: 3, cv: 2}")],
        ["s.yaml:17:41: workloads[lessons].arrivals: unknown key; got 'cv'"],
    ),
    "shape": (
        [(ARRIVALS, "{kind: poisson, per_h: 3, shape: office}")],
        [
            "s.yaml:17:48: workloads[lessons].arrivals.shape: expected flat, office-hours, daily or weekly; got 'office'; did you mean 'office-hours'?"
        ],
    ),
    "shape of 3 hours": (
        [(ARRIVALS, "{kind: poisson, per_h: 3, shape: [1, 2, 3]}")],
        [
            "s.yaml:17:48: workloads[lessons].arrivals.shape: expected 168 numbers, one an hour from Monday 00:00, not all 0"
        ],
    ),
    "shape of text": (
        [(ARRIVALS, "{kind: poisson, per_h: 3, shape: [1, a]}")],
        ["s.yaml:17:52: workloads[lessons].arrivals.shape[#2]: expected a number; got 'a'"],
    ),
    "bursts that shrink": (
        [(ARRIVALS, "{kind: poisson, per_h: 3, bursts: {per_week: 1, factor: 0.5, hours: 1}}")],
        [
            "s.yaml:17:71: workloads[lessons].arrivals.bursts.factor: expected at least 1; got 0.5"
        ],
    ),
    "batch at 25:00": (
        [(ARRIVALS, '{kind: batch, at: ["25:00"], jobs: 3}')],
        [
            "s.yaml:17:34: workloads[lessons].arrivals.at[#1]: expected a time of day, as \"22:00\"; got '25:00'"
        ],
    ),
    "batch at no hour": (
        [(ARRIVALS, "{kind: batch, at: [], jobs: 3}")],
        ["s.yaml:17:33: workloads[lessons].arrivals.at: expected at least 1 item"],
    ),
    "batch on sundays": (
        [(ARRIVALS, '{kind: batch, at: ["22:00"], jobs: 3, days: sundays}')],
        [
            "s.yaml:17:59: workloads[lessons].arrivals.days: expected all, workdays, weekends or month-end; got 'sundays'"
        ],
    ),
    "kind of work": (
        [(WORK, "    work: {kind: exponental, mean_h: 1}\n")],
        [
            "s.yaml:19:18: workloads[lessons].work.kind: expected exponential, fixed, lognormal, empirical or forever; got 'exponental'; did you mean 'exponential'?"
        ],
    ),
    "lognormal without sigma": (
        [(WORK, "    work: {kind: lognormal, mean_h: 1}\n")],
        ["s.yaml:19:11: workloads[lessons].work.sigma: required key is missing"],
    ),
    "work of nothing": (
        [(WORK, "    work: {kind: exponential, mean_h: 0}\n")],
        ["s.yaml:19:39: workloads[lessons].work.mean_h: expected more than 0; got 0"],
    ),
    "estimate": (
        [(WORK, WORK + "    estimate: {kind: factor}\n")],
        ["s.yaml:20:15: workloads[lessons].estimate.factor: required key is missing"],
    ),
    "gpu 1.5": (
        [("{gpu: 1}", "{gpu: 1.5}")],
        [
            "s.yaml:24:19: workloads[scans].demand.gpu: expected a share up to 1 or a whole number; got 1.5"
        ],
    ),
    "gpu memory without gpu": (
        [("{vcpu: 4}", "{vcpu: 4, gpu_memory_gib: 8}")],
        ["s.yaml:18:39: workloads[lessons].demand.gpu_memory_gib: needs gpu above 0; got 8"],
    ),
    "demand of nothing": (
        [("{vcpu: 4}", "{nodes: 2}")],
        ["s.yaml:18:13: workloads[lessons].demand: expected at least one resource above 0"],
    ),
    "misspelt demand": (
        [("{vcpu: 4}", "{vcpus: 4}")],
        [
            "s.yaml:18:14: workloads[lessons].demand: unknown key; got 'vcpus'; did you mean 'vcpu'?"
        ],
    ),
    "a gang of 0": (
        [("{vcpu: 4}", "{vcpu: 4, nodes: 0}")],
        ["s.yaml:18:30: workloads[lessons].demand.nodes: expected at least 1; got 0"],
    ),
    "gang within": (
        [("{vcpu: 4}", "{vcpu: 4, nodes: 2, gang_within: region}")],
        [
            "s.yaml:18:46: workloads[lessons].demand.gang_within: expected pool, site, cloud or province; got 'region'"
        ],
    ),
    "use above 1": (
        [(WORK, WORK + "    use: 1.2\n")],
        ["s.yaml:20:10: workloads[lessons].use: expected at most 1; got 1.2"],
    ),
    "use p95 alone": (
        [(WORK, WORK + "    use: {p95: 0.5}\n")],
        ["s.yaml:20:10: workloads[lessons].use.mean: required key is missing"],
    ),
    "use of a resource": (
        [(WORK, WORK + "    use: {cpu: 0.5}\n")],
        ["s.yaml:20:11: workloads[lessons].use: unknown key; got 'cpu'"],
    ),
    "use of a resource above 1": (
        [(WORK, WORK + "    use: {vcpu: {mean: 2}}\n")],
        ["s.yaml:20:24: workloads[lessons].use.vcpu.mean: expected at most 1; got 2"],
    ),
    "weights": (
        [("region: xh", "region: {weights: people}")],
        ["s.yaml:16:23: workloads[lessons].region.weights: expected population; got 'people'"],
    ),
    "deadline": (
        [(WORK, WORK + "    deadline_h: -1\n")],
        ["s.yaml:20:17: workloads[lessons].deadline_h: expected more than 0; got -1"],
    ),
    "priority": (
        [(WORK, WORK + "    priority: high\n")],
        ["s.yaml:20:15: workloads[lessons].priority: expected a whole number; got 'high'"],
    ),
    "preemptible": (
        [(WORK, WORK + "    preemptible: 1\n")],
        ["s.yaml:20:18: workloads[lessons].preemptible: expected true or false; got 1"],
    ),
    "quota": (
        [("quota: {vcpu: 8}", "quota: {cpu: 8}")],
        ["s.yaml:11:50: tenants[clinic].quota: unknown key; got 'cpu'; did you mean 'vcpu'?"],
    ),
    "data class": (
        [("horizon_h: 24", "data_classes: {secret: {security_level: 0}}")],
        ["s.yaml:2:41: data_classes.secret.security_level: expected at least 1; got 0"],
    ),
    "data class of text": (
        [("horizon_h: 24", "data_classes: secret")],
        ["s.yaml:2:15: data_classes: expected a map; got 'secret'"],
    ),
    "policies as a list": (
        [("  queue: {name: fcfs, at: pool}", "  - fcfs")],
        ["s.yaml:27:3: policies: expected a map; got a list"],
    ),
    "policy of number": (
        [("{name: fcfs, at: pool}", "3")],
        [
            "s.yaml:27:10: policies.queue: expected the name of a policy, or a map with it; got 3"
        ],
    ),
    "kind of policy": (
        [("  queue: {name", "  queu: {name")],
        ["s.yaml:27:3: policies: unknown key; got 'queu'; did you mean 'queue'?"],
    ),
    "extends": (
        [("topology:\n", "topology:\n  extends: zhejang\n")],
        [
            "s.yaml:4:12: topology.extends: expected zhejiang, hubs, nation, synthetic or province/NAME; got 'zhejang'; did you mean 'zhejiang'?"
        ],
    ),
    "extends a province": (
        [("topology:\n", "topology:\n  extends: guizhou\n")],
        [
            "s.yaml:4:12: topology.extends: expected zhejiang, hubs, nation, synthetic or province/NAME; got 'guizhou'; did you mean 'province/guizhou'?"
        ],
    ),
    "extends a number": (
        [("topology:\n", "topology:\n  extends: 3\n")],
        [
            "s.yaml:4:12: topology.extends: expected zhejiang, hubs, nation, synthetic or province/NAME; got 3"
        ],
    ),
    "extends in a variant": (
        [("variants:\n", "variants:\n  v: {topology.extends: hubs}\n")],
        [
            "s.yaml:29:7: variants.v: belongs to the scenario, not to a variant; got 'topology.extends'"
        ],
    ),
    "synthetic alone": (
        [("topology:\n", "topology:\n  synthetic: {cities: 3, counties_per_city: 1}\n")],
        ["s.yaml:4:3: topology.synthetic: needs extends: synthetic"],
    ),
    "synthetic without its size": (
        [("topology:\n", "topology:\n  extends: synthetic\n")],
        [
            "s.yaml:4:12: topology.extends: needs synthetic: {cities, counties_per_city, pools_per_site, seed} beside it"
        ],
    ),
    "synthetic misspelt": (
        [
            (
                "topology:\n",
                "topology:\n  extends: synthetic\n  synthetic: {citis: 3, counties_per_city: x}\n",
            )
        ],
        [
            "s.yaml:5:15: topology.synthetic: unknown key; got 'citis'; did you mean 'cities'?",
            "s.yaml:5:44: topology.synthetic.counties_per_city: expected a whole number; got 'x'",
        ],
    ),
    "synthetic too large": (
        [
            (
                "topology:\n",
                "topology:\n  extends: synthetic\n  synthetic: {cities: 2000, counties_per_city: 2000}\n",
            )
        ],
        [
            "s.yaml:5:3: topology.synthetic: expected at most 5,000 sites and 50,000 pools, and this makes 4,002,001 and 4,002,001"
        ],
    ),
    "slices of nothing": (
        [
            (
                "topology:\n",
                "topology:\n  slices: [{name: s, path: [hz, xx, xx], floor_gbit_s: 1}]\n",
            )
        ],
        [
            "s.yaml:4:28: topology.slices[s].path: there are no links: nothing could ever be short",
            "s.yaml:4:33: topology.slices[s].path[#2]: no site of that name; got 'xx'",
            "s.yaml:4:37: topology.slices[s].path[#3]: expected another site than before it; got 'xx'",
            "s.yaml:4:37: topology.slices[s].path[#3]: no site of that name; got 'xx'",
        ],
    ),
    "a slice wider than its link": (
        [
            (
                "topology:\n",
                "topology:\n  links: [{a: hz, b: xh, delay_ms: 1, capacity_gbit_s: 10, share: 0.5}]\n"
                "  slices: [{name: s, path: [hz, xh], floor_gbit_s: 6}]\n",
            )
        ],
        [
            "s.yaml:5:52: topology.slices[s].floor_gbit_s: expected at most the 5 Gbit/s of hz to xh; got 6"
        ],
    ),
    "a class of traffic": (
        [(WORK, WORK + "    traffic: orders\n")],
        [
            "s.yaml:20:14: workloads[lessons].traffic: expected order, business or sharing; got 'orders'; did you mean 'order'?"
        ],
    ),
    "data sets": (
        [
            (
                "topology:\n",
                "topology:\n  data_sets: [{name: maps, at: [hz, xx], size_gb: 5, data_class: generl}]\n",
            ),
            (WORK, WORK + "    data: {set: map}\n"),
        ],
        [
            "s.yaml:4:37: topology.data_sets[maps].at[#2]: no site of that name; got 'xx'",
            "s.yaml:4:66: topology.data_sets[maps].data_class: no data class of that name; got 'generl'; did you mean 'general'?",
            "s.yaml:21:17: workloads[lessons].data.set: no data set of that name; got 'map'; did you mean 'maps'?",
        ],
    ),
    "stops where nodes are held for shared links": (
        [
            (
                "  queue: {name: fcfs, at: pool}\n",
                "  queue: {name: fcfs, at: site}\n  preemption: priority\n  network: shared\n",
            )
        ],
        [
            "s.yaml:28:15: policies.preemption.name: expected none, or policies.queue.at: pool, where links are shared; got 'priority'"
        ],
    ),
    "review": (
        [("horizon_h: 24", "review: {quarters: 8}")],
        ["s.yaml:2:1: review: not yet: review"],
    ),
    "offers": ([("horizon_h: 24", "offers: []")], ["s.yaml:2:1: offers: not yet: offers"]),
    "kind service": (
        [("    kind: jobs\n    tenant: school", "    kind: service\n    tenant: school")],
        ["s.yaml:14:11: workloads[lessons].kind: not yet: kind 'service'"],
    ),
    "class": (
        [(WORK, WORK + "    class: llm_decoding\n")],
        [
            "s.yaml:20:12: workloads[lessons].class: no class of work of that name; got 'llm_decoding'; did you mean 'llm_decode'?"
        ],
    ),
    "class misspelt": (
        [(WORK, WORK + "    clas: llm_decode\n")],
        ["s.yaml:20:5: workloads[lessons]: unknown key; got 'clas'; did you mean 'class'?"],
    ),
    "work on": (
        [
            (
                WORK,
                "    work: {kind: exponential, mean_h: 1, on: ascend-910b}\n    class: llm_decode\n",
            )
        ],
        [
            "s.yaml:19:46: workloads[lessons].work.on: no chip of that name; got 'ascend-910b'; did you mean 'ascend-910b4'?"
        ],
    ),
    "work on a chip without speed": (
        [
            (
                WORK,
                "    work: {kind: fixed, mean_h: 1, on: ascend-310p}\n    class: llm_decode\n",
            )
        ],
        [
            "s.yaml:19:40: workloads[lessons].work.on: no speed in class 'llm_decode' is known of this chip; got 'ascend-310p'; did you mean 'ascend-910c'?"
        ],
    ),
    "planned": (
        [("policies:\n", "policies:\n  dispatch: {name: planned, every_s: 0}\n")],
        ["s.yaml:27:38: policies.dispatch.every_s: expected a number above 0; got 0"],
    ),
    "packing planned never": (
        [("policies:\n", "policies:\n  packing: {name: planned, every_s: 0}\n")],
        ["s.yaml:27:37: policies.packing.every_s: expected a number above 0; got 0"],
    ),
    "packing planned, half a job": (
        [("policies:\n", "policies:\n  packing: {name: planned, migrations: 1.5}\n")],
        [
            "s.yaml:27:40: policies.packing.migrations: expected a whole number from 0 to 1000; got 1.5"
        ],
    ),
    "packing planned that falls back on luck": (
        [("policies:\n", "policies:\n  packing: {name: planned, fallback: random}\n")],
        [
            "s.yaml:27:38: policies.packing.fallback: expected best-fit, first-fit, worst-fit, dot-product, gpu-packing, gpu-clustering or fgd; got 'random'"
        ],
    ),
    "promises and moves": (
        [
            (
                "queue: {name: fcfs, at: pool}",
                "queue: conservative-backfill\n  packing: {name: planned, migrations: 2}",
            )
        ],
        [
            "s.yaml:28:40: policies.packing.migrations: expected 0: conservative-backfill promises what a stop would break; got 2"
        ],
    ),
    "shares and moves": (
        [
            (
                "queue: {name: fcfs, at: pool}",
                "queue: drf\n  packing: {name: planned, migrations: 2}",
            )
        ],
        [
            "s.yaml:28:40: policies.packing.migrations: expected 0: drf may give the room of one who moves to another tenant; got 2"
        ],
    ),
    "moves on shared links": (
        [
            (
                "queue: {name: fcfs, at: pool}",
                "queue: {name: fcfs, at: site}\n  network: shared\n  packing: {name: planned, migrations: 2}",
            )
        ],
        [
            "s.yaml:29:40: policies.packing.migrations: expected 0, or policies.queue.at: pool, where links are shared; got 2"
        ],
    ),
    "trace of gavel": (
        [(WORK, WORK + "  - {name: t, kind: trace, file: s.yaml, format: gavel}\n")],
        [
            "s.yaml:20:5: workloads[t].tenant: required where tenants are listed",
            "s.yaml:20:50: workloads[t].format: not yet: format 'gavel'",
        ],
    ),
    "trace column": (
        [(WORK, WORK + "  - {name: t, kind: trace, file: s.yaml, columns: {clas: type}}\n")],
        [
            "s.yaml:20:5: workloads[t].tenant: required where tenants are listed",
            "s.yaml:20:52: workloads[t].columns: unknown key; got 'clas'; did you mean 'class'?",
        ],
    ),
    "tier": (
        [("tier: county", "tier: countie")],
        [
            "s.yaml:7:24: topology.sites[xh].tier: expected nation, province, city, county or township; got 'countie'; did you mean 'county'?"
        ],
    ),
    "site of a pool": (
        [("site: hz", "site: hx")],
        ["s.yaml:9:25: topology.pools[big].site: no site of that name; got 'hx'"],
    ),
    "cloud of a pool": (
        [("{name: big, site: hz, cloud: gov", "{name: big, site: hz, cloud: gob")],
        [
            "s.yaml:9:36: topology.pools[big].cloud: no cloud of that name; got 'gob'; did you mean 'gov'?"
        ],
    ),
    "server of a pool": (
        [("srv-910b-8", "srv-910b-9")],
        [
            "s.yaml:9:49: topology.pools[big].server: no server of that name; got 'srv-910b-9'; did you mean 'srv-910b-8'?"
        ],
    ),
    "parent": (
        [("parent: hz", "parent: hzz")],
        [
            "s.yaml:7:40: topology.sites[xh].parent: no site of that name; got 'hzz'; did you mean 'hz'?"
        ],
    ),
    "two pools of one name": (
        [("{name: little", "{name: big")],
        ["s.yaml:10:14: topology.pools[big].name: another of pools has that name; got 'big'"],
    ),
    "two workloads of one name": (
        [("name: scans", "name: lessons")],
        [
            "s.yaml:20:11: workloads[lessons].name: another of workloads has that name; got 'lessons'"
        ],
    ),
    "two tenants of one name": (
        [("{name: clinic, quota: {vcpu: 8}}", "{name: clinic}, {name: clinic}")],
        ["s.yaml:11:50: tenants[clinic].name: another of tenants has that name; got 'clinic'"],
    ),
    "no pools": (
        [(POOLS, ""), ('{"topology.pools[big].nodes": 4}', "{}")],
        ["s.yaml:4:3: topology.pools: expected at least 1 pool"],
    ),
    "cut off": (
        [("topology:\n", "topology:\n  links: [{a: hz, b: hz, delay_ms: 1}]\n")],
        ["s.yaml:4:22: topology.links[#1].b: expected another site than a; got 'hz'"],
    ),
    "tenant": (
        [("tenant: school", "tenant: shcool")],
        [
            "s.yaml:15:13: workloads[lessons].tenant: no tenant of that name; got 'shcool'; did you mean 'school'?"
        ],
    ),
    "reserved for": (
        [("nodes: 2}", "nodes: 2, reserved_for: [schol]}")],
        [
            "s.yaml:9:86: topology.pools[big].reserved_for[#1]: no tenant of that name; got 'schol'; did you mean 'school'?"
        ],
    ),
    "region": (
        [("region: xh", "region: xhh")],
        [
            "s.yaml:16:13: workloads[lessons].region: no region of that name; got 'xhh'; did you mean 'xh'?"
        ],
    ),
    "nobody there": (
        [("region: xh", "region: {weights: population}")],
        [
            "s.yaml:16:23: workloads[lessons].region.weights: no region has a population; got 'population'"
        ],
    ),
    "promises and stops": (
        [
            (
                "queue: {name: fcfs, at: pool}",
                "queue: conservative-backfill\n  preemption: priority",
            )
        ],
        [
            "s.yaml:28:15: policies.preemption.name: expected none: conservative-backfill promises what a stop would break; got 'priority'"
        ],
    ),
    "nobody on that level": (
        [
            (
                "  pools:",
                "  regions: [{name: xh, level: county, population: 9}, {name: hz}]\n  pools:",
            ),
            ("region: xh", "region: {weights: population, level: country}"),
        ],
        [
            "s.yaml:17:42: workloads[lessons].region.level: no region of that level has a population; got 'country'; did you mean 'county'?"
        ],
    ),
    "for GPU jobs without a GPU": (
        [("nodes: 3}", "nodes: 3, gpu_jobs_only: true}")],
        [
            "s.yaml:10:98: topology.pools[little].gpu_jobs_only: no job could enter: server has no accelerator; got 'srv-kunpeng-7260-2p'"
        ],
    ),
    "data at": (
        [(WORK, WORK + "    data: {input_gb: 1, at: hzz}\n")],
        [
            "s.yaml:20:29: workloads[lessons].data.at: no site of that name; got 'hzz'; did you mean 'hz'?"
        ],
    ),
    "no data class": (
        [(WORK, WORK + "    data: {data_class: cor}\n")],
        [
            "s.yaml:20:24: workloads[lessons].data.data_class: no data class of that name; got 'cor'; did you mean 'core'?"
        ],
    ),
    "stays within": (
        [(WORK, WORK + "    data: {stays_within: cuonty}\n")],
        [
            "s.yaml:20:26: workloads[lessons].data.stays_within: expected site, township, county, city, province or nation; got 'cuonty'; did you mean 'county'?"
        ],
    ),
    "stays within what": (
        [("    demand: {gpu: 1}", "    data: {stays_within: city}\n    demand: {gpu: 1}")],
        [
            "s.yaml:24:26: workloads[scans].data.stays_within: needs data.at or region, to know where the data is; got 'city'"
        ],
    ),
    "class stays within what": (
        [("    demand: {gpu: 1}", "    data: {data_class: core}\n    demand: {gpu: 1}")],
        [
            "s.yaml:24:24: workloads[scans].data.data_class: needs data.at or region, to know where the data is; got 'core'"
        ],
    ),
    "class within": (
        [("horizon_h: 24", "data_classes: {core: {stays_within: town}}")],
        [
            "s.yaml:2:37: data_classes.core.stays_within: expected site, township, county, city, province or nation; got 'town'; did you mean 'township'?"
        ],
    ),
    "chip": (
        [("    demand: {gpu: 1}", "    chips: {any_of: [ascend-910bb]}\n    demand: {gpu: 1}")],
        [
            "s.yaml:24:22: workloads[scans].chips.any_of[#1]: no chip of that name; got 'ascend-910bb'; did you mean 'ascend-910b4'?"
        ],
    ),
    "family": (
        [("    demand: {gpu: 1}", "    chips: {any_of: [ascend-9*b]}\n    demand: {gpu: 1}")],
        [
            "s.yaml:24:22: workloads[scans].chips.any_of[#1]: expected a chip, or a family that ends in *; got 'ascend-9*b'"
        ],
    ),
    "isa": (
        [("    demand: {gpu: 1}", "    chips: {isa: [arm64]}\n    demand: {gpu: 1}")],
        [
            "s.yaml:24:19: workloads[scans].chips.isa[#1]: no chip has that isa; got 'arm64'; did you mean 'aarch64'?"
        ],
    ),
    "wide gang": (
        [("{vcpu: 4}", "{vcpu: 4, nodes: 2, gang_within: site}")],
        [
            "s.yaml:18:46: workloads[lessons].demand.gang_within: needs policies.queue.at: site, cloud or platform; got 'site'"
        ],
    ),
    "warmup": (
        [("horizon_h: 24", "horizon_h: 24\nwarmup_h: 24")],
        ["s.yaml:3:11: warmup_h: expected less than horizon_h (24); got 24"],
    ),
    "too many jobs": (
        [(ARRIVALS, "{kind: poisson, per_h: 1e8}")],
        [
            "s.yaml:17:15: workloads[lessons].arrivals: expected at most 100,000,000 jobs a run, and this alone is 2,400,000,000"
        ],
    ),
    "too many nodes": (
        [("nodes: 2}", "nodes: 1e7}")],
        ["s.yaml:9:5: topology.pools: expected at most 10,000,000 nodes; got 10000003"],
    ),
    "queue": (
        [("{name: fcfs, at: pool}", "{name: fcsf, at: pool}")],
        [
            "s.yaml:27:17: policies.queue.name: expected fcfs, priority, shortest-first, easy-backfill, conservative-backfill or drf; got 'fcsf'; did you mean 'fcfs'?"
        ],
    ),
    "queue at": (
        [("at: pool}", "at: row}")],
        ["s.yaml:27:27: policies.queue.at: expected pool, site, cloud or platform; got 'row'"],
    ),
    "queue option": (
        [("at: pool}", "att: pool}")],
        ["s.yaml:27:23: policies.queue: unknown key; got 'att'; did you mean 'at'?"],
    ),
    "max waiting": (
        [("at: pool}", "max_waiting: -1}")],
        [
            "s.yaml:27:36: policies.queue.max_waiting: expected a whole number of at least 0; got -1"
        ],
    ),
    "dispatch option": (
        [("policies:\n", "policies:\n  dispatch: {name: nearest, every_s: 3}\n")],
        ["s.yaml:27:29: policies.dispatch: unknown key; got 'every_s'"],
    ),
    "ties": (
        [("policies:\n", "policies:\n  packing: {name: fgd, ties: shuffle}\n")],
        [
            "s.yaml:27:30: policies.packing.ties: expected name or shuffled; got 'shuffle'; did you mean 'shuffled'?"
        ],
    ),
    "renamed trace column": (
        [
            (
                WORK,
                WORK + "  - {name: t, kind: trace, file: s.yaml, columns: {submits: arrive}}\n",
            )
        ],
        [
            "s.yaml:20:5: workloads[t].tenant: required where tenants are listed",
            "s.yaml:20:52: workloads[t].columns: unknown key; got 'submits'; did you mean 'submit_s'?",
        ],
    ),
    "columns of openb": (
        [
            (
                WORK,
                WORK
                + "  - {name: t, kind: trace, file: s.yaml, format: openb, columns: {submit_s: arrive}}\n",
            )
        ],
        ["s.yaml:20:66: workloads[t].columns: only format table has columns to rename"],
    ),
    "scheduled of swf": (
        [
            (
                WORK,
                WORK
                + "  - {name: t, kind: trace, file: s.yaml, format: swf, submit: scheduled}\n",
            )
        ],
        ["s.yaml:20:63: workloads[t].submit: only format openb has two times; got 'scheduled'"],
    ),
    "file outside": (
        [(ARRIVALS, "{kind: empirical, file: ../s.yaml, column: x}")],
        [
            "s.yaml:17:39: workloads[lessons].arrivals.file: expected a file inside the scenario's folder or a --data folder; got '../s.yaml'"
        ],
    ),
    "file of the system": (
        [(ARRIVALS, "{kind: empirical, file: /etc/passwd, column: x}")],
        [
            "s.yaml:17:39: workloads[lessons].arrivals.file: expected a file inside the scenario's folder or a --data folder; got '/etc/passwd'"
        ],
    ),
    "file that is a folder": (
        [(ARRIVALS, "{kind: empirical, file: ., column: x}")],
        ["s.yaml:17:39: workloads[lessons].arrivals.file: expected a regular file; got '.'"],
    ),
    "file that is not there": (
        [(ARRIVALS, "{kind: empirical, file: gaps.csv, column: x}")],
        [
            "s.yaml:17:39: workloads[lessons].arrivals.file: no such file in the scenario's folder or a --data folder: gaps.csv"
        ],
    ),
    "two files that are not there": (
        [
            (ARRIVALS, "{kind: empirical, file: gaps.csv, column: x}"),
            (WORK, "    work: {kind: empirical, file: spans.csv, column: x}\n"),
        ],
        [
            "s.yaml:17:39: workloads[lessons].arrivals.file: no such file in the scenario's folder or a --data folder: gaps.csv, spans.csv"
        ],
    ),
    "file of a long name": (
        [(ARRIVALS, "{kind: empirical, file: " + "a" * 254 + ", column: x}")],
        [
            "s.yaml:17:39: workloads[lessons].arrivals.file: no such file in the scenario's folder or a --data folder: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa..."
        ],
    ),
    "nodes file that is not there": (
        [("topology:\n", "topology:\n  nodes_file: {file: nodes.csv}\n")],
        [
            "s.yaml:4:22: topology.nodes_file.file: no such file in the scenario's folder or a --data folder: nodes.csv"
        ],
    ),
    "no variants": (
        [
            (
                'variants:\n  base: {}\n  more: {"topology.pools[big].nodes": 4}\n',
                "variants: {}\n",
            )
        ],
        ["s.yaml:28:11: variants: expected at least 1 variant"],
    ),
    "variants as a list": (
        [('  base: {}\n  more: {"topology.pools[big].nodes": 4}\n', "  - base\n")],
        ["s.yaml:29:3: variants: expected a map of variants; got a list"],
    ),
    "variant of null": (
        [("base: {}", "base:")],
        ["s.yaml:29:8: variants.base: expected a map of changes, {} for none; got null"],
    ),
    "variant of a bad name": (
        [("base: {}", "a/b: {}")],
        [
            "s.yaml:29:3: variants: expected a name: a letter or digit, then at most 63 more, or spaces, or any of _ . - ( ); got 'a/b'"
        ],
    ),
    "variant with its own seeds": (
        [("base: {}", "base: {seeds: 3}")],
        ["s.yaml:29:10: variants.base: belongs to the scenario, not to a variant; got 'seeds'"],
    ),
    "variant of an unknown item": (
        [("pools[big]", "pools[bog]")],
        [
            "s.yaml:30:10: variants.more: topology.pools: no item of that name (items are named, never counted); got 'bog'; did you mean 'big'?"
        ],
    ),
    "variant by position": (
        [("pools[big]", "pools[0]")],
        [
            "s.yaml:30:10: variants.more: topology.pools: no item of that name (items are named, never counted); got '0'"
        ],
    ),
    "variant of no path": (
        [("topology.pools[big].nodes", "topology..nodes")],
        [
            "s.yaml:30:10: variants.more: expected a path, as topology.pools[hz-gpu].nodes; got 'topology..nodes'"
        ],
    ),
    "variant of an unknown key": (
        [("pools[big].nodes", "pools[big].node")],
        [
            "s.yaml:30:10: variants.more: topology.pools[big]: unknown key; got 'node'; did you mean 'nodes'?"
        ],
    ),
    "variant of a wrong value": (
        [('nodes": 4', 'nodes": -4')],
        ["s.yaml:30:39: variants.more: topology.pools[big].nodes: expected at least 1; got -4"],
    ),
    "variant that takes a site away": (
        [("base: {}", 'base: {"topology.sites[xh]": null}')],
        [
            "s.yaml:29:3: variants.base: topology.pools[little].site: no site of that name; got 'xh'",
            "s.yaml:29:3: variants.base: workloads[lessons].region: no region of that name; got 'xh'",
        ],
    ),
    "variant of an unknown policy": (
        [("base: {}", "base: {policies: {dispatch: nearst}}")],
        [
            "s.yaml:29:31: variants.base: policies.dispatch.name: expected local-first, first-fit, nearest, least-loaded, random, round-robin, by-node, cheapest, fastest or planned; got 'nearst'; did you mean 'nearest'?"
        ],
    ),
    "fault of the base told once": (
        [("nodes: 2}", "nodes: -2}")],
        ["s.yaml:9:68: topology.pools[big].nodes: expected at least 1; got -2"],
    ),
    "fault of the base in every variant": (
        [("tenant: school", "tenant: shcool"), ("base: {}", "base: {horizon_h: 48}")],
        [
            "s.yaml:15:13: workloads[lessons].tenant: no tenant of that name; got 'shcool'; did you mean 'school'?"
        ],
    ),
}

# what the command line sets, and the lines that follow
SETS = {
    "set no path": (
        ["nodes"],
        [
            "--set:1:1: expected path.to.key=value, as topology.pools[hz-gpu].nodes=40; got 'nodes'"
        ],
    ),
    "set nothing": (["horizon_h="], ["--set:1:1: horizon_h: expected a value after ="]),
    "set no key": (
        ["=4"],
        ["--set:1:1: expected path.to.key=value, as topology.pools[hz-gpu].nodes=40; got '=4'"],
    ),
    "set broken YAML": (
        ["topology.sites=[1"],
        ["--set:1:18: no valid YAML: did not find expected ',' or ']'"],
    ),
    "set an unknown key": (
        ["topology.pool=3"],
        ["--set:1:1: topology: unknown key; got 'pool'; did you mean 'pools'?"],
    ),
    "set an unknown item": (
        ["topology.pools[bog].nodes=3"],
        [
            "--set:1:1: topology.pools: no item of that name (items are named, never counted); got 'bog'; did you mean 'big'?"
        ],
    ),
    "set by position": (
        ["topology.pools[1].nodes=3"],
        [
            "--set:1:1: topology.pools: no item of that name (items are named, never counted); got '1'"
        ],
    ),
    "set text for a number": (
        ["horizon_h=24", "topology.pools[big].nodes=three"],
        ["--set:2:27: topology.pools[big].nodes: expected a whole number; got 'three'"],
    ),
    "set a tag": (
        ["horizon_h=!!int 3"],
        ["--set:1:11: horizon_h: tags are not taken; got tag:yaml.org,2002:int"],
    ),
    "set variants": (
        ["variants.more={}"],
        ["--set:1:1: variants: not set from outside; name those to run with --variant"],
    ),
    "set a name": (
        ["name=../x"],
        [
            "--set:1:6: name: expected a name: a letter or digit, then at most 63 more, or spaces, or any of _ . - ( ); got '../x'"
        ],
    ),
    "set seeds": (["seeds=0"], ["--set:1:7: seeds: expected at least 1; got 0"]),
    "set inside a scalar": (["name.x=3"], ["--set:1:8: name: expected text; got a map"]),
    "set an item of a map": (
        ["policies[queue]=fcfs"],
        ["--set:1:1: policies: expected a list there, to find an item in; got 'queue'"],
    ),
    "set null on a required key": (
        ["workloads=null"],
        ["s.yaml:1:1: workloads: required key is missing"],
    ),
    "set too deep": (
        ["name=[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["],
        ["--set:1:56: nested deeper than 50"],
    ),
}


def told(error):
    """The lines without the last, which only counts them."""
    *lines, last = str(error).splitlines()
    count = len(lines)
    assert last == f"s.yaml: {count} problem{'' if count == 1 else 's'}"
    return lines


@pytest.mark.parametrize("name", EDITS)
def test_a_wrong_scenario_is_told(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    edits, lines = EDITS[name]
    written(tmp_path, changed(*edits))
    with pytest.raises(ScenarioError) as error:
        read("s.yaml")
    assert told(error.value) == lines
    assert [path.name for path in tmp_path.iterdir()] == ["s.yaml"]


@pytest.mark.parametrize("name", SETS)
def test_a_wrong_setting_is_told(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sets, lines = SETS[name]
    written(tmp_path)
    with pytest.raises(ScenarioError) as error:
        read("s.yaml", sets=sets)
    assert told(error.value) == lines


def refused(content, tmp_path, monkeypatch, **options):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "s.yaml").write_bytes(content)
    start = time.process_time()
    with pytest.raises(ScenarioError) as error:
        read("s.yaml", **options)
    assert time.process_time() - start < 5
    return str(error.value).splitlines()


HOSTILE = {
    "empty": (b"", ["s.yaml: empty; expected a scenario", "s.yaml: 1 problem"]),
    "comments only": (b"# x\n", ["s.yaml: empty; expected a scenario", "s.yaml: 1 problem"]),
    "text": (
        b"hello",
        ["s.yaml:1:1: expected a map of keys; got 'hello'", "s.yaml: 1 problem"],
    ),
    "list": (b"- a", ["s.yaml:1:1: expected a map of keys; got a list", "s.yaml: 1 problem"]),
    "latin-1": (
        b"name: x\n# caf\xe9",
        ["s.yaml:2:6: expected UTF-8 text", "s.yaml: 1 problem"],
    ),
    "UTF-16": (
        "name: x".encode("utf-16"),
        ["s.yaml:1:1: expected UTF-8 text", "s.yaml: 1 problem"],
    ),
    "20 MB": (b"a" * 20_000_000, ["s.yaml: longer than 10 MB", "s.yaml: 1 problem"]),
    "200,000 brackets": (
        b"a: " + b"[" * 200_000,
        ["s.yaml:1:53: nested deeper than 50", "s.yaml: 1 problem"],
    ),
    "200,000 braces": (
        b"{a: " * 200_000,
        ["s.yaml:1:201: nested deeper than 50", "s.yaml: 1 problem"],
    ),
    "too many values": (
        b"a: [" + b"1," * 200_000 + b"]",
        ["s.yaml:1:400001: a[#199999]: more than 200,000 values", "s.yaml: 1 problem"],
    ),
    "billion laughs": (
        b"a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n",
        [
            "s.yaml:1:1: unknown key; got 'a'",
            "s.yaml:1:1: name: required key is missing",
            "s.yaml:1:1: topology: required key is missing",
            "s.yaml:1:1: workloads: required key is missing",
            "s.yaml:1:4: a: anchors are not taken; got &a",
            "s.yaml:2:1: unknown key; got 'b'",
            "s.yaml:2:4: b: anchors are not taken; got &b",
            "s.yaml:2:8: b[#1]: aliases are not taken; got *a",
            "s.yaml:2:12: b[#2]: aliases are not taken; got *a",
            "s.yaml:3:1: unknown key; got 'c'",
            "s.yaml:3:5: c[#1]: aliases are not taken; got *b",
            "s.yaml:3:9: c[#2]: aliases are not taken; got *b",
            "s.yaml: 12 problems",
        ],
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_soon(name, tmp_path, monkeypatch):
    content, lines = HOSTILE[name]
    assert refused(content, tmp_path, monkeypatch) == lines


def test_of_many_problems_fifty_are_shown(tmp_path, monkeypatch):
    keys = "".join(f"k{i:03}: 1\n" for i in range(100))
    lines = refused((SMALL + keys).encode(), tmp_path, monkeypatch)
    assert len(lines) == 52
    assert lines[-2:] == ["and 50 more", "s.yaml: 100 problems"]


def test_a_folder_a_pipe_and_nothing_are_no_scenario(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    said = []
    for name in ("folder", "pipe", "nothing.yaml", "two-teirs", "a\0b", "x" * 5000):
        with pytest.raises(ScenarioError) as error:
            read(name)
        said.append(str(error.value.problems[0])[-90:])
    assert said[:4] == [
        "folder: not a regular file",
        "pipe: not a regular file",
        "nothing.yaml: no such file, and no bundled scenario of that name",
        "two-teirs: no such file, and no bundled scenario of that name; did you mean 'two-tiers'?",
    ]
    assert all("no such file, and no bundled" in line for line in said[4:])


def test_a_link_out_of_the_folder_is_not_followed(tmp_path, monkeypatch):
    inside = tmp_path / "inside"
    inside.mkdir()
    (tmp_path / "secret.csv").write_text("x\n1\n")
    (inside / "gaps.csv").symlink_to(tmp_path / "secret.csv")
    text = changed((ARRIVALS, "{kind: empirical, file: gaps.csv, column: x}"))
    lines = refused(text.encode(), inside, monkeypatch)
    assert lines[0] == (
        "s.yaml:17:39: workloads[lessons].arrivals.file: expected a file inside the scenario's folder or a --data folder; got 'gaps.csv'"
    )
    assert read("s.yaml", data=[tmp_path], sets=["workloads[lessons].arrivals.file=secret.csv"])


def test_folders_seeds_and_variants_from_outside_are_judged(tmp_path, monkeypatch):
    lines = refused(
        SMALL.encode(), tmp_path, monkeypatch, data=["nowhere"], seeds=0, variants=["mor"]
    )
    assert lines == [
        "s.yaml: --data: no such folder; got 'nowhere'",
        "s.yaml: --variant: no variant of that name; got 'mor'; did you mean 'more'?",
        "--seeds:1:1: seeds: expected at least 1; got 0",
        "s.yaml: 3 problems",
    ]


PIECES = (
    "null",
    "[]",
    "{}",
    "3",
    "x",
    "[a, {b: 1}]",
    "{kind: [1]}",
    "{name: x}",
    "{a: {b: 1}}",
)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_mistyped_ends_in_problems(seed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(seed)
    refusals = 0
    for _ in range(100):
        text = SMALL
        for _ in range(3):
            found = list(
                re.finditer(r": ([\w.-]+|\{[^{}]*\}|\[[^\[\]]*\])|(?<=\n) *(\w+):", text)
            )
            one = found[rng.integers(len(found))]
            piece = PIECES[rng.integers(len(PIECES))]
            start = one.start(1) if one.group(1) else one.start(2)
            text = text[:start] + piece + text[one.end(1 if one.group(1) else 2) :]
        written(tmp_path, text)
        try:
            read("s.yaml")
        except ScenarioError:
            refusals += 1
    assert refusals > 80
