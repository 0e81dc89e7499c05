"""Files of every kind that is read, for tests."""

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from task_service.import_export import formats
from task_service.import_export.formats import Format
from task_service.import_export.parsed_file import ParsedFile
from task_service.quickadd import Calendar

CALENDAR = Calendar.for_zone(datetime(2026, 11, 24, 10, 30, tzinfo=UTC), "Europe/Berlin")
AMERICAN = Calendar.for_zone(datetime(2026, 11, 24, 10, 30, tzinfo=UTC), "US/Eastern")


def read(
    body: str | bytes, format: Format | None = None, project: str | None = None, calendar: Calendar = CALENDAR
) -> ParsedFile:
    return formats.read_file(body.encode() if isinstance(body, str) else body, format, project, calendar)


def report_lines(source: ParsedFile) -> list[tuple[str, str]]:
    return [(line["where"], line["what"]) for line in source.report.lines]


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


TICKTICK = """\ufeff"Date: 2026-11-29+0000"
"Version: 7.1"
"Status:\x20
0 Normal
1 Completed
2 Archived"
"Folder Name","List Name","Title","Kind","Tags","Content","Is Check list","Start Date","Due Date","Reminder",\
"Repeat","Priority","Status","Created Time","Completed Time","Order","Timezone","Is All Day","Is Floating",\
"Column Name","Column Order","View Mode","taskId","parentId"
"Work","Office","Weekly report","TEXT","a, b","Write it","N","","2026-12-02T23:00:00+0000","",\
"FREQ=WEEKLY;INTERVAL=1","5","2","2026-11-01T10:00:00+0000","2026-11-20T10:00:00+0000","-1",\
"Europe/Berlin","true","false","","","list","1",""
"","Inbox","Sub","CHECKLIST","","▫milk
▪tea","Y","","2026-12-02T13:00:00+0000","","","3","0","","","-2","Europe/Berlin","false","false","","","list",\
"2","1"
"""
TODOIST_HEAD = "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT,AUTHOR,RESPONSIBLE,DATE,DATE_LANG,TIMEZONE\n"
TODOIST = zipped(
    {
        "Inbox [220325187].csv": "\ufeff"
        + TODOIST_HEAD
        + "meta,view_style=list,,,,,,,,\ntask,Buy @home,d,1,1,Ada (1),,every day,en,\nnote,hello,,,,,,,,\n"
        + "task,Below,,4,2,Ada (1),Bob (2),2026-12-03 14:00,en,\n,,,,,,,,,\nsection,Later,,,,,,,,\n"
        + "task,T,,3,1,Ada (1),,morgen um acht,de,\n",
        "Work [9].csv": "TYPE,CONTENT,DESCRIPTION,PRIORITY,INDENT\ntask,W,,2,1\n",
    }
)
GOOGLE: dict[str, Any] = {
    "kind": "tasks#taskLists",
    "items": [
        {
            "kind": "tasks#taskList",
            "title": "My Tasks",
            "id": "L",
            "items": [
                {
                    "id": "a",
                    "title": "Post",
                    "status": "completed",
                    "due": "2026-12-03T00:00:00.000Z",
                    "completed": "2026-01-01T01:01:01.000Z",
                    "links": [{"link": "https://example.org"}],
                },
                {"id": "b", "title": "Stamp", "parent": "a", "notes": "blue", "status": "needsAction"},
            ],
        }
    ],
}
MICROSOFT: dict[str, Any] = {
    "value": [
        {
            "displayName": "Tasks",
            "id": "L",
            "tasks": [
                {
                    "id": "1",
                    "title": "Plan",
                    "status": "completed",
                    "importance": "high",
                    "body": {"content": "<p>first</p><p>second</p>", "contentType": "html"},
                    "dueDateTime": {"dateTime": "2026-12-03T00:00:00.0000000", "timeZone": "UTC"},
                    "completedDateTime": {"dateTime": "2026-11-03T10:00:00.0000000", "timeZone": "UTC"},
                    "reminderDateTime": {"dateTime": "2026-12-02T08:00:00.0000000", "timeZone": "UTC"},
                    "recurrence": {
                        "pattern": {"type": "weekly", "interval": 2, "daysOfWeek": ["monday", "friday"]},
                        "range": {"type": "numbered", "numberOfOccurrences": 4},
                    },
                    "checklistItems": [{"id": "c", "displayName": "step", "isChecked": True}],
                    "linkedResources": [{"webUrl": "https://example.org", "displayName": "Mail"}],
                    "categories": ["Red"],
                    "attachments": [{"name": "x.pdf"}],
                }
            ],
        }
    ]
}
VIKUNJA: list[dict[str, Any]] = [
    {
        "id": 1,
        "title": "Flat",
        "hex_color": "2f7d5b",
        "is_favorite": True,
        "buckets": [{"id": 3, "title": "Doing"}],
        "tasks": [
            {
                "id": 7,
                "title": "Clean",
                "description": '<li data-checked="true"><p>soap</p></li><li data-checked="false">mop</li>',
                "priority": 5,
                "hex_color": "ff0000",
                "bucket_id": 3,
                "is_favorite": True,
                "due_date": "2099-12-03T08:30:00Z",
                "repeat_after": 1209600,
                "labels": [{"title": "home", "hex_color": "00ff00"}],
                "reminders": [{"relative_to": "due_date", "relative_period": -3600}],
                "related_tasks": {"subtask": [{"id": 8}], "blocking": [{"id": 9}]},
            },
            {"id": 8, "title": "Buy soap", "done": True, "done_at": "2026-01-02T03:04:05Z"},
        ],
    }
]
APPLE = """BEGIN:VCALENDAR
PRODID:-//Apple Inc.//Reminders//EN
VERSION:2.0
X-WR-CALNAME:Home
BEGIN:VTODO
UID:1
SUMMARY:Milk
DUE;TZID=Europe/Berlin:20261203T140000
PRIORITY:1
CATEGORIES:a,b
STATUS:COMPLETED
COMPLETED:20261101T100000Z
RRULE:FREQ=DAILY
LOCATION:Shop
BEGIN:VALARM
ACTION:DISPLAY
TRIGGER:-PT15M
END:VALARM
END:VTODO
BEGIN:VTODO
UID:2
SUMMARY:Bread
DUE;VALUE=DATE:20261203
RELATED-TO:1
END:VTODO
BEGIN:VTODO
UID:3
SUMMARY:Call
DUE:20261203T130000Z
END:VTODO
END:VCALENDAR
""".replace("\n", "\r\n")
OURS: dict[str, Any] = {
    "format": "todo",
    "version": 1,
    "projects": [{"id": "p", "name": "P", "colour": "#000000"}],
    "labels": [{"name": "l"}],
    "filters": [{"name": "f", "filter": "done"}],
    "tasks": [{"id": "t", "title": "T", "labels": ["l"], "project_id": "p", "priority": 3}],
}
CSV = "Task Name;Due Date;Tags;Priority\nMilk;03.12.2026 14:00;a,b;High\n"
JSON: dict[str, Any] = {"google": GOOGLE, "microsoft": MICROSOFT, "vikunja": VIKUNJA, "ours": OURS}
ALL: dict[str, bytes] = {
    **{name: json.dumps(document).encode() for name, document in JSON.items()},
    "ticktick": TICKTICK.encode(),
    "todoist": TODOIST,
    "apple": APPLE.encode(),
    "csv": CSV.encode(),
}
