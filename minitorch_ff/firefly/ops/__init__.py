"""Operators: each computes forward and differentiates backward, from primitives alone."""
