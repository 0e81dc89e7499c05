"""How often each request of the mix is sent: of 100, as Vikunja published it of its cloud.

Apart from Locust, which changes Python's sockets when imported: `loadtest.chaos` asks by asyncio.
"""

READS = {"read_task": 52, "list_tasks": 20, "read_notifications": 15, "read_account": 5, "read_summary": 5}
WRITES = {"add_task": 1, "edit_task": 1, "complete_task": 1}
SHARES = READS | WRITES
