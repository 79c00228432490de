"""Names and values in tables, rows in place and options: each wrong one is told, with a guess."""

# ruff: noqa: E501 - messages are compared whole, and read best on one line

from functools import partial

import pytest

from bench.commands import app
from bench.commands.endings import ending
from scenarios import ScenarioError, read
from tests.fuzz.targets import GAPS, JOBS, MADE_UP, NODES, RICH, SAMPLES

R = "s.yaml"
# what is replaced in which file
EDITS = {
    # job table: titles
    "a title nearly ours": ("jobs.csv", [("gpu,id", "gpus,id")]),
    "a title in capitals": ("jobs.csv", [("tenant,region", "Tenant,region")]),
    "a title with a space": ("jobs.csv", [("work_h", "work h")]),
    "a title with letters swapped": ("jobs.csv", [("priority", "prioirty")]),
    "a title with a hyphen": ("jobs.csv", [("data_class", "data-class")]),
    "a title twice": ("jobs.csv", [("region,priority", "tenant,priority")]),
    "a renamed title that is not there": ("jobs.csv", [("cores", "kores")]),
    "no submit": ("jobs.csv", [("submit_s", "when")]),
    "1,001 titles": (
        "jobs.csv",
        [("submit_s", "submit_s," + ",".join(f"k{i}" for i in range(1000)))],
    ),
    # job table: names in cells
    "a tenant in a cell": ("jobs.csv", [("0,600,4,0,j1,traffic", "0,600,4,0,j1,trafic")]),
    "a tenant of other case": ("jobs.csv", [("j3,traffic", "j3,Traffic")]),
    "a region in a cell": ("jobs.csv", [("j1,traffic,hz", "j1,traffic,hzz")]),
    "a site for a region": ("jobs.csv", [("j4,traffic,zj", "j4,traffic,core")]),
    "a chip in a cell": ("jobs.csv", [("3,1,fast", "3,1,fats")]),
    "the second chip of a cell": ("jobs.csv", [("ascend-910b*|fast", "ascend-910b*|fst")]),
    "a family in a cell": ("jobs.csv", [("ascend-910b*|", "asccend-910b*|")]),
    "a class in a cell": ("jobs.csv", [("llm_fine_tuning", "llm_finetuning")]),
    "a chip that work is measured on": (
        "jobs.csv",
        [("nvidia-a100-sxm-80", "nvidia-a100-smx-80")],
    ),
    "a data class in a cell": ("jobs.csv", [("true,2,general", "true,2,generel")]),
    "a level in a cell": ("jobs.csv", [("general,city", "general,citty")]),
    "a place of data in a cell": ("jobs.csv", [("4,dc", "4,dcc")]),
    "a region for a place of data": ("jobs.csv", [("0,core", "0,hz")]),
    "a path as tenant": ("jobs.csv", [("j1,traffic", "j1,../x")]),
    "a formula as tenant": ("jobs.csv", [("j1,traffic", "j1,=1+1")]),
    "a name turned round": ("jobs.csv", [("j1,", "j\u202e1,")]),
    "an escape in a name": ("jobs.csv", [("j1,", "j\x1b[31m1,")]),
    "a name without width": ("jobs.csv", [("j1,traffic", "j1,tra\u200bffic")]),
    "a name of 256 letters": ("jobs.csv", [("j1,", "j" * 256 + ",")]),
    # job table: values
    "no number": ("jobs.csv", [("30,1200", "30,twenty")]),
    "a number with a unit": ("jobs.csv", [("30,1200", "30,20min")]),
    "a decimal comma": ("jobs.csv", [("30,1200", '30,"12,5"')]),
    "a share of 1.5 GPU": ("jobs.csv", [("1200,2,0.5", "1200,2,1.5")]),
    "nodes of a half": ("jobs.csv", [(",0,1,,", ",0,0.5,,")]),
    "no nodes": ("jobs.csv", [(",0,1,,", ",0,0,,")]),
    "a flag of maybe": ("jobs.csv", [("true,2", "maybe,2")]),
    "level 7": ("jobs.csv", [("no,1,", "no,7,")]),
    "a negative submit": ("jobs.csv", [("90.5,", "-90.5,")]),
    "a submit of nothing": ("jobs.csv", [("90.5,", ",")]),
    "an infinite run": ("jobs.csv", [("90.5,60", "90.5,inf")]),
    "a nan": ("jobs.csv", [("90.5,60", "90.5,nan")]),
    "a run of a century": ("jobs.csv", [("90.5,60", "90.5,4e9")]),
    "a cell too many": ("jobs.csv", [("90.5,60", "90.5,60,60")]),
    "a cell too few": ("jobs.csv", [("90.5,60,1", "90.5,60")]),
    "no rows": ("jobs.csv", [(JOBS[JOBS.index("\n") + 1 :], "")]),
    "an empty table": ("jobs.csv", [(JOBS, "")]),
    # gaps
    "a column of gaps nearly there": ("gaps.csv", [("gap_s", "gaps_s")]),
    "a column of gaps twice": ("gaps.csv", [("run_min", "gap_s")]),
    "a gap of text": ("gaps.csv", [("1200", "soon")]),
    "a negative gap": ("gaps.csv", [("1200", "-1200")]),
    "an empty gap": ("gaps.csv", [("1200,", ",")]),
    "a gap of a century": ("gaps.csv", [("1200", "4e9")]),
    "gaps of nothing": ("gaps.csv", [("600,10\n1200,20\n300", "0,10\n0,20\n0")]),
    "gaps too short": ("gaps.csv", [("600,10\n1200,20\n300", "0.00001,10\n0,20\n0")]),
    # nodes
    "a title of nodes nearly there": ("nodes.csv", [("cpu_milli", "cpu_mili")]),
    "a title of nodes missing": ("nodes.csv", [("model", "kind")]),
    "nodes without a number": ("nodes.csv", [("82000", "many")]),
    "half a GPU": ("nodes.csv", [("100001,1", "100001,0.5")]),
    "33 GPUs": ("nodes.csv", [("100001,1", "100001,33")]),
    "a model that is a path": ("nodes.csv", [("V100M32", "../x")]),
    "a model that is a script": ("nodes.csv", [("V100M32", "<script>")]),
    "a model of 33 letters": ("nodes.csv", [("V100M32", "V" * 33)]),
    "memory of a country": ("nodes.csv", [("100001", "1e12")]),
    # scenario: rows in place
    "a fault in chips": (R, [("kind: gpu, memory_gib: 40", "kind: gpuu, memory_gib: 40")]),
    "a key of a chip": (R, [("slices:", "slice:")]),
    "a slice of 0": (R, [("[125, 250", "[0, 250")]),
    "a slice above the whole": (R, [("500, 1000]", "500, 1001]")]),
    "a CPU that is a GPU": (R, [("host, cpu: plain", "host, cpu: fast")]),
    "an accelerator that is a CPU": (R, [("accelerator: fast", "accelerator: plain")]),
    "an accelerator unknown": (R, [("accelerator: fast", "accelerator: fasst")]),
    "accelerators without a chip": (R, [("accelerator: fast, ", "")]),
    "33 accelerators": (R, [("accelerators: 4", "accelerators: 33")]),
    "a chip of the catalogue misspelt": (
        R,
        [
            (
                "cpu: plain, vcpu: 64, memory_gib: 512",
                "cpu: kunpeng920, vcpu: 64, memory_gib: 512",
            )
        ],
    ),
    "a server of the catalogue misspelt": (R, [("srv-kunpeng-7260-2p", "srv-kunpeng-7620-2p")]),
    "a DPU unknown": (R, [("dpu: card", "dpu: cardd")]),
    "a DPU that is a GPU": (R, [("dpu: card", "dpu: fast")]),
    "reserved for nobody known": (R, [("[health]", "[helth]")]),
    "a region's parent": (R, [("parent: zj, lat", "parent: jz, lat")]),
    "a region's level": (R, [("level: county", "level: conty")]),
    "a region in a circle": (
        R,
        [("{name: zj, level: province,", "{name: zj, level: province, parent: xh,")],
    ),
    "a site's region": (R, [("region: hz, tier", "region: hangzhou, tier")]),
    "a tariff unknown": (R, [("tariff: zhejiang", "tariff: zhejang")]),
    "a price of an unknown thing": (R, [("gpu: 9.0", "gpus: 9.0")]),
    "a price below 0": (R, [("gpu: 9.0", "gpu: -9.0")]),
    "a link to nowhere": (R, [("a: dc, b: core", "a: dc, b: cor")]),
    "a link to itself": (R, [("a: dc, b: core", "a: dc, b: dc")]),
    "a link's share": (R, [("share: 0.5}]", "share: 1.5}]")]),
    "a link's speed": (R, [("capacity_gbit_s: 10", "capacity_gbps: 10")]),
    "a place with half its coordinates": (R, [("lat: 30.3, lon: 120.1", "lat: 30.3")]),
    "a stack on a pool as list": (R, [("stack: mindie", "stack: [mindie]")]),
    # tenants, data classes
    "a quota of an unknown thing": (R, [("gpu: 6", "gpus: 6")]),
    "a quota below 0": (R, [("gpu: 6", "gpu: -6")]),
    "a weight of 0": (R, [("weight: 2", "weight: 0")]),
    "a data class by another level": (
        R,
        [("general: {stays_within: nation", "general: {stays_within: country")],
    ),
    "a data class with an unknown key": (
        R,
        [("general: {stays_within: nation, security_level: 1}", "general: {stays: nation}")],
    ),
    "a data class that is no map": (
        R,
        [("general: {stays_within: nation, security_level: 1}", "general: nation")],
    ),
    "a data class with a bad name": (R, [("general: {", '"../x": {')]),
    # workloads
    "regions by area": (R, [("{weights: population}", "{weights: area}")]),
    "regions by an unknown key": (R, [("{weights: population}", "{weight: population}")]),
    "a burst without factor": (R, [("factor: 5, hours: 1", "hours: 1")]),
    "a burst with an unknown key": (R, [("per_week: 20", "per_wek: 20")]),
    "gamma without cv": (R, [("per_h: 6, cv: 2", "per_h: 6")]),
    "cv of 0": (R, [("cv: 2", "cv: 0")]),
    "a batch at noon": (R, [('"02:00"]', "noon]")]),
    "a batch without jobs": (R, [("jobs: 5, ", "")]),
    "a batch on holidays": (R, [("days: workdays", "days: workday")]),
    "1,441 batches a day": (
        R,
        [('["00:30", "02:00"]', "[" + ", ".join(['"02:00"'] * 1441) + "]")],
    ),
    "a gang within a room": (R, [("gang_within: site", "gang_within: room")]),
    "a gang wider than its line": (R, [("gang_within: site", "gang_within: cloud")]),
    "a GPU of 0.25 and memory of text": (
        R,
        [("{gpu: 0.25}", "{gpu: 0.25, gpu_memory_gib: all}")],
    ),
    "use without mean": (R, [("{mean: 0.35, p95: 0.8}", "{p95: 0.8}")]),
    "use of an unknown thing": (R, [("use: {vcpu: 0.2}", "use: {vcpus: 0.2}")]),
    "a factor of 0": (R, [("factor: 2}", "factor: 0}")]),
    "an estimate of an unknown kind": (
        R,
        [("estimate: {kind: factor", "estimate: {kind: faktor")],
    ),
    "a checkpoint every 0": (R, [("checkpoint_every_h: 0.5", "checkpoint_every_h: 0")]),
    "501 chips": (R, [("[ascend-910b*, ", "[" + ", ".join(["ascend-910b*"] * 500) + ", ")]),
    "an isa unknown": (R, [("[aarch64, x86_64]", "[arm64, x86_64]")]),
    "a class without speeds": (R, [("class: llm_fine_tuning", "class: cooking")]),
    "work measured on an unknown chip": (
        R,
        [("on: nvidia-a100-sxm-80", "on: nvidia-a100-sxm")],
    ),
    "data at a region": (R, [("at: dc,", "at: hz,")]),
    "columns of an unknown name": (R, [("columns: {vcpu: cores}", "columns: {vcpus: cores}")]),
    "columns to a list": (R, [("columns: {vcpu: cores}", "columns: {vcpu: [cores]}")]),
    "a format unknown": (R, [("file: jobs.csv\n", "file: jobs.csv\n    format: opnb\n")]),
    "bad rows that are kept": (R, [("on_bad_rows: skip", "on_bad_rows: keep")]),
    "a file by http": (R, [("file: jobs.csv", "file: http://example.org/jobs.csv")]),
    "a file in the folder above": (R, [("file: jobs.csv", "file: ../jobs.csv")]),
    "a file of another case": (R, [("file: jobs.csv", "file: JOBS.csv")]),
    "an empty file name": (R, [("file: jobs.csv", 'file: ""')]),
    # policies and variants
    "a silo": (R, [("silos: {name: none}", "silos: {name: tenants}")]),
    "an option of another policy": (
        R,
        [("dispatch: {name: least-loaded}", "dispatch: {name: least-loaded, every_s: 300}")],
    ),
    "max_waiting of -1": (R, [("max_waiting: 50", "max_waiting: -1")]),
    "max_waiting of a half": (R, [("max_waiting: 50", "max_waiting: 0.5")]),
    "ties by chance": (R, [("ties: shuffled", "ties: random")]),
    "a line at a region": (R, [("at: site, max", "at: region, max")]),
    "a kind of policy": (R, [("  packing: {name", "  paking: {name")]),
    "a variant's item": (R, [('"topology.pools[a].nodes": 4', '"topology.pools[A].nodes": 4')]),
    "a variant's policy": (R, [("{name: drf, at: platform}", "{name: dfr, at: platform}")]),
    "a variant's option": (R, [("{name: drf, at: platform}", "{name: drf, att: platform}")]),
    "a variant takes a pool that is not there": (
        R,
        [('"topology.pools[c]": null', '"topology.pools[z]": null')],
    ),
    "a variant twice": (R, [("  more: {", "  base: {")]),
    "a level step of nothing": (R, [("seeds: 2", "levels_every_s: null")]),
    "more levels than there is room for": (
        R,
        [("horizon_h: 6\n", "horizon_h: 87600\nlevels_every_s: 1\n")],
    ),
}
OWN = {
    "made-up with no cities": (MADE_UP, [("cities: 2", "cities: 0")]),
    "made-up with a fraction": (MADE_UP, [("cities: 2", "cities: 2.5")]),
    "made-up with text": (MADE_UP, [("seed: 3", "seed: three")]),
    "made-up with a place misspelt": (MADE_UP, [("extends: synthetic", "extends: sinthetic")]),
    "a province misspelt": (
        MADE_UP,
        [
            ("extends: synthetic", "extends: province/zejiang"),
            (
                "  synthetic: {cities: 2, counties_per_city: 2, pools_per_site: 1, seed: 3}\n",
                "",
            ),
        ],
    ),
    "a province in capitals": (
        MADE_UP,
        [
            ("extends: synthetic", "extends: province/Zhejiang"),
            (
                "  synthetic: {cities: 2, counties_per_city: 2, pools_per_site: 1, seed: 3}\n",
                "",
            ),
        ],
    ),
    "extends a file": (
        MADE_UP,
        [
            ("extends: synthetic", "extends: ./other.yaml"),
            (
                "  synthetic: {cities: 2, counties_per_city: 2, pools_per_site: 1, seed: 3}\n",
                "",
            ),
        ],
    ),
    "extends two": (
        MADE_UP,
        [("extends: synthetic", "extends: [synthetic, province/zhejiang]")],
    ),
    "a node list in an unknown format": (NODES, [("format: openb", "format: opnb")]),
    "a node list of no file": (NODES, [("file: nodes.csv, ", "")]),
    "a node list with an unknown key": (NODES, [("format: openb", "fromat: openb")]),
    "a node list at an unknown site": (
        NODES,
        [("format: openb}", "format: openb, site: nowhere}")],
    ),
}

