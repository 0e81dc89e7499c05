"""Errors of the task service."""

from servicekit.errors import Conflict, Invalid


class NoSuchParent(Invalid):
    code = "no-such-parent"
    title = "There is no such task to be the parent"


class TooDeep(Invalid):
    code = "too-deep"
    title = "This would lie too deep"


class NoSuchProject(Invalid):
    code = "no-such-project"
    title = "There is no such project"


class NoSuchNeighbour(Invalid):
    code = "no-such-neighbour"
    title = "There is no such task to be the neighbour"


class ComesBackByItself(Conflict):
    code = "comes-back-by-itself"
    title = "This comes back when the one before it is done"


class NothingFollows(Conflict):
    code = "nothing-follows"
    title = "There is no next occurrence"


class NameTaken(Conflict):
    code = "name-taken"
    title = "There is one of that name already"
