"""RASP: the language, its read-eval-print loop, RASP embedded in Python, RASP-L. Layer 2; lark for parsing only."""
