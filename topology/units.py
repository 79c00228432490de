"""Conversion factors, the one place they are written."""

US_PER_MS = 1_000
US_PER_S = 1_000_000
US_PER_H = 3_600 * US_PER_S
S_PER_H = 3_600
H_PER_WEEK = 168
H_PER_YEAR = 8_760
MS_PER_S = 1_000

MILLI = 1_000  # vCPU, GPU and shares are thousandths inside
MIB_PER_GIB = 1_024
MB_PER_GB = 1_000
BITS_PER_BYTE = 8

EARTH_RADIUS_KM = 6_371.0088  # mean radius (IUGG)
ROUTE_FACTOR = 1.4  # length of a fibre route over the great circle; 1.2 to 1.5 is seen
FIBRE_US_PER_KM = 4.9  # light in fibre, one way
