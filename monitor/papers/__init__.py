"""The documents that a person reads in an evidence pack: frozen facts in, papers out.

`facts` is what `monitor.cases` gathers, `audiences` the table of what each reader may hold.
"""
