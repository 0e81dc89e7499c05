"""What the names of columns mean, in the words of the programs that write them.

Case, spaces, hyphens and underscores make no difference.
"""

import re
from collections.abc import Mapping, Sequence

SYNONYMS: Mapping[str, Sequence[str]] = {
    "id": ("id", "taskid", "uid", "uuid", "gid", "cardid", "todoid", "issueid"),
    "title": (
        *("title", "taskname", "tasktitle", "task", "name", "cardname", "cardtitle", "summary", "subject"),
        *("todo", "todoname", "item", "itemname", "issue", "what", "content", "text"),
    ),
    "notes": (
        *("notes", "note", "description", "desc", "details", "body", "taskdescription", "carddescription"),
        *("tasknotes", "tasknote", "taskcontent", "content", "memo", "text", "comments", "comment"),
    ),
    "done": (
        *("done", "isdone", "completed", "iscompleted", "complete", "iscomplete", "checked", "finished"),
        *("status", "taskstatus", "state", "closed", "archived"),
    ),
    "completed_at": (
        *("completedat", "completeddate", "datecompleted", "completedon", "completiondate", "completedtime"),
        *("completeddatetime", "dateclosed", "closedat", "closeddate", "doneat", "donedate"),
        *("datedone", "finishedat", "timecompleted"),
    ),
    "created_at": (
        *("createdat", "created", "datecreated", "createddate", "createdon", "createdtime", "creationdate"),
        *("createddatetime", "creationtime", "addedat", "dateadded", "timecreated"),
    ),
    "priority": ("priority", "prio", "taskpriority", "importance", "urgency"),
    "labels": ("labels", "label", "tags", "tag", "tasktags", "categories", "category", "contexts", "context"),
    "project": (
        *("project", "projects", "projectname", "list", "listname", "tasklist", "tasklistname"),
        *("listtitle", "tasklisttitle"),
    ),
    "folder": ("folder", "foldername"),
    "parent_id": (
        *("parentid", "parent", "parenttask", "parenttaskid", "parenttaskname", "parentname"),
        *("parenttitle", "parentkey"),
    ),
    "due_date": (
        *("duedate", "due", "dueon", "dueat", "duedatetime", "dueby", "datedue", "taskduedate", "deadline"),
        *("date", "when"),
    ),
    "due_time": ("duetime", "timedue", "time"),
    "all_day": ("isallday", "allday", "alldayevent"),
    "time_zone": ("timezone", "tz", "zone"),
    "reminders": ("reminder", "reminders", "remindat", "remindertime", "alarm", "alarms", "alert", "alerts"),
    "rule": ("rule", "rrule", "recurrence", "repeat", "recurrencerule", "recurring", "repeats"),
    "rule_from": ("rulefrom",),
    "rule_month_end": ("rulemonthend",),
    "rule_missed": ("rulemissed",),
}
"""Meaning → names, the most exact one first."""
_FIELDS_BY_NAME: dict[str, list[tuple[str, int]]] = {}
for _meaning, _names in SYNONYMS.items():
    for _rank, _name in enumerate(_names):
        _FIELDS_BY_NAME.setdefault(_name, []).append((_meaning, _rank))
_SEPARATORS = re.compile(r"[\W_]+")


def normalize_name(name: str) -> str:
    return _SEPARATORS.sub("", name.casefold())


def is_header(row: Sequence[str]) -> bool:
    """Whether a row can name the columns: one of them is the title."""
    return any(
        meaning == "title" for name in row for meaning, _ in _FIELDS_BY_NAME.get(normalize_name(name), ())
    )


def map_columns(names: Sequence[str]) -> tuple[list[str | None], dict[int, str]]:
    """For each column what it means, if it does; and those that mean the same less exactly, with what.

    A column that could be two things is what no other column is more exactly.
    """
    found: list[str | None] = [None] * len(names)
    beside: dict[int, str] = {}
    taken: dict[str, int] = {}
    claims = sorted(
        (meaning != "title", rank, place, meaning)
        for place, name in enumerate(names)
        for meaning, rank in _FIELDS_BY_NAME.get(normalize_name(name), ())
    )
    for *_, place, meaning in claims:
        if found[place] is None and meaning not in taken:
            found[place], taken[meaning] = meaning, place
    for *_, place, meaning in claims:
        if found[place] is None:
            beside.setdefault(place, meaning)
    return found, beside
