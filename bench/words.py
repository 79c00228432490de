"""The glossary: every label of figures and reports in English and Chinese.

No label is written twice and none is written elsewhere. A key is a measure's name, a reason, a
resource, or a short word of the page (`page_...`); text in braces is filled by the caller.
"""

from collections.abc import Mapping
from typing import Literal, get_args

Lang = Literal["en", "zh"]
LANGS: tuple[Lang, ...] = get_args(Lang)

MEASURES: Mapping[str, tuple[str, str]] = {
    "jobs_submitted": ("jobs submitted", "提交作业数"),
    "jobs_finished": ("jobs finished", "完成作业数"),
    "jobs_running_at_end": ("jobs running at the end", "结束时运行中作业数"),
    "jobs_waiting_at_end": ("jobs waiting at the end", "结束时等待中作业数"),
    "jobs_refused": ("jobs refused", "被拒绝作业数"),
    "jobs_failed": ("jobs failed", "失败作业数"),
    "wait_mean_s": ("mean wait", "平均等待"),
    "wait_p50_s": ("median wait", "等待中位数"),
    "wait_p95_s": ("95th-percentile wait", "等待 95 分位"),
    "wait_p99_s": ("99th-percentile wait", "等待 99 分位"),
    "wait_max_s": ("longest wait", "最长等待"),
    "latency_mean_s": ("mean latency", "平均时延"),
    "latency_p50_s": ("median latency", "时延中位数"),
    "latency_p95_s": ("95th-percentile latency", "时延 95 分位"),
    "latency_p99_s": ("99th-percentile latency", "时延 99 分位"),
    "run_mean_s": ("mean run", "平均运行"),
    "transfer_mean_s": ("mean transfer", "平均传输"),
    "dispatch_mean_s": ("mean dispatch", "平均调度耗时"),
    "slowdown_mean": ("mean slowdown", "平均减速比"),
    "deadline_met_share": ("deadlines met", "按期完成率"),
    "fragmented_share_gpu": ("fragmented share of GPUs", "GPU 碎片率"),
    "energy_kwh": ("energy", "用电量"),
    "energy_allocated_kwh": ("energy of what was allocated", "已分配部分用电量"),
    "energy_idle_kwh": ("energy of what was allocated and idle", "闲置部分用电量"),
    "energy_unallocated_kwh": ("energy of what was not allocated", "未分配部分用电量"),
    "carbon_kg": ("carbon", "碳排放"),
    "pue_mean": ("mean PUE", "平均 PUE"),
    "cost_capex_cny": ("purchase cost", "购置成本"),
    "cost_energy_cny": ("energy cost", "电费"),
    "cost_network_cny": ("network cost", "网络成本"),
    "cost_cloud_cny": ("cloud cost", "云服务成本"),
    "cost_staff_cny": ("staff cost", "人员成本"),
    "cost_total_cny": ("total cost without staff", "总成本（不含人员）"),
    "cost_allocated_cny": ("cost of what was allocated", "已分配部分成本"),
    "cost_idle_cny": ("cost of what was allocated and idle", "闲置部分成本"),
    "cost_unallocated_cny": ("cost of what was not allocated", "未分配部分成本"),
    "cost_per_job_cny": ("cost per job", "单作业成本"),
    "cross_region_share": ("cross-region share", "跨域调度占比"),
    "transferred_gb": ("data transferred", "传输数据量"),
    "migrations": ("migrations", "迁移次数"),
    "preemptions": ("preemptions", "抢占次数"),
    "lost_s": ("running time lost to preemption", "抢占损失的运行时长"),
    "censored_share": ("jobs not ended when the run stopped", "运行结束时未完成占比"),
}

