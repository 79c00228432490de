"""Plans of a run and what they are short of, English and Chinese."""

from collections.abc import Mapping

PLANS: Mapping[str, tuple[str, str]] = {
    "page_scarce": ("What is scarce", "什么紧缺"),
    "page_scarce_thing": ("one more", "增加一个单位"),
    "page_scarce_where": ("where", "位置"),
    "page_scarce_binding": ("binds in", "约束生效比例"),
    "page_scarce_worth": ("worth by plans", "按计划估值"),
    "page_scarce_own": ("costs by itself", "自身费用"),
    "scarce_node": ("node", "节点"),
    "scarce_link": ("1 Gbit/s of link", "链路 1 Gbit/s"),
    "scarce_quota": ("1 {unit} of quota", "配额 1 {unit}"),
    "scarce_like": ("or one of {n} pools like it", "或同类 {n} 个池之一"),
    "scarce_note": (
        "What one more of each saves in CNY by the weights of `objective`{period}, its own"
        " cost not counted: ranked by the prices of the plans, then {plans} plans of seed"
        " {seed}, laid end to end, are each solved again with one more. Read it as an order,"
        " not as a sum of money: a plan sees {hours} h and calls a job lost that waits for the"
        " next, so it tells too much where little waits. Before you buy, run a variant with"
        " one more.",
        "各增加一个单位{period}按 objective 权重节省的金额（元），不计其自身费用："
        "先按计划的影子价格排序，再对种子 {seed} 首尾相接的 {plans} 个计划"
        "逐一加一个单位重新求解。请作排序而非金额解读：单个计划只看 {hours} 小时，"
        "把等到下一时段的作业视为未服务，等待少处估值偏高。购买前请增设一个方案仿真验证。",
    ),
    "scarce_none": (
        "No plan was short of anything that one more node, link or quota would mend.",
        "没有计划因节点、链路或配额不足而受限。",
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
