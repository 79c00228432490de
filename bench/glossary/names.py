"""Places, clouds, tiers, spans, policies, data classes, days and confidences."""

from collections.abc import Mapping

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
    "network": ("network", "网络"),
}

DATA_CLASSES: Mapping[str, tuple[str, str]] = {
    "core": ("core", "核心数据"),
    "important": ("important", "重要数据"),
    "general": ("general", "一般数据"),
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

CLOUDS: Mapping[str, str] = {
    "gov-a": "政务云A",
    "gov-b": "政务云B",
    "national": "枢纽租用云",
}
"""Clouds of generated topologies in Chinese."""

CHIP_FAMILIES: Mapping[str, str] = {
    "kunpeng": "鲲鹏",
    "phytium": "飞腾",
    "hygon": "海光",
    "ascend": "昇腾",
    "nvidia": "英伟达",
}
"""The last part of a generated pool's name in Chinese."""

HUB_NAMES: Mapping[str, str] = {
    "zhangjiakou-hub": "张家口枢纽",
    "changsanjiao-hub": "长三角枢纽",
    "wuhu-hub": "芜湖枢纽",
    "shaoguan-hub": "韶关枢纽",
    "tianfu-hub": "天府枢纽",
    "chongqing-hub": "重庆枢纽",
    "guian-hub": "贵安枢纽",
    "helingeer-hub": "和林格尔枢纽",
    "qingyang-hub": "庆阳枢纽",
    "zhongwei-hub": "中卫枢纽",
}
"""The ten hub clusters in Chinese."""
