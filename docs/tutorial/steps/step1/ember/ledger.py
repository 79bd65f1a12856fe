"""A second back end: it notes what it is asked to do, and has another do it."""


class Ledger:
    """Primitives that keep a list of the calls made to them.

    Args:
        primitives: The back end that does the work.
    """

    def __init__(self, primitives):
        self.primitives = primitives
        self.calls = []

    def __getattr__(self, name):
        primitive = getattr(self.primitives, name)

        def noted(*args, **settings):
            self.calls.append(name)
            return primitive(*args, **settings)

        return noted
