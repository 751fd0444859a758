"""RASP: the language and its read-eval-print loop, RASP embedded in Python, and RASP-L. Layer 2; lark for parsing only."""
