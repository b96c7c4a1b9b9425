"""Measures the gateway beside what people would use instead, in one run, interleaved."""
