# Registry, DNS, buckets and databases.
mock_provider "digitalocean" {
  mock_resource "digitalocean_container_registry" {
    defaults        = { endpoint = "registry.digitalocean.com/todo" }
    override_during = plan
  }
  mock_resource "digitalocean_database_cluster" {
    defaults        = { private_host = "private.db.example.com", port = 25060 }
    override_during = plan
  }
}

variables {
  environment       = "production"
  owns_account      = true
  region            = "fra1"
  registry_name     = "todo"
  domain            = "example.com"
  subdomain         = "todo"
  vpc_range         = "10.10.0.0/20"
  pod_range         = "10.112.0.0/16"
  service_range     = "10.113.0.0/19"
  backups_region    = "ams3"
  high_availability = true
  worker_node_size  = "s-8vcpu-16gb"
  maintenance       = { day = "sunday", start_time = "03:00" }
}

run "registry_has_room_for_every_service" {
  command = plan

  assert {
    condition     = digitalocean_container_registry.this[0].subscription_tier_slug == "professional" && output.registry == "registry.digitalocean.com/todo"
    error_message = "Not the registry the charts pull from."
  }
}

run "registry_with_fewer_repositories_than_services_is_refused" {
  command = plan
  variables { registry_tier = "basic" }
  expect_failures = [digitalocean_container_registry.this]
}

run "registry_of_the_basic_tier_does_for_four_services" {
  command = plan
  variables {
    registry_tier = "basic"
    services      = ["frontend", "user", "task", "chat"]
  }

  assert {
    condition     = digitalocean_container_registry.this[0].subscription_tier_slug == "basic"
    error_message = "Not basic."
  }
}

run "staging_uses_the_registry_and_the_domain_there_are" {
  command = plan
  variables {
    environment  = "staging"
    owns_account = false
  }

  assert {
    condition     = length(digitalocean_container_registry.this) == 0 && length(digitalocean_domain.this) == 0
    error_message = "It makes what production owns."
  }
}

run "staging_owns_nothing_of_the_account" {
  command = plan
  variables { environment = "staging" }
  expect_failures = [var.owns_account]
}

run "there_is_no_record_without_an_address" {
  command = plan

  assert {
    condition     = length(digitalocean_record.host) == 0
    error_message = "A record that points nowhere."
  }
}

run "record_points_to_the_gateway" {
  command = plan
  variables { gateway_address = "192.0.2.7" }

  assert {
    condition     = digitalocean_record.host[0].type == "A" && digitalocean_record.host[0].value == "192.0.2.7" && digitalocean_record.host[0].name == "todo"
    error_message = "The host name leads elsewhere."
  }
  assert {
    condition     = output.todo_values.host == "todo.example.com"
    error_message = "The charts are told another host."
  }
  assert {
    condition     = output.todo_values.frontend.env.TODO_ALLOWED_HOSTS == output.todo_values.host
    error_message = "The frontend would refuse who asks by the host name."
  }
  assert {
    condition     = alltrue([for each in [output.todo_values.task, output.todo_values.notification] : each.env.TODO_PUBLIC_URL == "https://${output.todo_values.host}"])
    error_message = "Links in mails and calendars lead elsewhere."
  }
}

run "nobody_but_lets_encrypt_may_certify_the_domain" {
  command = plan

  assert {
    condition     = length(digitalocean_record.certificate_authority) == 1
    error_message = "Others may as well."
  }
  assert {
    condition     = alltrue([for record in digitalocean_record.certificate_authority : record.type == "CAA" && record.tag == "issue" && record.flags == 0 && record.name == "@" && record.value == "letsencrypt.org."])
    error_message = "No authority would read it so."
  }
}

run "the_domain_is_closed_by_who_owns_it" {
  command = plan
  variables {
    environment  = "staging"
    owns_account = false
  }

  assert {
    condition     = length(digitalocean_record.certificate_authority) == 0
    error_message = "Two environments fight over one record."
  }
}

run "an_authority_that_is_none_is_refused" {
  command = plan
  variables { certificate_authorities = ["Let's Encrypt"] }
  expect_failures = [var.certificate_authorities]
}

run "an_address_that_is_none_is_refused" {
  command = plan
  variables { gateway_address = "todo.example.com" }
  expect_failures = [var.gateway_address]
}

run "buckets_are_private_and_forget" {
  command = plan

  assert {
    condition     = alltrue([for bucket in digitalocean_spaces_bucket.this : bucket.acl == "private" && !bucket.force_destroy && bucket.versioning[0].enabled])
    error_message = "Open, or gone with a mistake."
  }
  assert {
    condition     = one(digitalocean_spaces_bucket.this["archive"].lifecycle_rule[0].expiration).days == 30 && one(digitalocean_spaces_bucket.this["backups"].lifecycle_rule[0].expiration).days == 30 && one(digitalocean_spaces_bucket.this["logs"].lifecycle_rule[0].expiration).days == 14
    error_message = "Kept too short or too long."
  }
  assert {
    condition     = alltrue([for key in digitalocean_spaces_key.this : length(key.grant) == 1 && key.grant[0].permission == "readwrite" && key.grant[0].bucket != ""])
    error_message = "A key opens more than its bucket."
  }
}