LEDGER: Mapping[str, tuple[str, str]] = {
    "ledger_installed": ("installed {resource}", "{resource}装机量"),
    "ledger_sellable": ("sellable {resource}", "{resource}可分配量"),
    "ledger_allocated": ("allocated {resource}", "{resource}已分配量"),
    "ledger_used": ("used {resource}", "{resource}使用量"),
    "ledger_idle": ("idle {resource}", "{resource}闲置量"),
    "ledger_unallocated": ("unallocated {resource}", "{resource}未分配量"),
    "page_ledger": ("The one ledger", "资源一本账"),
    "page_ledger_note": (
        "Means over time and seeds. Sellable = installed less infrastructure and reserve ="
        " allocated + unallocated; allocated = used + idle. Every line is the sum of its pools"
        " (a tenant's: of its jobs); – where a capacity is unknown.",
        "时间与种子均值。可分配 = 装机 − 基础设施与预留 = 已分配 + 未分配；"
        "已分配 = 已使用 + 闲置。各行为所含算力池之和（租户为其作业之和）；容量未知时为 –。",
    ),
    "page_by": ("by", "维度"),
    "page_name": ("name", "名称"),
    "page_kind_of_resource": ("resource", "资源"),
    "page_idle": ("idle", "闲置"),
    "page_unallocated": ("unallocated", "未分配"),
    "page_of_all": ("all", "全部"),
    "page_of_tier": ("tier", "层级"),
    "page_of_cloud": ("cloud", "云"),
    "page_of_site": ("site", "站点"),
    "page_of_pool": ("pool", "算力池"),
    "page_of_chip": ("chip", "芯片"),
    "page_of_tenant": ("tenant", "租户"),
    "page_of_workload": ("workload", "负载"),
    "page_bill": ("Energy and money", "用电与成本"),
    "page_bill_note": (
        "Over [warm-up, horizon), mean over seeds. Total = allocated + unallocated; idle is the"
        " part of allocated that was not used. Purchase is written off over 6 years with 5 % of"
        " maintenance a year unless the server says otherwise; staff is no input and not in the"
        " total; – where a price, wattage or tariff is unknown.",
        "统计期 [预热, 时长)，种子均值。总计 = 已分配 + 未分配；闲置为已分配中未使用的部分。"
        "除服务器另有说明外，购置按 6 年折旧、每年 5% 维护计；人员成本无输入，不计入总成本；"
        "单价、功率或电价未知时为 –。",
    ),
    "page_ledger_more": (
        "Where there are more than {most} of a kind, measures.parquet holds them.",
        "同类超过 {most} 项时不在此列出，见结果文件夹中的指标表。",
    ),
}

COVERAGE = {
    f"covered_share_{limit}_ms": (
        f"people within {limit} ms of a serving site",
        f"{limit} 毫秒人口覆盖率",
    )
    for limit in (1, 5, 10, 20)
}

SHARES: Mapping[str, tuple[str, str]] = {
    "allocated_share": ("allocated share of {resource}", "{resource}分配率"),
    "used_share": ("utilisation of {resource}", "{resource}利用率"),
    "idle_share": ("idle share of {resource}", "{resource}闲置率"),
    "unallocated_share": ("unallocated share of {resource}", "{resource}未分配率"),
}

RESOURCES: Mapping[str, tuple[str, str]] = {
    "vcpu": ("vCPU", "vCPU"),
    "memory": ("memory", "内存"),
    "gpu": ("GPU", "GPU"),
    "gpu_memory": ("GPU memory", "显存"),
    "dpu": ("DPU", "DPU"),
    "local_storage": ("local storage", "本地存储"),
}

RESOURCE_UNITS: Mapping[str, tuple[str, str]] = {
    "unit_vcpu": ("vCPU", "vCPU"),
    "unit_memory": ("GiB", "GiB"),
    "unit_gpu": ("GPUs", "卡"),
    "unit_gpu_memory": ("GiB", "GiB"),
    "unit_dpu": ("DPUs", "DPU"),
    "unit_local_storage": ("GB", "GB"),
}

HELD: Mapping[str, tuple[str, str]] = {
    "batch-window": ("before its batch window opened", "批处理窗口尚未开启"),
    "network": ("for the network: links to the pool were full", "网络链路已满"),
    "quota": ("for its own tenant's quota", "本租户配额已用完"),
    "head-of-line": ("behind a job at the head of the line", "排在受阻的队首作业之后"),
    "backfill-reservation": (
        "so as not to delay a job with a reservation",
        "避免推迟已预留的作业",
    ),
    "gang": ("for all members of its gang to fit at once", "等待整组成员同时就位"),
    "fragmented": (
        "free capacity was enough in sum, on no single node or device",
        "空闲总量足够，但分散在多个节点或设备",
    ),
    "no-capacity": ("the pool was full", "算力池已满"),
}

HELD_HELP: Mapping[str, tuple[str, str]] = {
    "batch-window": ("a wider or earlier window", "放宽或提前窗口"),
    "network": ("faster links, or data closer to the pool", "提升链路带宽或就近存放数据"),
    "quota": ("a larger quota for the tenant", "提高该租户配额"),
    "head-of-line": (
        "backfill, a line of its own for large jobs, or more nodes if the pool is full",
        "回填调度、大作业单独排队；池已满时增加节点",
    ),
    "backfill-reservation": ("truer estimates of run time", "更准确的时长估计"),
    "gang": ("more nodes in one pool, or a wider gang", "增加同池节点或放宽成组范围"),
    "fragmented": ("packing that leaves whole devices free", "减少碎片的装箱策略"),
    "no-capacity": ("more nodes, or letting jobs overflow", "增加节点或允许溢出"),
}

