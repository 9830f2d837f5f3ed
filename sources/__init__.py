"""Files as people send them -> canonical tables: `sources.load.load`, `sources.inspecting.inspect`.

Nothing is imported here: whoever wants one small part need not wait for the readers of all formats.
"""
