"""What the session and the interface ask of the outside world; `cli` decides which objects answer.

A method that touches a disk or a network is a coroutine, or says that it is quick or blocks.
"""