REFUSED: Mapping[str, tuple[str, str]] = {
    "no-chip": ("no allowed pool has a chip it accepts", "没有可用的芯片"),
    "no-speed": ("no speed is known for its class on any chip", "缺少该类作业的速度系数"),
    "not-listed": ("no allowed chip is on the required list", "芯片不在准入目录"),
    "residency": ("its data may not leave for any pool that fits", "数据不得出域"),
    "security-level": ("no pool has its security level", "没有达到安全等级的算力池"),
    "reserved": ("every pool that fits is reserved for others", "算力池已为他人预留"),
    "too-big": ("larger than any node that it may use", "超过任何可用节点"),
    "gang-too-big": ("needs more nodes at once than exist", "成组节点数超过现有规模"),
    "quota-too-small": ("larger than its tenant's whole quota", "超过租户全部配额"),
    "unknown-capacity": ("asks for what the catalogue does not know", "目录中容量未知"),
    "queue-full": ("the line was full", "队列已满"),
    "bad-row": ("its row of the trace is broken", "轨迹行无效"),
}

REFUSED_HELP: Mapping[str, tuple[str, str]] = {
    "no-chip": ("a pool with that chip, or a longer chip list", "增加该芯片或放宽芯片清单"),
    "no-speed": ("a sourced speed for this class and chip", "补充该类作业的速度数据"),
    "not-listed": ("listed chips", "采用目录内芯片"),
    "residency": ("a pool inside the allowed area", "在允许范围内建池"),
    "security-level": ("a pool of that level", "建设相应等级的算力池"),
    "reserved": ("a pool that is open to this tenant", "向该租户开放算力池"),
    "too-big": ("larger nodes, or smaller jobs", "更大的节点或更小的作业"),
    "gang-too-big": ("more nodes, or gangs over several pools", "增加节点或跨池成组"),
    "quota-too-small": ("a larger quota for the tenant", "提高该租户配额"),
    "unknown-capacity": ("the missing number in the catalogue", "补全目录数据"),
    "queue-full": ("more nodes, or a longer line", "增加节点或加长队列"),
    "bad-row": ("a mended trace", "修正轨迹文件"),
}

UNITS: Mapping[str, tuple[str, str]] = {
    "µs": ("µs", "微秒"),
    "ms": ("ms", "毫秒"),
    "s": ("s", "秒"),
    "min": ("min", "分钟"),
    "h": ("h", "小时"),
    "d": ("days", "天"),
    "points": ("points", "个百分点"),
    "kWh": ("kWh", "千瓦时"),
    "MWh": ("MWh", "兆瓦时"),
    "kg": ("kg", "千克"),
    "t": ("t", "吨"),
    "CNY": ("CNY", "元"),
    "GB": ("GB", "GB"),
    "TB": ("TB", "TB"),
    "km": ("km", "公里"),
    "jobs": ("jobs", "个作业"),
    "nodes": ("nodes", "节点"),
}

TIERS: Mapping[str, tuple[str, str]] = {
    "nation": ("nation", "国家"),
    "province": ("province", "省"),
    "city": ("city", "市"),
    "county": ("county", "县"),
    "township": ("township", "乡镇"),
    "site": ("site", "站点"),
}

SPANS: Mapping[str, tuple[str, str]] = {
    "dispatch_s": ("dispatch", "调度"),
    "transfer_in_s": ("transfer in", "传入"),
    "wait_s": ("wait", "等待"),
    "run_s": ("run", "运行"),
    "transfer_out_s": ("transfer out", "传出"),
}

POLICY_KINDS: Mapping[str, tuple[str, str]] = {
    "dispatch": ("dispatch", "调度"),
    "queue": ("queue", "排队"),
    "packing": ("packing", "装箱"),
    "preemption": ("preemption", "抢占"),
    "silos": ("silos", "专池专用"),
    "placement": ("placement", "布局"),
}

DATA_CLASSES: Mapping[str, tuple[str, str]] = {
    "core": ("core", "核心数据"),
    "important": ("important", "重要数据"),
    "general": ("general", "一般数据"),
}

