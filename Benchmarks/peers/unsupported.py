"""What a peer says about a case that it has no operation for."""


class Unsupported(Exception):
    """The library cannot do this; the message says what is lacking."""
