"""A back end that tells of every primitive that is called on it.

`minitorch_ff.explain` puts it in the place of the real one for the time of a trace.
"""


class Watched:
    """Everything that `backend` offers, and each call inside a `with around(name, arguments)`.

    What the `with` statement gives is called with the primitive's result. Calls among
    primitives are not seen: the back end knows nothing of this one.

    Args:
        backend: The back end that does the work.
        around: Returns the context manager of a call.

    Example:
        >>> from contextlib import contextmanager
        >>> from minitorch_ff.firefly.backend import registry
        >>> @contextmanager
        ... def around(name, arguments):
        ...     yield lambda result: print(f"{name}{arguments} = {result}")
        >>> _ = Watched(registry.cpu, around).add(1, 2)
        add(1, 2) = 3
    """

    def __init__(self, backend, around):
        self.backend = backend
        self.around = around

    def __getattr__(self, name):
        function = getattr(self.backend, name)
        if not callable(function) or isinstance(function, type):
            return function

        def primitive(*args, **settings):
            with self.around(name, (*args, *settings.values())) as see:
                result = function(*args, **settings)
                see(result)
            return result

        setattr(self, name, primitive)  # next time it is found at once
        return primitive
