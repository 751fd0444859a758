"""The command `tprog`: one file a command. Layer 7."""