RULES: Mapping[str, tuple[str, str]] = {
    "rule_residency": ("data stays", "数据不出域"),
    "rule_security-level": ("security level", "安全等级"),
    "rule_chips": ("chip list", "芯片清单"),
    "rule_not-listed": ("admission list", "准入目录"),
    "rule_reserved": ("reserved pools", "专区专用"),
    "limit_residency": ("within the {limit}", "不出{limit}"),
    "limit_security-level": ("level {limit} or above", "{limit} 级及以上"),
    "limit_domestic_only": ("domestic chips only", "仅国产芯片"),
    "limit_safe_reliable_only": (
        "CPUs of the safe-and-reliable list only",
        "仅安全可靠测评名单内的 CPU",
    ),
    "limit_reserved": ("only the tenants named", "仅限指定租户"),
    "margin_none": ("at the limit, nothing to spare", "恰好满足，无余量"),
    "margin_some": ("levels to spare: {n}", "余 {n} 级"),
    "margin_over": ("over the limit, levels: {n}", "超出 {n} 级"),
    "rules_checked": (
        "Checked again from the job tables, apart from the engine, over all runs, warm-up too:"
        " {placed} placements under a rule, {broken} of them in breach.",
        "依据作业表独立复核（不经调度引擎；全部运行，含预热期）：受规则约束的放置 {placed} 次，"
        "违反 {broken} 次。",
    ),
    "rules_untested": (
        "No job put these to the test: {rules}.",
        "没有作业检验到的规则：{rules}。",
    ),
    "rules_of_rows": (
        "Rows of {workloads} may each carry rules of their own, which the job table does not"
        " tell: only the engine checked those.",
        "{workloads}的轨迹行可各带规则，作业表中不体现：仅由调度引擎检查。",
    ),
    "rules_of_gangs": (
        "Of a gang over several pools the table names the first pool: that one is checked.",
        "跨池成组作业的作业表仅记首个算力池，故只复核该池。",
    ),
    "rules_broken": (
        "Do not use these results: {n} jobs stand where a hard rule forbids it (see Rules).",
        "结果不可用：{n} 个作业被放置在硬性规则禁止之处（见“规则遵循”）。",
    ),
    "short_batch-window": ("time windows", "时间窗口"),
    "short_network": ("network", "网络"),
    "short_quota": ("quota", "配额"),
    "page_short_title": ("What is short", "短缺分析"),
    "page_short": ("short of", "短缺"),
    "page_where": ("most of it waited at", "主要等待处"),
    "page_first_wait": ("first wait", "首次等待"),
    "page_worst": ("longest queue from", "队列最长时段始于"),
    "page_mostly": ("held mostly because", "主要原因"),
    "page_waiting": ("{amounts} {unit} on average", "平均 {amounts} {unit}"),
    "page_full": ("meanwhile {share} of it allocated", "其间已分配 {share}"),
    "semicolon": ("; ", "；"),
    "help_full_first": (
        "more nodes: the pool was full; backfill lets small jobs pass meanwhile",
        "增加节点：该池已满；回填可让小作业先行",
    ),
    "date_year": ("{date} {year}", "{year}年{date}"),
    "page_of_hours": ("{share} of the hours waited", "占等待小时数的 {share}"),
    "page_tier": ("tier", "层级"),
    "page_latency": ("latency", "时延"),
    "page_rules": ("Rules", "规则遵循"),
    "page_rule": ("rule", "规则"),
    "page_limit": ("limit", "要求"),
    "page_carried": ("jobs that carry it", "受约束作业数"),
    "page_placed": ("placed", "已放置"),
    "page_margin": ("closest", "最小余量"),
    "page_broken": ("in breach", "违反"),
    "page_rules_none": ("No job carried a hard rule.", "没有作业受硬性规则约束。"),
    "line_site": ("line of site {name}", "站点队列 {name}"),
    "line_cloud": ("line of cloud {name}", "云队列 {name}"),
    "line_platform": ("the platform's one line", "平台统一队列"),
}

CHART_WORDS: Mapping[str, tuple[str, str]] = {
    "chart_wait_cdf": ("How long jobs wait", "作业等待时间分布"),
    "chart_utilisation_heatmap": (
        "Where {resource} is allocated, and when",
        "{resource}分配率热力图",
    ),
    "chart_queues": ("What is waiting in each line", "各队列等待量"),
    "chart_variants": ("The variants side by side", "方案对比"),
    "chart_allocation": (
        "Allocated share of {resource}, all pools",
        "{resource}分配率（全部）",
    ),
    "axis_wait": ("wait (log scale)", "等待（对数刻度）"),
    "axis_jobs_within": (
        "share of jobs that waited at most this long",
        "等待不超过该值的作业占比",
    ),
    "chart_map": ("Where the sites are, and where jobs went", "站点负载与作业流向图"),
    "chart_latency_by_tier": ("Where the time goes, tier by tier", "各级时延构成"),
    "axis_latency": ("mean latency ({unit})", "平均时延（{unit}）"),
    "map_link": ("link", "链路"),
    "map_flow": ("jobs sent to another site: {n} a run", "跨站点作业：每次运行 {n} 个"),
    "axis_allocated": ("allocated / sellable", "已分配 / 可分配"),
    "axis_queued": ("{unit} asked for and waiting", "等待中的{unit}"),
    "axis_s": ("seconds from the start", "自开始起的秒数"),
    "axis_min": ("minutes from the start", "自开始起的分钟数"),
    "axis_h": ("hours from the start", "自开始起的小时数"),
    "axis_d": ("days from the start", "自开始起的天数"),
    "axis_week": ("day, from {start}", "日期，自 {start}"),
    "no_wait": ("no\nwait", "无\n等待"),
    "other_pools": ("{n} other pools", "其他 {n} 个算力池"),
    "idle_pools": ("{n} pools, always idle", "{n} 个始终空闲的算力池"),
    "other_lines": ("{n} other lines", "其他 {n} 个队列"),
    "nothing_waited": ("nothing waited", "没有等待"),
    "no_capacity": ("no pool has any", "没有此类容量"),
    "no_value": ("no value", "无数值"),
    "some_variants": (
        "The first {shown} of {all} variants.",
        "显示 {all} 个方案中的前 {shown} 个。",
    ),
}

