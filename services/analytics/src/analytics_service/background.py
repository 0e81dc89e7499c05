"""What runs beside requests: the container is put together at startup, gauges, and retention jobs."""

from analytics_service.container import open_container
from analytics_service.dead_letters.gauges import refresh_gauges
from analytics_service.dead_letters.retention import purge_dead_letters
from servicekit.app import in_one_transaction

STARTUP = (open_container,)
WORK = (refresh_gauges,)
PURGE_JOBS = (in_one_transaction(purge_dead_letters),)
