"""The demo company: an AI image product with eighteen months behind it. ``load`` and ``wipe`` are the doors."""
