"""Turn lab protocols for perovskite quantum dot solar cells into checked plans and batch records."""

__version__ = "0.1.0"
