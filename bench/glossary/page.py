"""Headings, notes and captions of the page in English and Chinese."""

from collections.abc import Mapping

PAGE: Mapping[str, tuple[str, str]] = {
    "page_title": ("Suanli report", "算力仿真报告"),
    "page_scenario": ("Scenario", "场景"),
    "page_answer": ("Answer", "结论"),
    "page_no_question": ("The scenario asks no question.", "场景未提出问题。"),
    "page_numbers": ("Five numbers", "五项指标"),
    "page_numbers_note": (
        "Mean over {n} seeds; below it the 95 % interval of that mean (cut at 0 where"
        " less cannot be).",
        "{n} 个种子的均值；下方为其 95% 置信区间（不可能为负者截于 0）。",
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
        " bold where the interval leaves zero out and the change is at least 0.1 %.",
        "种子均值及 95% 置信区间。差值按相同作业配对；区间不含零且变化不小于 0.1% 者加粗。",
    ),
    "page_variants_note_certain": ("One run each, so no interval.", "各运行一次，无区间。"),
    "page_differences": (
        "Differences from “{base}”, seed by seed",
        "与“{base}”的差值（按种子配对）",
    ),
    "page_group_jobs": ("Jobs", "作业"),
    "page_group_time": ("Time", "时间"),
    "page_group_load": ("Load", "负荷"),
    "page_group_money": ("Energy and money", "用电与成本"),
    "page_group_reach": ("Reach", "覆盖与流动"),
    "page_group_other": ("Other", "其他"),
    "page_measures": ("All measures", "全部指标"),
    "page_pools_more": (
        "{shown} of {all} pools and lines: where jobs waited longest, then the fullest. All"
        " are in figures/pools.csv of the run folder.",
        "{all} 个算力池与队列中的 {shown} 个：先按等待小时数，再按分配率。"
        "全部见结果文件夹的 figures/pools.csv。",
    ),
    "page_variants_note_one": (
        "Mean over seeds with its 95 % interval.",
        "种子均值及 95% 置信区间。",
    ),
    "page_period": (" in the measured {hours}", "（统计时段 {hours}）"),
    "page_waits": ("Who waits, and how long", "谁在等待、等多久"),
    "page_waits_tenants": ("The same by tenant", "按租户"),
    "page_waits_note": (
        "Counted jobs of a run. Waited: the share that did not start at once.",
        "单次运行的计入作业。等待占比：未能立即开始的作业占比。",
    ),
    "page_waits_apart": (
        "Small figures: in the rows of “{base}” the 95 % interval, in all others the difference"
        " from “{base}” on the same jobs, in bold where it is told apart from zero.",
        "小字：“{base}”各行为 95% 置信区间，其余为与“{base}”的差值（按相同作业配对），"
        "能与零区分者加粗。",
    ),
    "page_waits_interval": (
        "Small figures: the 95 % interval.",
        "小字：95% 置信区间。",
    ),
    "page_waits_more": (
        "The first {shown} of {all} variants.",
        "前 {shown} 个方案，共 {all} 个。",
    ),
    "page_waits_none": (
        "Never waited: {names}.",
        "从未等待：{names}。",
    ),
    "page_who_workload": ("workload", "负载"),
    "page_who_tenant": ("tenant", "租户"),
    "page_apart": ("{by} ({range})", "{by}（{range}）"),
    "page_waited": ("waited", "等待占比"),
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
        " Means over time and seeds; queue = what the jobs in its line ask for, or"
        " in the line of its site where pools have none of their own (shown once a site).",
        "按各池最紧张的资源（分配率最高者）列出。时间与种子均值；"
        "队列 = 本池（无则所在站点，每站点仅列一次）排队作业的需求量。",
    ),
    "page_pools_names": (
        "Below a name: what the YAML and the tables call it.",
        "名称下方小字为 YAML 与数据表中的名称。",
    ),
    "page_print_more": (
        "{n} more rows: on screen",
        "另有 {n} 行，见网页版",
    ),
    "page_print_where": (" and in {where} of the run folder", "及结果文件夹的 {where}"),
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
    "page_row": ("row", "条目"),
    "page_source": ("source", "来源"),
    "page_used_by": ("used by", "使用者"),
    "page_weak_rows": (
        "What is in use and rests on less than a published source, weakest first",
        "所用数据中依据弱于公开来源者，最弱在前（来源题名照录原文）",
    ),
    "page_weak_none": (
        "Nothing in use is weaker than “published”.",
        "所用数据均不弱于“公开”。",
    ),
    "page_weak_kind": ("what", "类别"),
    "weak_server": ("server", "服务器"),
    "weak_chip": ("chip", "芯片"),
    "weak_tariff": ("tariff", "电价"),
    "weak_speed": ("speed", "速度系数"),
    "weak_stack": ("software stack", "软件栈系数"),
    "weak_place": ("places: position, people", "地区：坐标与人口"),
    "weak_size": ("number of nodes", "节点数"),
    "weak_taken": ("infrastructure vCPU", "基础设施占用 vCPU"),
    "weak_tariff_price": ("price", "价格"),
    "weak_tariff_hours": ("hours", "时段"),
    "weak_tariff_carbon": ("carbon", "碳因子"),
    "weak_name_taken": ("12 vCPU a node without DPU", "无 DPU 节点 12 vCPU"),
    "weak_name_size": ("nodes of pools that came with the place", "随地区生成的算力池规模"),
    "weak_source_taken": (
        "taken by virtual switch and storage; estimates run from 8 to 16",
        "虚拟交换与存储占用；估计范围 8 至 16",
    ),
    "weak_source_size": (
        "so many nodes for each million people: a planning estimate, not an inventory",
        "按每百万人口节点数推算：规划估计，非实际台账",
    ),
    "weak_source_server": ("none given", "未注明"),
    "weak_source_chip": ("none given", "未注明"),
    "weak_source_tariff": ("none given", "未注明"),
    "page_unknown_price": (
        "The price of {names} is unknown, so purchase and total are undefined where it is.",
        "{names}的单价未知，所在处的购置成本与总成本无定义。",
    ),
    "page_unknown_watts": (
        "The wattage of {names} is unknown, so energy and total are undefined where it is.",
        "{names}的功率未知，所在处的用电量与总成本无定义。",
    ),
    "page_unknown_egress": (
        "{names} have no price for data that leave them: network cost and total are undefined"
        " where results did.",
        "{names}未设流出数据单价，有结果流出时网络成本与总成本无定义。",
    ),
    "page_all_variants": ("all variants", "全部方案"),
    "page_unknown_tariff": (
        "{names} have no tariff, so the money for energy stays undefined there.",
        "{names}未设电价，当地电费无定义。",
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
        "Jobs count when submitted from {warmup} until {horizon} after the start; the run then"
        " goes on until they have ended, at most {drain} longer.",
        "开始后 {warmup} 至 {horizon} 之间提交的作业计入；此后继续运行至其完成，最多 {drain}。",
    ),
    "page_fact_digest": ("scenario digest", "场景摘要"),
    "page_fact_seeds": ("seeds", "种子"),
    "page_fact_start": ("start", "开始"),
    "page_fact_horizon": ("horizon", "时长"),
    "page_fact_warmup": ("warm-up", "预热"),
    "page_fact_policies": ("policies", "策略"),
    "page_fact_versions": ("versions", "版本"),
    "page_fact_jobs": ("jobs simulated", "仿真作业数"),
    "page_jobs_simulated": ("{all}", "{all}"),
    "page_jobs_simulated_runs": ("{all} in {runs} runs", "{runs} 次运行共 {all} 个"),
    "page_jobs_simulated_rest": (
        "{all}: {counted} counted, submitted from warm-up to horizon; {rest} before or after",
        "共 {all} 个：计入 {counted} 个，预热后至时长内提交；此前或此后 {rest} 个",
    ),
    "page_jobs_simulated_runs_rest": (
        "{all} in {runs} runs: {counted} counted, submitted from warm-up to horizon; {rest}"
        " before or after",
        "{runs} 次运行共 {all} 个：计入 {counted} 个，预热后至时长内提交；此前或此后 {rest} 个",
    ),
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
        "What waiting jobs ask for, by line; mean over seeds. Jobs on their way to a pool's"
        " line (dispatch, data in) count too.",
        "各队列等待作业的需求量；种子均值。正在前往算力池队列（调度、数据传入）的作业也计入。",
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
    "map_folded": (
        "{n} of {all} sites are part of the dot of the site above them (a county's of its"
        " city's), and so are their jobs.",
        "{all} 个站点中 {n} 个并入其上级站点的圆点（县并入市），其作业亦然。",
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
    "bandwidth_decides": (
        "Data of {workload} is on its way for {time} a job, {share} of its latency: bandwidth"
        " decides that, not distance.",
        "{workload}的数据传输平均每作业 {time}，占其时延 {share}：取决于带宽，而非距离。",
    ),
    "bandwidth_decides_in": (
        "Data of {workload} in {variant} is on its way for {time} a job, {share} of its"
        " latency: bandwidth decides that, not distance.",
        "{variant}中，{workload}的数据传输平均每作业 {time}，占其时延 {share}："
        "取决于带宽，而非距离。",
    ),
    "bandwidth_fullest": (
        "The fullest link is {link}: {share} used on average.",
        "最满的链路是{link}：平均利用率 {share}。",
    ),
    "bandwidth_fullest_in": (
        "The fullest link is {link} in {variant}: {share} used on average.",
        "最满的链路是{variant}中的{link}：平均利用率 {share}。",
    ),
    "caption_no_queue": (
        "No figure of queues: no line had any.",
        "无队列图：各队列均无等待。",
    ),
}
