"""The rules of the gate, grouped by what they look at; `rules.gate.registry.gate_rules` finds them."""
