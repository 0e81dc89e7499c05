"""What is wrong with a filter, and where."""


class FilterError(ValueError):
    """A filter that can't be read; `position` is the offset of the first wrong character."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position
