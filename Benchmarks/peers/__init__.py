"""Other libraries, each measured in a process of its own by `serve.py`."""
