"""Labels of figures in English and Chinese."""

from collections.abc import Mapping

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
    "map_flow": (
        "jobs sent to another site (this thick: {n} a run)",
        "跨站点作业（此线宽：每次运行 {n} 个）",
    ),
    "axis_allocated": ("allocated / sellable", "已分配 / 可分配"),
    "axis_queued": ("{unit} asked for and waiting", "等待中的 {unit}"),
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
    "no_places": ("no site has coordinates", "站点均无坐标"),
    "no_value": ("no value", "无数值"),
    "some_variants": (
        "The first {shown} of {all} variants.",
        "显示 {all} 个方案中的前 {shown} 个。",
    ),
}
