"""Benchmarks: each measures against a peer or a limit in the same run and reports ratios."""

PEAK_BYTES = "int(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1]) * 1024"
"""Expression for scripts of fresh processes: their own peak. (`ru_maxrss` would start at the peak of the parent.)"""
