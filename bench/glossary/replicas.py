"""Where replicas stand, and why something is impossible, English and Chinese."""

from collections.abc import Mapping

REPLICAS: Mapping[str, tuple[str, str]] = {
    "page_replicas": ("Replicas", "副本布局"),
    "page_replica_workload": ("workload", "负载"),
    "page_replica_placed": ("placed", "已放置"),
    "page_replica_where": ("where", "位置"),
    "page_replica_region": ("farthest region", "最远区域"),
    "page_replica_delay": ("its delay", "其时延"),
    "page_replica_bound": ("bound", "上限"),
    "page_replica_margin": ("margin", "余量"),
    "page_replica_cost": ("cost an hour", "每小时费用"),
    "page_replica_lacks": ("missing", "缺口"),
    "replica_of": ("{placed} of {count}", "{placed}/{count}"),
    "replica_at": ("{pool} × {n}", "{pool} × {n}"),
    "replica_more": ("and {n} more pools", "等另外 {n} 个池"),
    "replicas_note": (
        "Placed before the clock starts, and held to the end. The delay is one way, from the"
        " region that is farthest from its nearest replica. The cost is that of the nodes by"
        " dominant share, of the sites opened and of the distance, as `policies.placement`"
        " counts it.",
        "副本在仿真开始前放置，全程保持。时延为单向，取距最近副本最远的区域；费用按主导份额计"
        "节点费用，并含站点启用费与距离费（见 policies.placement）。",
    ),
    "replicas_proven": (
        "No cheaper placement of {workloads} exists.",
        "{workloads}的布局已证最省。",
    ),
    "replicas_fallback": (
        "The plan for {workloads} was none ({told}); the greedy placement stands.",
        "{workloads}的规划无解（{told}），采用贪心布局。",
    ),
    "impossible": (
        "Not served, though it must be: {workloads}.",
        "必须服务却未能满足：{workloads}。",
    ),
    "impossible_lines": ("These lines conflict: {lines}.", "相互冲突的设置：{lines}。"),
    "impossible_more": ("{n} more, all in manifest.json", "另有 {n} 条，全部见 manifest.json"),
    "impossible_line": ("{path} (line {line})", "{path}（第 {line} 行）"),
    "impossible_set": ("{path} (--set)", "{path}（--set）"),
    "impossible_some": (
        "Whether fewer of them conflict is not known ({why}).",
        "是否有更小的冲突集尚不明（{why}）。",
    ),
    "impossible_open": (
        "No placement was found, and none is ruled out ({why}).",
        "未找到布局，亦未证明不存在（{why}）。",
    ),
    "impossible_mended": (
        "Enough by itself: {change} ({setting}).",
        "仅此一项即可：{setting}（{change}）。",
    ),
    "impossible_none": ("No single change is enough.", "单项改动均不足以满足。"),
    "impossible_price": ("{words}, {cny} CNY", "{words}，{cny} 元"),
}
