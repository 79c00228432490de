"""The resources that nodes have and jobs ask for."""

RESOURCES = ("vcpu", "memory", "gpu", "gpu_memory", "dpu", "local_storage")
"""Resource words of all measures and levels, in the order of all arrays."""

RESOURCE_UNITS = {
    "vcpu": "vCPU",
    "memory": "GiB",
    "gpu": "GPU",
    "gpu_memory": "GiB",
    "dpu": "DPU",
    "local_storage": "GB",
}
"""The unit in which tables and figures give each resource."""
