"""Events: transactional outbox and its relay, idempotent consumers, dead letters, leader election."""
