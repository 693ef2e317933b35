"""How publishers write their maps: a file each."""
