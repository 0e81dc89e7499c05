"""The words of docs/RELIABILITY.md around its tables."""

from loadtest.chaos.faults import SKEWED_SECONDS
from loadtest.chaos.running import REMINDED_SECONDS

RECOVERED_SECONDS = 30
"""The goal: less than that."""
TOLD = """# Reliability

What happens to people's data and requests when a part of the system fails. `make chaos` starts a system of
its own with real parts (six services with their sidecars, one replica each; Kafka, Redis, Dapr's scheduler,
PostgreSQL), lets people work, and breaks one part after the other. This page is made from its result file,
[chaos.json](../loadtest/reports/chaos.json)."""
READING = f"""## How to read it

After each fault people stop, writes nobody answered are sent again with their idempotency keys, consumers
finish, and one [ledger](../loadtest/chaos/ledger.py) compares what clients were told with what is in the
databases and on the topic:

- *lost*: acknowledged writes that aren't stored, or not as they were acknowledged.
- *missing*, *doubled*: effects that are there less or more than once: a task nobody was told of, a version
  nobody asked for, an event of a version, a count of the statistics, a call of a webhook. Kafka may hold one
  event twice; that is no effect, as its id is the same.
- *reminders*: those that were due from the beginning of the fault until {REMINDED_SECONDS} s after it;
  *wrong* are those that came twice, never, over a second early, or over a minute late (which is when the
  inbox itself says that they are).
- *recovered*: seconds until a round of requests of every kind succeeded, followed by another such round, and
  consumers were through with all that had been acknowledged before. A round a second: lists, inbox, account,
  statistics; a task that is added, edited, completed and read; the assistant; a sign-in. It counts from the
  moment of a kill, and from the end of a fault that lasts.
- *machine*: its load average over a minute, which on two processors should be about two; where others made
  it much more, times are theirs, too.
- *failed*: requests that weren't answered well, of all that people sent from the beginning of the fault
  until recovery. They are no goal: with one replica of each service requests do fail while it is away.

Goals: nothing lost, missing, doubled or wrong, and recovered in less than {RECOVERED_SECONDS} s."""
DOING = f"""## How it is done

- *kill -9*: the process, which is started again after half a second as by a kubelet; servers at once.
- *stopped*: SIGSTOP, then SIGCONT. The process is there and holds its connections, but answers nothing.
- *disk full*: the server's data lie in a file system of their own (in memory, so `fsync` costs nothing), and
  not a block is left. A server that ends of it is started when there is space again.
- *network cut*: packets from and to the ports of a part are dropped by nftables, and nobody is told so.
- *slow database*: PostgreSQL runs for 10 of every 100 ms.
- *clock*: a second replica joins whose clock is {SKEWED_SECONDS} s wrong (libfaketime), and leaves in the
  end. Half of the requests and jobs are its. NTP is to keep clocks right; this is where it fails.
- *rolling restart*: SIGTERM to each app and sidecar, then each server, the next one when all answer.

Disks and network are those of namespaces of the run, so nothing else on the machine notices; they need root,
and without it these faults are skipped.

## Rerun it

```sh
make chaos                               # all of it, about half an hour
make chaos ONLY='stopped: (kafka|task)'  # some faults; replaces their rows
make chaos SHARE=0.25 SECONDS=5          # less load, shorter faults
```

It exits with an error if a goal is missed. `uv run python -m loadtest.chaos --list` names the faults."""
CLUSTER = f"""## On the cluster

What takes more than one replica, `make cluster-proof` tries on a Kubernetes cluster, and puts its numbers
into its [reports](../tests/cluster/reports): PostgreSQL's primary killed under load while CloudNativePG
promotes a standby ([test_failover.py](../tests/cluster/todo/test_failover.py): no acknowledged write lost,
writes taken again; the goal is {RECOVERED_SECONDS} s there, too, its bound 60 s on a machine that does other
things), a node drained ([test_drain.py](../tests/cluster/todo/test_drain.py)), releases and evictions
([test_releases.py](../tests/cluster/todo/test_releases.py)). The loss of a zone was never tried: that
cluster is one machine."""
