"""Finding rules: functions on tables. `run_rules` runs them all; the rules themselves stand in `rulebook`."""

from rules.findings.run import run_rules

__all__ = ["run_rules"]
