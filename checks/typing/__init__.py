"""Files that are type-checked and never run: what a checker has to say of each call.

    call  # right: why
    call  # wrong: kind of mistake
    call  # wrong: kind of mistake | hole: checkers that misjudge it

Lines without such a comment must pass. `checks/checkers.py` reads and runs them,
`docs/type-checkers.md` says what the holes are.
"""