SENTENCES: Mapping[str, tuple[str, str]] = {
    "answer_one": (
        "The {label} is {amount}{interval}.",
        "{label}为 {amount}{interval}。",
    ),
    "answer_better": (
        "“{best}” is better than “{other}”: its {label} is {amount}, {by} {direction} than"
        " {other_amount}{interval}.",
        "“{best}”优于“{other}”：{label}为 {amount}，"
        "比 {other_amount} {direction} {by}{interval}。",
    ),
    "answer_best": (
        "“{best}” is the best of {n} variants: its {label} is {amount}, {by} {direction} than"
        " the {other_amount} of “{other}”, the next{interval}.",
        "“{best}”在 {n} 个方案中最优：{label}为 {amount}，比其次的“{other}”（{other_amount}）"
        "{direction} {by}{interval}。",
    ),
    "answer_alike": (
        "{names} cannot be told apart by {label}: {amounts}{interval}.",
        "按{label}无法区分{names}：{amounts}{interval}。",
    ),
    "answer_equal": (
        "{names} have the same {label}: {amount}.",
        "{names}的{label}相同：{amount}。",
    ),
    "answer_equal_rest": (
        "{names} have the same {label}: {amount}; worse: {worse}.",
        "{names}的{label}相同：{amount}；更差：{worse}。",
    ),
    "answer_alike_rest": (
        "{names} cannot be told apart by {label}: {amounts}{interval}; worse: {worse}.",
        "按{label}无法区分{names}：{amounts}{interval}；更差：{worse}。",
    ),
    "answer_none": (
        "There is no answer: {label} is undefined in every variant (no job entered it).",
        "没有答案：{label}在所有方案中均无定义（没有作业计入）。",
    ),
    "interval_one": (
        " (95 % interval {low} to {high}, {n} seeds)",
        "（95% 置信区间 {low} 至 {high}，{n} 个种子）",
    ),
    "interval_difference": (
        " (95 % interval of the difference {low} to {high}, {n} seeds)",
        "（差值的 95% 置信区间 {low} 至 {high}，{n} 个种子）",
    ),
    "interval_certain": (
        " (nothing is random here, so one run is exact)",
        "（无随机因素，一次运行即为精确值）",
    ),
    "interval_unknown": (
        " (one seed only, so chance is not ruled out)",
        "（仅一个种子，不能排除偶然）",
    ),
    "direction_lower": ("lower", "低"),
    "direction_higher": ("higher", "高"),
    "refused_none": ("No job was refused.", "没有作业被拒绝。"),
    "refused_none_all": ("No job was refused in any variant.", "所有方案均没有作业被拒绝。"),
    "refused_some": (
        "Refused: {jobs} of {all} jobs a run ({share}), most often: {reason}.",
        "每次运行拒绝 {all} 个作业中的 {jobs} 个（{share}），主要原因：{reason}。",
    ),
    "refused_variants": ("Refused jobs a run: {parts}.", "每次运行被拒绝作业数：{parts}。"),
    "refused_same": (
        "Refused in every variant: {jobs} of {all} jobs a run.",
        "每个方案每次运行均拒绝 {all} 个作业中的 {jobs} 个。",
    ),
    "refused_span": (
        "Refused jobs a run: from {low} to {high}.",
        "每次运行被拒绝作业数：从{low}到{high}。",
    ),
    "refused_part": ("{jobs} of {all} in “{variant}”", "“{variant}”{all} 个中的 {jobs} 个"),
    "censored_some": (
        "Up to {share} of the counted jobs had not ended when the run stopped (“{variant}”):"
        " waits there are lower bounds, and latency leaves those jobs out.",
        "“{variant}”中最多 {share} 的计入作业在运行停止时未完成："
        "其等待为下界，时延不含这些作业。",
    ),
    "undefined_in": (
        "{label} is undefined in {names}; they are left out of the answer.",
        "{names}的{label}无定义，未参与比较。",
    ),
    "and": (" and ", "和"),
    "and_others": (" and {n} others", "及另外 {n} 个"),
    "comma": (", ", "、"),
}

