"""A hospital around Baton, for the quickstart and for tests: its message stream, its other systems, its people.

Python's standard library only. stream.py and mllp.py send; responder.py is what the activities call; people.py decides;
clock.py moves time; day.py plays all of it together; summary.py says what came of it.
"""
