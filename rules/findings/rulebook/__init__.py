"""The rules, one function each; modules group them as the domain does. Imported in order of their names."""