PAGE: Mapping[str, tuple[str, str]] = {
    "page_title": ("Suanli report", "算力仿真报告"),
    "page_scenario": ("Scenario", "场景"),
    "page_answer": ("Answer", "结论"),
    "page_no_question": ("The scenario asks no question.", "场景未提出问题。"),
    "page_numbers": ("Five numbers", "五项指标"),
    "page_numbers_note": (
        "Mean over {n} seeds; below it the 95 % interval of that mean.",
        "{n} 个种子的均值；下方为其 95% 置信区间。",
    ),
    "page_numbers_certain": (
        "Nothing is random in this scenario: one run, no interval.",
        "场景中无随机因素：一次运行，无区间。",
    ),
    "page_numbers_single": ("One seed: no interval.", "仅一个种子：无区间。"),
    "page_numbers_more": (
        "{shown} of {all} variants here, the rest in the table of variants.",
        "此处显示 {all} 个方案中的 {shown} 个，其余见方案表。",
    ),
    "page_contents": ("On this page", "目录"),
    "page_variants": ("Variants", "方案"),
    "page_variants_note": (
        "Mean over seeds with its 95 % interval. Differences are taken on the same jobs; in"
        " bold where the interval leaves zero out.",
        "种子均值及 95% 置信区间。差值按相同作业配对；区间不含零者加粗。",
    ),
    "page_variants_note_certain": ("One run each, so no interval.", "各运行一次，无区间。"),
    "page_differences": (
        "Differences from “{base}”, seed by seed",
        "与“{base}”的差值（按种子配对）",
    ),
    "page_variants_note_one": (
        "Mean over seeds with its 95 % interval.",
        "种子均值及 95% 置信区间。",
    ),
    "page_held": ("What had to wait, and why", "等待及原因"),
    "page_held_note": (
        "Counted jobs that waited at all, by the reason that held each of them longest; the"
        " whole wait of a job is booked to that reason. Mean of a run.",
        "按持续最久的原因统计有等待的计入作业；作业的全部等待记入该原因。单次运行均值。",
    ),
    "page_held_none": ("No counted job waited.", "没有计入作业发生等待。"),
    "page_refused": ("What was refused, and why", "拒绝及原因"),
    "page_refused_none": ("No counted job was refused.", "没有计入作业被拒绝。"),
    "page_refused_note": ("Counted jobs, mean of a run.", "计入作业，单次运行均值。"),
    "page_pools": ("Pools", "算力池"),
    "page_pools_note": (
        "Each pool by its own scarcest resource (the one with the largest allocated share)."
        " Means over time and seeds; queue = what the jobs in its line ask for.",
        "按各池最紧张的资源（分配率最高者）列出。时间与种子均值；队列 = 排队作业的需求量。",
    ),
    "page_figures": ("Figures", "图"),
    "page_assumptions": ("What this rests on", "假设与依据"),
    "page_facts": ("This run", "运行信息"),
    "page_variant": ("variant", "方案"),
    "page_measure": ("measure", "指标"),
    "page_difference": ("difference", "差值"),
    "page_reason": ("held", "等待原因"),
    "page_refusal": ("refused because", "拒绝原因"),
    "page_jobs": ("jobs", "作业数"),
    "page_hours": ("hours waited", "等待小时数"),
    "page_share": ("share", "占比"),
    "page_first": ("first such job submitted", "首个此类作业提交于"),
    "page_help": ("what would help", "改进方向"),
    "page_workloads": ("workloads", "负载"),
    "page_pool": ("pool or line", "算力池或队列"),
    "page_site": ("site", "站点"),
    "page_cloud": ("cloud", "云"),
    "page_nodes": ("nodes", "节点数"),
    "page_resource": ("scarcest", "最紧张资源"),
    "page_installed": ("installed", "装机"),
    "page_sellable": ("sellable", "可分配"),
    "page_allocated": ("allocated", "已分配"),
    "page_allocated_share": ("allocated share", "分配率"),
    "page_used": ("used", "已使用"),
    "page_queue_mean": ("queued, mean", "平均队列"),
    "page_queue_peak": ("queued, peak", "峰值队列"),
    "page_peak_note": (
        "Peak = the largest mean of a step of {step} in any seed.",
        "峰值 = 任一种子中 {step}时段均值的最大值。",
    ),
    "page_estimates_perfect": (
        "Perfect estimates: every job of {workloads} declared exactly how long it would run."
        " Real users do not; backfill looks better here than it would.",
        "时长估计完全准确：{workloads}的每个作业都声明了准确的运行时长；实际中回填效果会更差。",
    ),
    "page_data_classes": ("Data classes", "数据分级"),
    "page_data_classes_default": ("the defaults", "默认值"),
    "page_data_classes_own": ("as the scenario sets them", "按场景设定"),
    "page_data_class": ("data class", "数据分级"),
    "page_stays_within": ("stays within", "不出"),
    "page_security_level": ("security level", "安全等级"),
    "page_confidence": ("confidence", "置信度"),
    "page_row": ("catalogue row", "目录项"),
    "page_source": ("source", "来源"),
    "page_used_by": ("used by", "使用者"),
    "page_weak_rows": (
        "Catalogue rows in use that rest on less than a published source, weakest first",
        "所用目录项中依据弱于公开来源者，最弱在前",
    ),
    "page_weak_none": (
        "No catalogue row weaker than “published” was used.",
        "未使用弱于“公开”的目录项。",
    ),
    "page_fixed": (
        "Always assumed: nodes do not fail, queueing on the network is not modelled, time has"
        " no daylight saving, and an allocation holds from start to end.",
        "固定假设：节点不发生故障，不模拟网络排队，不计夏令时，分配自始至终保持。",
    ),
    "page_use_default": (
        "Used equals allocated for {workloads}: no use was given.",
        "{workloads}未给出 use：使用量按分配量计。",
    ),
    "page_warmup": ("Warm-up", "预热"),
    "page_counted": (
        "Jobs count when submitted in [{warmup}, {horizon}); the run then goes on until they"
        " have ended, at most {drain} longer.",
        "提交于 [{warmup}, {horizon}) 的作业计入；此后继续运行至其完成，最多 {drain}。",
    ),
    "page_fact_digest": ("scenario digest", "场景摘要"),
    "page_fact_seeds": ("seeds", "种子"),
    "page_fact_start": ("start", "开始"),
    "page_fact_horizon": ("horizon", "时长"),
    "page_fact_warmup": ("warm-up", "预热"),
    "page_fact_policies": ("policies", "策略"),
    "page_fact_versions": ("versions", "版本"),
    "page_fact_jobs": ("jobs simulated", "仿真作业数"),
    "page_range": ("{low} to {high}", "{low} 至 {high}"),
    "page_every_seed": ("in every seed", "各种子相同"),
    "page_p95": (
        "95th percentile: 95 of 100 jobs stay within it.",
        "95 分位：100 个作业中 95 个不超过该值。",
    ),
    "page_sort": ("sort by this column", "按此列排序"),
    "page_none": ("none", "无"),
    "page_not_applicable": ("–", "–"),
    "page_unused": ("unknown", "未知"),
    "page_font_missing": (
        "Some rare characters of names show as boxes in the figures; the tables have them.",
        "名称中的个别生僻字在图中显示为方框，表格中不受影响。",
    ),
    "caption_wait_cdf": (
        "Read upwards: at a wait on the lower axis, the share of jobs that waited no longer."
        " Left edge: jobs that did not wait ({parts}). A band holds the middle half"
        " of the seeds.",
        "纵轴为等待不超过横轴值的作业占比。左端为未等待的作业（{parts}）。浅色带：各种子的中间一半。",
    ),
    "caption_utilisation_heatmap": (
        "White is idle, dark is fully allocated. Mean over seeds; a column is {bin}.",
        "白色为空闲，深色为全部分配。种子均值；每列 {bin}。",
    ),
    "caption_queues": (
        "What waiting jobs ask for of the scarcest resource, by line; mean over seeds.",
        "各队列等待作业对最紧张资源的需求量；种子均值。",
    ),
    "caption_variants": (
        "Dot: mean over seeds. Bar: its 95 % interval; no bar where there is one run.",
        "点：种子均值；线：95% 置信区间；仅一次运行时无线。",
    ),
    "caption_allocation": (
        "Allocated over sellable, all pools together, mean over seeds; the band of a"
        " single variant holds the middle half of the seeds.",
        "全部算力池的已分配 / 可分配。浅色带：各种子的中间一半。",
    ),
    "caption_map": (
        "A dot is a site: its area the sellable {resource}, its shade the share allocated;"
        " small white dots have none. Arrows: counted jobs from their home site to the site"
        " that served them (the {most} largest), width by their number."
        " Points and links only, no boundaries.",
        "圆点为站点：面积为可分配{resource}，深浅为分配率；白色小点无此资源。"
        "箭头为计入作业由归属站点去往服务站点（最多 {most} 条），线宽为作业数。"
        "仅示意点位与链路，不含边界。",
    ),
    "map_lost": (
        "{n} of {all} sites have no coordinates and are not on the map.",
        "{all} 个站点中 {n} 个无坐标，未在图中显示。",
    ),
    "map_none": (
        "No map: it takes two sites with coordinates (lat, lon); {n} of {all} have none.",
        "无地图：至少需要两个有坐标（lat、lon）的站点；{all} 个站点中 {n} 个无坐标。",
    ),
    "caption_latency_by_tier": (
        "Counted jobs whose result arrived, by the tier that ran them (in brackets: jobs a"
        " run); all seeds together. At the end of a bar: the mean latency.",
        "按运行所在层级统计已返回结果的计入作业（括号内为每次运行作业数），合并各种子。条末为平均时延。",
    ),
    "caption_no_queue": (
        "No figure of queues: nothing waited for {resource} in any line.",
        "无队列图：没有作业等待{resource}。",
    ),
}

