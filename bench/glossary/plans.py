"""Plans of a run and what they are short of, English and Chinese."""

from collections.abc import Mapping

PLANS: Mapping[str, tuple[str, str]] = {
    "page_scarce": ("What is scarce", "什么紧缺"),
    "page_scarce_thing": ("one more", "增加一个单位"),
    "page_scarce_where": ("where", "位置"),
    "page_scarce_binding": ("binds in", "约束生效比例"),
    "page_scarce_worth": ("saves", "节省"),
    "page_scarce_own": ("costs by itself", "自身费用"),
    "scarce_node": ("node", "节点"),
    "scarce_link": ("1 Gbit/s of link", "链路 1 Gbit/s"),
    "scarce_quota": ("1 {unit} of quota", "配额 1 {unit}"),
    "scarce_like": ("or one of {n} pools like it", "或同类 {n} 个池之一"),
    "scarce_note": (
        "What one more of each saves in CNY by the weights of `objective`{period}, its own"
        " cost not counted: the jobs of each seed are sent again one by one, each to where its"
        " own cost, the worth of its room to others and its wait are least, without and with"
        " one more. Pools that no job tells apart have one line there, nobody is stopped, and"
        " transfers take as long as alone. Weeks differ: see the interval over seeds.",
        "各增加一个单位{period}按 objective 权重节省的金额（元），不计其自身费用："
        "将每个种子的作业按提交顺序逐一重新派发至自身费用、所占资源对他人的价值与等待之和最小处，"
        "对比增加前后。其间同类池共用一条队列，不抢占，传输按独占计时。"
        "各周差异较大，请看种子间区间。",
    ),
    "scarce_links": (
        "Links: the run of seed {seed} made again with 1 Gbit/s more.",
        "链路：以种子 {seed} 增加 1 Gbit/s 重新仿真。",
    ),
    "scarce_none": (
        "No job waited for anything that one more node, link or quota would mend.",
        "没有作业因节点、链路或配额不足而等待。",
    ),
    "page_plans": ("Plans", "计划"),
    "page_plans_count": ("plans a run", "每次运行计划数"),
    "page_plans_gap": ("mean gap", "平均间隙"),
    "page_plans_failed": ("failed", "失败"),
    "page_plans_status": ("status", "状态"),
    "page_plans_solver": ("solver", "求解器"),
    "plans_note": (
        "Plans are counted that are made for what is now; status counts those for the day to"
        " come too, over all seeds. The gap is how far the cost of whole jobs may be above the"
        " least, proven by plain arithmetic. Each plan is a line in `plans/` of the folder.",
        "计划数只计当前时段的计划；状态包含未来一天的计划，并合计全部种子。"
        "间隙为整数作业方案成本可能高出最优的比例，由普通算术证明。"
        "每个计划是运行目录 plans/ 中的一行。",
    ),
}