# the lines that follow, all but the last
TOLD = {
    "a title nearly ours": ["jobs.csv:1:1: gpus: unknown column; did you mean 'gpu'?"],
    "a title in capitals": ["jobs.csv:1:1: Tenant: unknown column; did you mean 'tenant'?"],
    "a title with a space": ["jobs.csv:1:1: work h: unknown column; did you mean 'work_h'?"],
    "a title with letters swapped": [
        "jobs.csv:1:1: prioirty: unknown column; did you mean 'priority'?"
    ],
    "a title with a hyphen": [
        "jobs.csv:1:1: data-class: unknown column; did you mean 'data_class'?"
    ],
    "a title twice": ["jobs.csv:1:1: tenant: column appears more than once"],
    "a renamed title that is not there": [
        "jobs.csv:1:1: cores: no such column, wanted as vcpu; did you mean 'kores'?"
    ],
    "no submit": ["jobs.csv:1:1: submit_s: this column is required"],
    "1,001 titles": ["jobs.csv: expected at most 1,000 columns"],
    "a tenant in a cell": [
        "jobs.csv:2:1: tenant: expected health or traffic; got 'trafic'; did you mean 'traffic'?"
    ],
    "a tenant of other case": [
        "jobs.csv:4:1: tenant: expected health or traffic; got 'Traffic'; did you mean 'traffic'?"
    ],
    "a region in a cell": [
        "jobs.csv:2:1: region: expected hz, xh or zj; got 'hzz'; did you mean 'hz'?"
    ],
    "a site for a region": ["jobs.csv:5:1: region: expected hz, xh or zj; got 'core'"],
    "a chip in a cell": [
        "jobs.csv:3:1: chips: expected a name that the scenario has; got 'fats'; did you mean 'fast'?"
    ],
    "the second chip of a cell": [
        "jobs.csv:4:1: chips: expected a name that the scenario has; got 'ascend-910b*|fst'; did you mean 'fast'?"
    ],
    "a family in a cell": [
        "jobs.csv:4:1: chips: expected a name that the scenario has; got 'asccend-910b*|fast'; did you mean 'ascend-910b4'?"
    ],
    "a class in a cell": [
        "jobs.csv:4:1: class: expected batch_analytics, llm_decode, llm_fine_tuning, llm_prefill, transaction_service or video_ai; got 'llm_finetuning'; did you mean 'llm_fine_tuning'?"
    ],
    "a chip that work is measured on": [
        "jobs.csv:4:1: on: expected a name that the scenario has; got 'nvidia-a100-smx-80'; did you mean 'nvidia-a100-sxm-80'?"
    ],
    "a data class in a cell": [
        "jobs.csv:3:1: data_class: expected core, general or important; got 'generel'; did you mean 'general'?"
    ],
    "a level in a cell": [
        "jobs.csv:3:1: stays_within: expected city, county, nation, province, site or township; got 'citty'; did you mean 'city'?"
    ],
    "a place of data in a cell": [
        "jobs.csv:3:1: input_at: expected core or dc; got 'dcc'; did you mean 'dc'?"
    ],
    "a region for a place of data": ["jobs.csv:4:1: input_at: expected core or dc; got 'hz'"],
    "a path as tenant": ["jobs.csv:2:1: tenant: expected health or traffic; got '../x'"],
    "a formula as tenant": ["jobs.csv:2:1: tenant: expected health or traffic; got '=1+1'"],
    "a name turned round": ["jobs.csv:2:1: id: expected text without control characters"],
    "an escape in a name": ["jobs.csv:2:1: id: expected text without control characters"],
    "a name without width": ["jobs.csv:2:1: tenant: expected text without control characters"],
    "a name of 256 letters": [
        "jobs.csv:2:1: id: expected at most 255 characters; got 'jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj...'"
    ],
    "no number": ["jobs.csv:3:1: run_s: expected a number; got 'twenty'"],
    "a number with a unit": ["jobs.csv:3:1: run_s: expected a number; got '20min'"],
    "a decimal comma": ["jobs.csv:3:1: run_s: expected a number; got '12,5'"],
    "a share of 1.5 GPU": [
        "jobs.csv:3:1: gpu: expected a share up to 1 or a whole number; got 1.5"
    ],
    "nodes of a half": ["jobs.csv:2:1: nodes: expected 1 to 1e+07; got 0.5"],
    "no nodes": ["jobs.csv:2:1: nodes: expected 1 to 1e+07; got 0"],
    "a flag of maybe": ["jobs.csv:3:1: preemptible: expected true or false; got 'maybe'"],
    "level 7": ["jobs.csv:4:1: security_level: expected 1 to 5; got 7"],
    "a negative submit": ["jobs.csv:5:1: submit_s: expected 0 to 1e+09; got -90.5"],
    "a submit of nothing": ["jobs.csv:5:1: submit_s: expected a number; got 'nothing'"],
    "an infinite run": ["jobs.csv:5:1: run_s: expected a number; got 'inf'"],
    "a nan": ["jobs.csv:5:1: run_s: expected a number; got 'nan'"],
    "a run of a century": ["jobs.csv:5:1: run_s: expected 0 to 1e+09; got 4000000000"],
    "a cell too many": ["jobs.csv:5:1: expected 20 columns; got 21"],
    "a cell too few": ["jobs.csv:5:1: expected 20 columns; got 19"],
    "no rows": ["jobs.csv: expected at least one row"],
    "an empty table": ["jobs.csv: expected a line of column names first"],
    "a column of gaps nearly there": [
        "gaps.csv:1:1: gap_s: no such column; did you mean 'gaps_s'?"
    ],
    "a column of gaps twice": ["gaps.csv:1:1: gap_s: column appears more than once"],
    "a gap of text": ["gaps.csv:3:1: gap_s: expected a number; got 'soon'"],
    "a negative gap": ["gaps.csv:3:1: gap_s: expected a number of at least 0; got '-1200'"],
    "an empty gap": ["gaps.csv:3:1: gap_s: expected a number of at least 0; got ''"],
    "a gap of a century": [
        "gaps.csv:3:1: gap_s: expected a span of at most 1e+09 s; got '4e9'"
    ],
    "gaps of nothing": ["gaps.csv: gap_s: expected a number above 0 in this column"],
    "gaps too short": [
        "s.yaml:68:15: workloads[gaps].arrivals: expected at most 100,000,000 jobs a run, and this is 6,480,000,000"
    ],
    "a title of nodes nearly there": [
        "nodes.csv:1:1: cpu_milli: this column is required; did you mean 'cpu_mili'?"
    ],
    "a title of nodes missing": ["nodes.csv:1:1: model: this column is required"],
    "nodes without a number": ["nodes.csv:7:1: cpu_milli: expected a number; got 'many'"],
    "half a GPU": ["nodes.csv:7:1: gpu: expected a whole number; got '0.5'"],
    "33 GPUs": ["nodes.csv:7:1: gpu: expected at most 32; got '33'"],
    "a model that is a path": [
        "nodes.csv:7:1: model: expected a name of at most 32 letters, digits, or any of _ . - ( ); got '../x'"
    ],
    "a model that is a script": [
        "nodes.csv:7:1: model: expected a name of at most 32 letters, digits, or any of _ . - ( ); got '<script>'"
    ],
    "a model of 33 letters": [
        "nodes.csv:7:1: model: expected a name of at most 32 letters, digits, or any of _ . - ( ); got 'VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV'"
    ],
    "memory of a country": [
        "nodes.csv:7:1: memory_mib: expected at most 1,000,000,000; got '1e+12'"
    ],
    "a fault in chips": [
        "s.yaml:9:26: topology.chips[fast].kind: expected cpu, gpu, npu or dpu; got 'gpuu'; did you mean 'gpu'?"
    ],
    "a key of a chip": [
        "s.yaml:9:47: topology.chips[fast]: unknown key; got 'slice'; did you mean 'slices'?"
    ],
    "a slice of 0": [
        "s.yaml:9:56: topology.chips[fast].slices[#1]: expected at least 1; got 0"
    ],
    "a slice above the whole": [
        "s.yaml:9:71: topology.chips[fast].slices[#4]: expected at most 1,000; got 1001"
    ],
    "a CPU that is a GPU": [
        "s.yaml:12:25: topology.servers[host].cpu: expected a chip of kind cpu, and this is a gpu; got 'fast'"
    ],
    "an accelerator that is a CPU": [
        "s.yaml:13:71: topology.servers[box].accelerator: expected a chip of kind gpu or npu, and this is a cpu; got 'plain'"
    ],
    "an accelerator unknown": [
        "s.yaml:13:71: topology.servers[box].accelerator: no chip of that name; got 'fasst'; did you mean 'fast'?"
    ],
    "accelerators without a chip": [
        "s.yaml:13:7: topology.servers[box]: accelerator is missing: accelerators counts it"
    ],
    "33 accelerators": [
        "s.yaml:13:91: topology.servers[box].accelerators: expected at most 32; got 33"
    ],
    "a chip of the catalogue misspelt": [
        "s.yaml:13:24: topology.servers[box].cpu: no chip of that name; got 'kunpeng920'; did you mean 'kunpeng-920-7260'?"
    ],
    "a server of the catalogue misspelt": [
        "s.yaml:28:51: topology.pools[d].server: no server of that name; got 'srv-kunpeng-7620-2p'; did you mean 'srv-kunpeng-7260-2p'?"
    ],
    "a DPU unknown": [
        "s.yaml:26:73: topology.pools[b].dpu: no chip of that name; got 'cardd'; did you mean 'card'?"
    ],
    "a DPU that is a GPU": [
        "s.yaml:26:73: topology.pools[b].dpu: expected a chip of kind dpu, and this is a gpu; got 'fast'"
    ],
    "reserved for nobody known": [
        "s.yaml:27:101: topology.pools[c].reserved_for[#1]: no tenant of that name; got 'helth'; did you mean 'health'?"
    ],
    "a region's parent": [
        "s.yaml:19:39: topology.regions[hz].parent: no region of that name; got 'jz'"
    ],
    "a region's level": [
        "s.yaml:20:25: topology.regions[xh].level: expected nation, province, city, county or township; got 'conty'; did you mean 'county'?"
    ],
    "a region in a circle": [
        "s.yaml:18:43: topology.regions[zj].parent: parents go round in a circle: zj > xh > hz > zj; got 'xh'"
    ],
    "a site's region": [
        "s.yaml:23:26: topology.sites[dc].region: no region of that name; got 'hangzhou'"
    ],
    "a tariff unknown": [
        "s.yaml:22:90: topology.sites[core].tariff: no tariff of that name; got 'zhejang'; did you mean 'zhejiang'?"
    ],
    "a price of an unknown thing": [
        "s.yaml:16:85: topology.clouds[public-b].price_cny_h: unknown key; got 'gpus'; did you mean 'gpu'?"
    ],
    "a price below 0": [
        "s.yaml:16:90: topology.clouds[public-b].price_cny_h.gpu: expected at least 0; got -9.0"
    ],
    "a link to nowhere": [
        "s.yaml:29:22: topology.links[#1].b: no site of that name; got 'cor'; did you mean 'core'?"
    ],
    "a link to itself": [
        "s.yaml:29:22: topology.links[#1].b: expected another site than a; got 'dc'"
    ],
    "a link's share": ["s.yaml:29:71: topology.links[#1].share: expected at most 1; got 1.5"],
    "a link's speed": [
        "s.yaml:29:43: topology.links[#1]: unknown key; got 'capacity_gbps'; did you mean 'capacity_gbit_s'?"
    ],
    "a place with half its coordinates": [
        "s.yaml:23:7: topology.sites[dc]: lon is missing: a place has both"
    ],
    "a stack on a pool as list": [
        "s.yaml:27:78: topology.pools[c].stack: expected text; got a list"
    ],
    "a quota of an unknown thing": [
        "s.yaml:31:50: tenants[health].quota: unknown key; got 'gpus'; did you mean 'gpu'?"
    ],
    "a quota below 0": ["s.yaml:31:55: tenants[health].quota.gpu: expected at least 0; got -6"],
    "a weight of 0": ["s.yaml:32:29: tenants[traffic].weight: expected more than 0; got 0"],
    "a data class by another level": [
        "s.yaml:33:87: data_classes.general.stays_within: expected site, township, county, city, province or nation; got 'country'; did you mean 'county'?"
    ],
    "a data class with an unknown key": [
        "s.yaml:33:73: data_classes.general: unknown key; got 'stays'"
    ],
    "a data class that is no map": [
        "s.yaml:33:72: data_classes.general: expected a map; got 'nation'"
    ],
    "a data class with a bad name": [
        "s.yaml:33:71: data_classes.../x.name: expected a name: a letter or digit, then at most 63 more, or spaces, or any of _ . - ( )"
    ],
    "regions by area": [
        "s.yaml:53:23: workloads[forms].region.weights: expected population; got 'area'"
    ],
    "regions by an unknown key": [
        "s.yaml:53:14: workloads[forms].region: unknown key; got 'weight'; did you mean 'weights'?"
    ],
    "a burst without factor": [
        "s.yaml:39:70: workloads[tune].arrivals.bursts.factor: required key is missing"
    ],
    "a burst with an unknown key": [
        "s.yaml:39:71: workloads[tune].arrivals.bursts: unknown key; got 'per_wek'; did you mean 'per_week'?"
    ],
    "gamma without cv": ["s.yaml:54:15: workloads[forms].arrivals.cv: required key is missing"],
    "cv of 0": ["s.yaml:54:43: workloads[forms].arrivals.cv: expected at least 0.01; got 0"],
    "a batch at noon": [
        "s.yaml:62:43: workloads[nightly].arrivals.at[#2]: expected a time of day, as \"22:00\"; got 'noon'"
    ],
    "a batch without jobs": [
        "s.yaml:62:15: workloads[nightly].arrivals.jobs: required key is missing"
    ],
    "a batch on holidays": [
        "s.yaml:62:59: workloads[nightly].arrivals.days: expected all, workdays, weekends or month-end; got 'workday'; did you mean 'workdays'?"
    ],
    "1,441 batches a day": [
        "s.yaml:62:33: workloads[nightly].arrivals.at: expected at most 1,440 items"
    ],
    "a gang within a room": [
        "s.yaml:63:46: workloads[nightly].demand.gang_within: expected pool, site, cloud or province; got 'room'"
    ],
    "a gang wider than its line": [
        "s.yaml:63:46: workloads[nightly].demand.gang_within: needs policies.queue.at: cloud or platform; got 'cloud'"
    ],
    "a GPU of 0.25 and memory of text": [
        "s.yaml:69:41: workloads[gaps].demand.gpu_memory_gib: expected a number; got 'all'"
    ],
    "use without mean": ["s.yaml:45:10: workloads[tune].use.mean: required key is missing"],
    "use of an unknown thing": ["s.yaml:58:11: workloads[forms].use: unknown key; got 'vcpus'"],
    "a factor of 0": [
        "s.yaml:57:38: workloads[forms].estimate.factor: expected more than 0; got 0"
    ],
    "an estimate of an unknown kind": [
        "s.yaml:57:22: workloads[forms].estimate.kind: expected exact or factor; got 'faktor'; did you mean 'factor'?"
    ],
    "a checkpoint every 0": [
        "s.yaml:49:25: workloads[tune].checkpoint_every_h: expected more than 0; got 0"
    ],
    "501 chips": ["s.yaml:43:21: workloads[tune].chips.any_of: expected at most 500 items"],
    "an isa unknown": [
        "s.yaml:43:63: workloads[tune].chips.isa[#1]: no chip has that isa; got 'arm64'; did you mean 'aarch64'?"
    ],
    "a class without speeds": [
        "s.yaml:42:12: workloads[tune].class: no class of work of that name; got 'cooking'"
    ],
    "work measured on an unknown chip": [
        "s.yaml:41:56: workloads[tune].work.on: no chip of that name; got 'nvidia-a100-sxm'; did you mean 'nvidia-h100-sxm'?"
    ],
    "data at a region": [
        "s.yaml:44:30: workloads[tune].data.at: no site of that name; got 'hz'"
    ],
    "columns of an unknown name": [
        "s.yaml:74:15: workloads[old].columns: unknown key; got 'vcpus'; did you mean 'vcpu'?"
    ],
    "columns to a list": [
        "s.yaml:74:21: workloads[old].columns.vcpu: expected text; got a list"
    ],
    "a format unknown": [
        "s.yaml:74:13: workloads[old].format: expected openb, swf, philly or table; got 'opnb'; did you mean 'openb'?"
    ],
    "bad rows that are kept": [
        "s.yaml:75:18: workloads[old].on_bad_rows: expected refuse or skip; got 'keep'"
    ],
    "a file by http": [
        "s.yaml:73:11: workloads[old].file: no such file in the scenario's folder or a --data folder: http://example.org/jobs.csv"
    ],
    "a file in the folder above": [
        "s.yaml:73:11: workloads[old].file: expected a file inside the scenario's folder or a --data folder; got '../jobs.csv'"
    ],
    "a file of another case": [
        "s.yaml:73:11: workloads[old].file: no such file in the scenario's folder or a --data folder: JOBS.csv"
    ],
    "an empty file name": [
        "s.yaml:73:11: workloads[old].file: expected a regular file; got ''"
    ],
    "a silo": [
        "s.yaml:81:17: policies.silos.name: expected none or tenant; got 'tenants'; did you mean 'tenant'?"
    ],
    "an option of another policy": [
        "s.yaml:78:34: policies.dispatch: unknown key; got 'every_s'"
    ],
    "max_waiting of -1": [
        "s.yaml:79:55: policies.queue.max_waiting: expected a whole number of at least 0; got -1"
    ],
    "max_waiting of a half": [
        "s.yaml:79:55: policies.queue.max_waiting: expected a whole number of at least 0; got 0.5"
    ],
    "ties by chance": [
        "s.yaml:80:35: policies.packing.ties: expected name or shuffled; got 'random'"
    ],
    "a line at a region": [
        "s.yaml:79:36: policies.queue.at: expected pool, site, cloud or platform; got 'region'"
    ],
    "a kind of policy": [
        "s.yaml:80:3: policies: unknown key; got 'paking'; did you mean 'packing'?"
    ],
    "a variant's item": [
        "s.yaml:84:10: variants.more: topology.pools: no item of that name (items are named, never counted); got 'A'; did you mean 'a'?"
    ],
    "a variant's policy": [
        "s.yaml:85:34: variants.other: policies.queue.name: expected fcfs, priority, shortest-first, easy-backfill, conservative-backfill or drf; got 'dfr'; did you mean 'drf'?"
    ],
    "a variant's option": [
        "s.yaml:85:39: variants.other: policies.queue: unknown key; got 'att'"
    ],
    "a variant takes a pool that is not there": [
        "s.yaml:85:54: variants.other: topology.pools: no item of that name (items are named, never counted); got 'z'"
    ],
    "a variant twice": ["s.yaml:84:3: variants: duplicate key; first on line 83; got 'base'"],
    "a level step of nothing": ["s.yaml:5:17: levels_every_s: expected a number; got null"],
    "more levels than there is room for": [
        "s.yaml:3:17: levels_every_s: expected at most 200,000,000 steps times pools before the horizon, and this makes 1,261,440,000; got 1"
    ],
    "made-up with no cities": [
        "s.yaml:5:23: topology.synthetic.cities: expected at least 1; got 0"
    ],
    "made-up with a fraction": [
        "s.yaml:5:23: topology.synthetic.cities: expected a whole number; got 2.5"
    ],
    "made-up with text": [
        "s.yaml:5:73: topology.synthetic.seed: expected a whole number; got 'three'"
    ],
    "made-up with a place misspelt": [
        "s.yaml:4:12: topology.extends: expected zhejiang, hubs, nation, synthetic or province/NAME; got 'sinthetic'; did you mean 'synthetic'?"
    ],
    "a province misspelt": [
        "s.yaml:4:12: topology.extends: expected zhejiang, hubs, nation, synthetic or province/NAME; got 'province/zejiang'; did you mean 'province/zhejiang'?"
    ],
    "a province in capitals": [
        "s.yaml:4:12: topology.extends: expected zhejiang, hubs, nation, synthetic or province/NAME; got 'province/Zhejiang'; did you mean 'province/zhejiang'?"
    ],
    "extends a file": [
        "s.yaml:4:12: topology.extends: expected zhejiang, hubs, nation, synthetic or province/NAME; got './other.yaml'"
    ],
    "extends two": [
        "s.yaml:4:13: topology.extends[#1]: expected hubs or province/NAME; got 'synthetic'"
    ],
    "a node list in an unknown format": [
        "s.yaml:3:50: topology.nodes_file.format: expected openb; got 'opnb'; did you mean 'openb'?"
    ],
    "a node list of no file": [
        "s.yaml:3:24: topology.nodes_file.file: required key is missing"
    ],
    "a node list with an unknown key": [
        "s.yaml:3:42: topology.nodes_file: unknown key; got 'fromat'; did you mean 'format'?"
    ],
    "a node list at an unknown site": [
        "s.yaml:3:57: topology.nodes_file: unknown key; got 'site'"
    ],
}


