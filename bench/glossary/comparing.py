"""Words of `suanli compare` in English and Chinese."""

from collections.abc import Mapping

COMPARING: Mapping[str, tuple[str, str]] = {
    "alone": ("{name}: alone; nothing to compare it with", "{name}：仅此一个，无可比较"),
    "left": (
        "not compared: {names}; --base compares with one variant",
        "未比较：{names}；可用 --base 指定基准方案",
    ),
    "nothing": (
        "nothing to show: the usual measures are 0 or undefined here; see --measure",
        "无可显示：常用指标在此为 0 或无定义；见 --measure",
    ),
    "pair": (
        "{variant} against {base} (base), {seeds}",
        "{variant} 对比 {base}（基准），{seeds}",
    ),
    "one": ("{measure}, {seeds}", "{measure}，{seeds}"),
    "seed": ("{n} paired seed", "{n} 个配对种子"),
    "seeds": ("{n} paired seeds", "{n} 个配对种子"),
    "no_seed": ("no common seed", "无共同种子"),
    "one_run": ("one run", "单次运行"),
    "few": (" ({n} of {all} seeds)", "（{all} 个种子中的 {n} 个）"),
    "apart": (
        "{names} have no common seed, so which is better is not told: give them the same.",
        "{names}无共同种子，无法判断优劣：请使用相同的种子。",
    ),
    "setting": ("  {path}: {a} -> {b}", "  {path}：{a} -> {b}"),
    "settings_more": ("  and {n} other settings", "  另有 {n} 项设置不同"),
    "same_settings": ("  the same settings", "  设置相同"),
    "other_question": (
        "  not the same question: {keys} differ; read the differences below with care",
        "  并非同一问题：{keys} 不同；以下差值须谨慎解读",
    ),
    "seeds_cut": (
        "only the {n} seeds that both ran are paired, of {all}",
        "仅配对双方共有的 {n} 个种子（共 {all} 个）",
    ),
    "span": ("{low} to {high}", "{low} 至 {high}"),
    "measure": ("measure", "指标"),
    "variant": ("variant", "方案"),
    "against": ("against base", "对比基准"),
    "base": ("base", "基准"),
    "difference": ("difference", "差值"),
    "interval": ("95 % interval", "95% 置信区间"),
    "by_workload": ("workload", "负载"),
    "by_tenant": ("tenant", "租户"),
    "by_tier": ("tier", "层级"),
    "by_cloud": ("cloud", "云"),
    "by_site": ("site", "站点"),
    "by_pool": ("pool", "算力池"),
    "by_chip": ("chip", "芯片"),
    "by_region": ("region", "地区"),
    "by_class": ("class", "类别"),
    "by_data_class": ("data_class", "数据分级"),
}