run "backups_go_where_the_charts_are_told" {
  command = plan

  assert {
    condition     = output.todo_values.global.backup.store.bucket == digitalocean_spaces_bucket.this["backups"].name && output.todo_values.global.backup.store.endpoint == "https://ams3.digitaloceanspaces.com"
    error_message = "The charts are told of another bucket."
  }
  assert {
    condition     = digitalocean_spaces_bucket.this["backups"].region == "ams3" && output.todo_values.global.backup.store.region == "ams3" && digitalocean_spaces_bucket.this["logs"].region == "fra1"
    error_message = "Backups are lost with the data centre they are of."
  }
  assert {
    condition     = contains(keys(output.secrets), "backup-store")
    error_message = "Nobody gets the key of the bucket."
  }
}

run "the_archive_goes_where_the_charts_are_told" {
  command = plan

  assert {
    condition     = output.data_values.postgres.archive.bucket == digitalocean_spaces_bucket.this["archive"].name && output.data_values.postgres.archive.endpoint == "https://ams3.digitaloceanspaces.com"
    error_message = "PostgreSQL is told of another bucket."
  }
  assert {
    condition     = digitalocean_spaces_bucket.this["archive"].region == "ams3" && output.data_values.postgres.archive.region == "ams3"
    error_message = "The archive is lost with the data centre it is of."
  }
  assert {
    condition     = contains(keys(output.secrets), "archive-store")
    error_message = "Nobody gets the key of the bucket."
  }
}

run "an_archive_of_less_than_thirty_days_is_refused" {
  command = plan
  variables { retention_days = { archive = 14, backups = 30, logs = 14 } }
  expect_failures = [var.retention_days]
}

run "backups_beside_the_cluster_are_refused_in_production" {
  command = plan
  variables { backups_region = "fra1" }
  expect_failures = [var.backups_region]
}

run "backups_of_staging_may_be_where_the_other_buckets_are" {
  command = plan
  variables {
    environment    = "staging"
    owns_account   = false
    backups_region = ""
  }

  assert {
    condition     = digitalocean_spaces_bucket.this["backups"].region == "fra1" && output.todo_values.global.backup.store.endpoint == "https://fra1.digitaloceanspaces.com"
    error_message = "Nowhere in particular."
  }
}

run "backups_of_less_than_thirty_days_are_refused" {
  command = plan
  variables { retention_days = { archive = 30, backups = 7, logs = 14 } }
  expect_failures = [var.retention_days]
}

run "databases_are_the_cluster_s_own_unless_asked" {
  command = plan

  assert {
    condition     = length(digitalocean_database_cluster.postgresql) == 0 && output.data_values.postgres.enabled && output.data_values.redis.enabled
    error_message = "A managed database nobody asked for."
  }
  assert {
    condition     = !can(output.todo_values.global.database)
    error_message = "The charts are told of a database that isn't there."
  }
}

run "managed_databases_are_private_and_known_to_the_charts" {
  command = plan
  variables {
    managed_postgresql = { enabled = true }
    managed_valkey     = { enabled = true }
  }

  assert {
    condition     = one(digitalocean_database_firewall.postgresql[0].rule).type == "k8s" && one(digitalocean_database_firewall.valkey[0].rule).type == "k8s"
    error_message = "Others than the cluster may connect."
  }
  assert {
    condition     = length(digitalocean_database_user.service) == 5 && !contains(keys(digitalocean_database_user.service), "frontend")
    error_message = "Not a user per service with a database."
  }
  assert {
    condition     = digitalocean_database_cluster.valkey[0].eviction_policy == "noeviction" && digitalocean_database_cluster.postgresql[0].node_count == 2
    error_message = "It may lose what it was given."
  }
  assert {
    condition     = !output.data_values.postgres.enabled && !output.data_values.redis.enabled
    error_message = "The charts would make a second one."
  }
  assert {
    condition     = output.todo_values.global.database.host == "private.db.example.com" && output.todo_values.global.database.ssl == "verify-full"
    error_message = "The services are sent over the public network."
  }
  assert {
    condition     = output.todo_values.global.redis.host == "private.db.example.com:25060" && output.todo_values.global.redis.tls
    error_message = "Redis is spoken to in the open."
  }
}

run "a_database_with_too_few_connections_is_refused" {
  command = plan
  variables { managed_postgresql = { enabled = true, size = "db-s-8vcpu-16gb" } }
  expect_failures = [var.managed_postgresql]
}

run "production_without_a_standby_is_refused" {
  command = plan
  variables { managed_postgresql = { enabled = true, nodes = 1 } }
  expect_failures = [var.managed_postgresql]
}
