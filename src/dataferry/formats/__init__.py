"""What goes over the wire to other people's tools.

`delta_sharing`: the Delta Sharing protocol, without a server. `changes`: the change feed between two versions of a
table, `large_changes`: the same for tables larger than memory. `odrl`: policies in the words of the W3C.
"""
