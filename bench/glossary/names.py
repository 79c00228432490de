"""Tiers, spans, policies, data classes, days and confidences in English and Chinese."""

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