DAYS: Mapping[str, tuple[str, str]] = {
    "day_0": ("Mon", "周一"),
    "day_1": ("Tue", "周二"),
    "day_2": ("Wed", "周三"),
    "day_3": ("Thu", "周四"),
    "day_4": ("Fri", "周五"),
    "day_5": ("Sat", "周六"),
    "day_6": ("Sun", "周日"),
}

CONFIDENCE: Mapping[str, tuple[str, str]] = {
    "confidence_missing": ("missing", "缺失"),
    "confidence_unverified": ("unverified", "未核实"),
    "confidence_estimate": ("estimate", "估计"),
    "confidence_mixed": ("mixed", "混合"),
    "confidence_derived": ("derived", "推算"),
    "confidence_secondary": ("secondary", "间接"),
    "confidence_published": ("published", "公开"),
}


def _prefixed(prefix: str, rows: Mapping[str, tuple[str, str]]) -> dict[str, tuple[str, str]]:
    return {f"{prefix}{key}": text for key, text in rows.items()}


WORDS: Mapping[str, tuple[str, str]] = {
    **MEASURES,
    **COVERAGE,
    **LEDGER,
    **SHARES,
    **_prefixed("resource_", RESOURCES),
    **RESOURCE_UNITS,
    **_prefixed("held_", HELD),
    **_prefixed("held_help_", HELD_HELP),
    **_prefixed("refused_", REFUSED),
    **_prefixed("refused_help_", REFUSED_HELP),
    **_prefixed("unit_", UNITS),
    **_prefixed("tier_", TIERS),
    **_prefixed("span_", SPANS),
    **_prefixed("policy_", POLICY_KINDS),
    **_prefixed("class_", DATA_CLASSES),
    **RULES,
    **CHART_WORDS,
    **SENTENCES,
    **PAGE,
    **DAYS,
    **CONFIDENCE,
}