def files_of(name):
    """The files of a case, by name."""
    if name in OWN:
        text, edits = OWN[name]
        return {"s.yaml": edited(text, edits), "nodes.csv": (SAMPLES / "nodes.csv").read_text()}
    place, edits = EDITS[name]
    rich = RICH.replace("    on_bad_rows: skip\n", "") if place == "jobs.csv" else RICH
    files = {
        "s.yaml": NODES if place == "nodes.csv" else rich,
        "jobs.csv": JOBS,
        "gaps.csv": GAPS,
        "nodes.csv": (SAMPLES / "nodes.csv").read_text(),
    }
    return {**files, place: edited(files[place], edits)}


def edited(text, edits):
    for old, new in edits:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


def write(files, folder):
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


@pytest.mark.parametrize("name", TOLD)
def test_it_is_told(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = files_of(name)
    write(files, tmp_path)
    with pytest.raises(ScenarioError) as error:
        read("s.yaml")
    *lines, last = str(error.value).splitlines()
    assert lines == TOLD[name]
    assert last == f"s.yaml: {len(lines)} problem{'' if len(lines) == 1 else 's'}"
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)


def test_every_case_has_its_lines():
    assert [*EDITS, *OWN] == list(TOLD)


def test_without_a_wrong_turn_all_is_well(tmp_path):
    write({"s.yaml": RICH, "jobs.csv": JOBS, "gaps.csv": GAPS}, tmp_path)
    assert len(read(tmp_path / "s.yaml").variants) == 3


@pytest.mark.parametrize("name", [*TOLD][::12])
@pytest.mark.parametrize("command", ["check", "run"])
def test_the_command_ends_with_2_and_leaves_nothing(
    name, command, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    files = files_of(name)
    write(files, tmp_path)
    assert ending(partial(app, [command, "s.yaml"], prog_name="suanli")) == 2
    said = capsys.readouterr()
    assert said.err.splitlines()[: len(TOLD[name])] == TOLD[name]
    assert "Traceback" not in said.err + said.out
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(files)
