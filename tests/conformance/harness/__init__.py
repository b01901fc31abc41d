"""What `run.py` is made of: cases, engines, and the comparison of what was seen with what was expected."""