def say(key: str, lang: Lang = "en", **parts: object) -> str:
    """The words of `key` in `lang`, its braces filled with `parts`.

    Raises:
        KeyError: the glossary has no such key.
    """
    text = WORDS[key][LANGS.index(lang)]
    return text.format(**parts) if parts else text


def name_measure(measure: str, lang: Lang = "en") -> str:
    """A measure's name in field words: 'allocated share of GPU' for `allocated_share_gpu`.

    A measure that the glossary lacks (a later version's) is called by its own name.
    """
    if measure in MEASURES or measure in COVERAGE:
        return say(measure, lang)
    kind, _, rest = measure.partition("_")
    amount = rest.removesuffix("_gib").removesuffix("_gb")
    if f"ledger_{kind}" in LEDGER and amount in RESOURCES:
        return say(f"ledger_{kind}", lang, resource=name_resource(amount, lang))
    for stem in SHARES:
        resource = measure.removeprefix(f"{stem}_")
        if resource != measure and resource in RESOURCES:
            return say(stem, lang, resource=name_resource(resource, lang))
    return measure


def name_resource(resource: str, lang: Lang = "en") -> str:
    """A resource inside a phrase; a Latin word keeps its distance from Chinese ones."""
    word = say(f"resource_{resource}", lang)
    return f"{word} " if lang == "zh" and word.isascii() else word


def name_tier(tier: str, lang: Lang = "en") -> str:
    """A tier, or how far data may go; a tier of the user's own stays as it is."""
    return say(f"tier_{tier}", lang) if tier in TIERS else tier


def name_class(name: str, lang: Lang = "en") -> str:
    """A data class; one of the user's own stays as it is."""
    return say(f"class_{name}", lang) if name in DATA_CLASSES else name


def name_line(line: str, lang: Lang = "en") -> str:
    """Where jobs wait: a pool by its name, a line above pools in words."""
    kind, colon, name = line.partition(":")
    if colon and kind in {"site", "cloud"}:
        return say(f"line_{kind}", lang, name=name)
    return say("line_platform", lang) if line == "platform" else line


def name_hold(reason: str, lang: Lang = "en") -> str:
    """Why a job waited, in the planner's words; an unknown reason stays as it is."""
    return say(f"held_{reason}", lang) if reason in HELD else reason


def name_refusal(reason: str, lang: Lang = "en") -> str:
    """Why a job was refused, in the planner's words; an unknown reason stays as it is."""
    return say(f"refused_{reason}", lang) if reason in REFUSED else reason
