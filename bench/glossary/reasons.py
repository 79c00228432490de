"""Reasons of holds and refusals, and rules, in the planner's words, English and Chinese."""

from collections.abc import Mapping

HELD: Mapping[str, tuple[str, str]] = {
    "batch-window": ("before its batch window opened", "批处理窗口尚未开启"),
    "network": ("for the network: links to the pool were full", "网络链路已满"),
    "quota": ("its tenant's quota was used up", "本租户配额已用完"),
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
    "fragmented": (
        "packing that leaves whole nodes and devices free, or smaller jobs",
        "采用减少碎片的装箱策略，或拆小作业",
    ),
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
    "no-place": ("a replica for which its placement left no place", "副本无处安放"),
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
    "no-place": ("more nodes, fewer replicas, or wider bounds", "增加节点、减少副本或放宽约束"),
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
        "Not checked again: what rows of {workloads} ask for themselves. The trace is not at"
        " hand, or too long; the engine alone checked those.",
        "未复核：{workloads}各轨迹行自带的规则。轨迹文件不在手边或过长，仅由调度引擎检查。",
    ),
    "rules_of_gangs": (
        "Not checked again: the further members of {n} gangs that may stand in several pools."
        " The job table names the first member's pool, and that one is checked.",
        "未复核：{n} 个可跨池成组作业的其余成员。作业表仅记首个成员的算力池，只复核该池。",
    ),
    "rules_of_moved": (
        "Not checked again: where {n} interrupted jobs stood before. The job table names the"
        " last pool, and that one is checked.",
        "未复核：{n} 个曾被抢占的作业此前的位置。作业表仅记最后的算力池，只复核该池。",
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
    "page_where": ("where", "何处"),
    "page_who": ("who", "涉及负载"),
    "page_since": ("when", "何时"),
    "page_worst_at": ("longest queue {at}", "队列最长于 {at}"),
    "page_tenant": ("tenant {names}", "租户 {names}"),
    "page_quota_of": ("its quota: {parts}", "其配额：{parts}"),
    "page_quota_full": (
        "quota full when they came: {n} of {all} jobs that waited",
        "到达时配额已满：{all} 个等待作业中的 {n} 个",
    ),
    "page_quota_hours": (
        "{hours} h waited, whatever they are booked to",
        "等待 {hours} 小时（不论记入何种原因）",
    ),
    "help_quota_first": (
        "raise the quota first: it buys nothing; only then see whether nodes are short",
        "先提高配额：无需采购；之后再看节点是否不足",
    ),
    "quota_says": (
        "Before buying, raise the quota of {parts}: that costs no hardware.",
        "采购之前，先提高租户配额：{parts}；无需购置硬件。",
    ),
    "quota_says_part": (
        "{tenant} (full when {n} of its {all} waiting jobs came)",
        "{tenant}（{all} 个等待作业中有 {n} 个到达时配额已满）",
    ),
    "elsewhere_title": (
        "Why they do not go where something is free",
        "为何不去有空闲之处",
    ),
    "elsewhere_rule": ("first rule against it", "首个不允许的规则"),
    "elsewhere_free": ("{resource} free on average", "平均空闲{resource}"),
    "elsewhere_where": ("of which at", "其中"),
    "elsewhere_place": ("{tier} {chip} {n}", "{tier} {chip} {n}"),
    "bars_no-chip": ("the chip is not one that it accepts", "芯片不在其可用范围"),
    "bars_no-speed": (
        "no speed is known there for its class",
        "缺少该类作业在该芯片的速度系数",
    ),
    "bars_not-listed": ("the chip is not on the required list", "芯片不在准入目录"),
    "bars_residency": ("its data may not go there", "数据不得出域"),
    "bars_security-level": ("the pool's security level is too low", "算力池安全等级不足"),
    "bars_reserved": ("the pool is reserved for others", "算力池已为他人预留"),
    "bars_too-big": ("larger than a node there", "超过该处单个节点"),
    "bars_nothing": (
        "none: it may go; the dispatch policy, its line or the hour keeps it away",
        "无：允许前往；受调度策略、所在队列或时段所限",
    ),
    "elsewhere_note": (
        "Sellable less allocated, mean over time and over where its jobs come from (each kind"
        " of job counts alike); a pool is booked to the first rule against it. Free on average"
        " is not free at the hour of the queue.",
        "可分配减已分配，按时间及作业来源（各类等权）取均值；算力池记入首个不允许的规则。"
        "平均空闲不等于排队时段空闲。",
    ),
    "page_refused_share": ("{share} of the jobs refused", "占作业数的 {share}，被拒绝"),
    "page_effects": (
        "What the variants change against “{base}”",
        "各方案相对“{base}”的变化",
    ),
    "short_inside": (" in “{variant}”", "（方案“{variant}”）"),
    "short_nothing": (
        "Nothing was short{inside}: no counted job waited.",
        "无短缺{inside}：没有计入作业发生等待。",
    ),
    "short_says": (
        "Short{inside}: {what}{where}, {since}; {waited} of the jobs waited{crowd}."
        " Held: {why} ({share}{who}). What would help: {help}.",
        "短缺{inside}：{what}{where}，{since}；{waited} 的作业有等待{crowd}。"
        "原因：{why}（{share}{who}）。改进方向：{help}。",
    ),
    "short_who": (", most of them of {who}", "，其中多为{who}"),
    "short_crowd": (" (most of these jobs: {who})", "（作业数最多：{who}）"),
    "page_crowd": ("most jobs that waited: {who}", "等待作业数最多：{who}"),
    "short_since": ("since {at}", "始于{at}"),
    "short_already": ("already when measuring began ({at})", "统计开始时（{at}）已存在"),
    "short_hours": ("mostly {first}–{last}", "多在 {first}–{last}"),
    "short_day": ("most on {day} ({share})", "{day}最多（{share}）"),
    "short_area": ("{name} {share}", "{name} {share}"),
    "short_areas_more": ("{n} other regions", "另 {n} 处"),
    "short_areas": (
        "{n} pools{tiers}, by hours waited: {areas}",
        "{n} 个算力池{tiers}，按等待小时数：{areas}",
    ),
    "few_seeds": (
        "Only {n} seeds: the intervals are wide and may miss; run more (--seeds 10).",
        "仅 {n} 个种子：区间偏宽、结论不稳；请增加（--seeds 10）。",
    ),
    "one_seed": (
        "Only {n} seed: chance may explain any difference; run more (--seeds 10).",
        "仅 {n} 个种子：差异可能出于偶然；请增加（--seeds 10）。",
    ),
    "short_and": (", ", "，"),
    "tier_count": ("{n} {tier}", "{tier} {n} 个"),
    "short_of_tiers": (" ({parts})", "（{parts}）"),
    "short_free": (
        "{resource} allocated on average{inside}: {parts}; {whole} over all. What is free"
        " stands where, or at hours when, these jobs do not or may not go.",
        "{resource} 平均分配率{inside}：{parts}；整体 {whole}。"
        "空闲部分位于这些作业不去或不能去的地方或时段。",
    ),
    "short_where": (" at {where}", "，位于{where}"),
    "short_where_quota": (" of {where}", "，{where}"),
    "lack_no-chip": ("chips that they accept", "可接受的芯片"),
    "lack_no-speed": ("speeds of chips", "芯片速度数据"),
    "lack_not-listed": ("chips of the list", "目录内芯片"),
    "lack_residency": ("pools where the data may go", "数据可达的算力池"),
    "lack_security-level": ("pools of that security level", "相应安全等级的算力池"),
    "lack_reserved": ("pools that are open to them", "可进入的算力池"),
    "lack_too-big": ("nodes large enough", "足够大的节点"),
    "lack_gang-too-big": ("nodes for the whole gang", "成组所需节点"),
    "lack_quota-too-small": ("quota", "配额"),
    "lack_unknown-capacity": ("known capacity", "已知容量"),
    "lack_queue-full": ("room in the line", "队列容量"),
    "lack_bad-row": ("sound rows in the trace", "有效轨迹行"),
    "lack_no-place": ("room within the bounds of its replicas", "满足副本约束的容量"),
    "page_mostly": ("why", "原因"),
    "page_waiting": ("{amount} {unit} queued on average", "平均排队 {amount} {unit}"),
    "page_waiting_of": (
        "{amount} of {total} {unit} queued on average",
        "平均排队 {amount} {unit}（共 {total}）",
    ),
    "page_full": ("meanwhile {share} of {name} allocated", "其间{name}已分配 {share}"),
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
    "line_site": ("the line of site {name}", "站点队列{name}"),
    "line_cloud": ("the line of cloud {name}", "云队列{name}"),
    "line_platform": ("the platform's one line", "平台统一队列"),
}
