"""Sentences of the first screen in English and Chinese."""

from collections.abc import Mapping

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
    "answer_first": ("; {by} {direction} than “{first}”", "；比“{first}”{direction} {by}"),
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
        "Refused in every variant: {jobs} of {all} jobs a run ({share}), most often: {reason}.",
        "每个方案每次运行均拒绝 {all} 个作业中的 {jobs} 个（{share}），主要原因：{reason}。",
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
    "plans_failed": (
        "Plans that failed in “{variant}”: {failed} of {plans} a run; the fallback policy"
        " ranked until the next.",
        "“{variant}”中失败的计划：每次运行 {plans} 个中的 {failed} 个；"
        "下一计划前由后备策略排序。",
    ),
    "undefined_in": (
        "{label} is undefined in {names}; they are left out of the answer.",
        "{names}的{label}无定义，未参与比较。",
    ),
    "and": (" and ", "和"),
    "and_others": (" and {n} others", "及另外 {n} 个"),
    "comma": (", ", "、"),
}
