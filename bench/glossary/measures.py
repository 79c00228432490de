"""Measures, resources and units in English and Chinese."""

from collections.abc import Mapping

MEASURES: Mapping[str, tuple[str, str]] = {
    "jobs_submitted": ("jobs submitted", "提交作业数"),
    "jobs_finished": ("jobs finished", "完成作业数"),
    "jobs_running_at_end": ("jobs running at the end", "结束时运行中作业数"),
    "jobs_waiting_at_end": ("jobs waiting at the end", "结束时等待中作业数"),
    "jobs_refused": ("jobs refused", "被拒绝作业数"),
    "jobs_failed": ("jobs failed", "失败作业数"),
    "objective_mean_cny": ("objective per job", "单作业目标值"),
    "plans": ("plans", "计划次数"),
    "plan_gap_mean": ("mean gap of plans", "计划平均间隙"),
    "plan_fallbacks": ("plans that failed", "失败的计划"),
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
    "data_sets_moved": ("data sets copied", "数据集复制次数"),
    "data_sets_moved_gb": ("size of data sets copied", "数据集复制量"),
    "link_used_share": ("use of a link, fuller direction", "链路利用率（较满方向）"),
    "link_transferred_gb": ("data over a link, both directions", "链路传输量（双向）"),
    "migrations": ("migrations", "迁移次数"),
    "preemptions": ("preemptions", "抢占次数"),
    "lost_s": ("running time lost to preemption", "抢占损失的运行时长"),
    "censored_share": ("jobs not ended when the run stopped", "运行结束时未完成占比"),
}

COVERAGE: Mapping[str, tuple[str, str]] = {
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
    "unit_gpu": ("GPUs", "GPU"),
    "unit_gpu_memory": ("GiB", "GiB"),
    "unit_dpu": ("DPUs", "DPU"),
    "unit_local_storage": ("GB", "GB"),
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
        "From the end of the warm-up to the horizon, mean over seeds. Total = allocated +"
        " unallocated; idle is the"
        " part of allocated that was not used. Purchase is written off over 6 years with 5 % of"
        " maintenance a year unless the server says otherwise; staff is no input and not in the"
        " total; – where a price, wattage or tariff is unknown.",
        "统计期自预热结束至时长终点，种子均值。总计 = 已分配 + 未分配；"
        "闲置为已分配中未使用的部分。"
        "除服务器另有说明外，购置按 6 年折旧、每年 5% 维护计；人员成本无输入，不计入总成本；"
        "单价、功率或电价未知时为 –。",
    ),
    "page_by_scope": ("by {scope}", "按{scope}"),
    "page_largest": (
        " (the {shown} largest of {all}; all are in figures/ledger.csv)",
        "（{all} 项中最大的 {shown} 项；全部见 figures/ledger.csv）",
    ),
}
