"""Files that are type-checked and never run.

A call that ends in `# right: why` must pass every checker. One that ends in `# wrong: what` must be
flagged by each: mypy's code stands before it, in the comment that mypy itself reads, and
`tests/test_typing.py` says what each kind of mistake is called by the other checkers. Lines without
either must pass.
"""
