"""School Monitor: watch what is publicly said about a school, keep the evidence, stay within the law."""

__version__ = "0.1.0"
