"""TOML and environment into frozen settings; the only reader of the environment."""

from monitor.settings.policy import load_policy

__all__ = ["load_policy"]
