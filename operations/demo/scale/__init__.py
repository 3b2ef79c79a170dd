"""Fills a database with very many users, so that pages can be measured where it hurts. ``scale`` is the door."""

from operations.demo.scale.fill import BATCH, Scaled, scale

__all__ = ["BATCH", "Scaled", "scale"]
