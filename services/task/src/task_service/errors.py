"""Errors of the task service."""

from servicekit.errors import Conflict, Invalid


class NoSuchParent(Invalid):
    code = "no-such-parent"
    title = "The parent task does not exist"


class TooDeep(Invalid):
    code = "too-deep"
    title = "This is nested too deeply"


class NoSuchProject(Invalid):
    code = "no-such-project"
    title = "The project does not exist"


class NoSuchNeighbour(Invalid):
    code = "no-such-neighbour"
    title = "The task to move next to does not exist"


class ComesBackByItself(Conflict):
    code = "comes-back-by-itself"
    title = "This occurrence comes back when the previous one is completed"


class NothingFollows(Conflict):
    code = "nothing-follows"
    title = "There is no next occurrence"


class NameTaken(Conflict):
    code = "name-taken"
    title = "This name is already taken"
