# Against a provider that makes up answers: no token, nothing is made.
mock_provider "digitalocean" {
  mock_data "digitalocean_kubernetes_versions" {
    defaults = { latest_version = "1.35.6-do.0" }
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

run "cluster_is_vpc_native_and_upgrades_in_its_window" {
  command = plan

  assert {
    condition     = digitalocean_kubernetes_cluster.this.cluster_subnet == "10.112.0.0/16" && digitalocean_kubernetes_cluster.this.service_subnet == "10.113.0.0/19"
    error_message = "Pods and services have no ranges of their own."
  }
  assert {
    condition     = digitalocean_kubernetes_cluster.this.version == "1.35.6-do.0"
    error_message = "The version isn't the newest patch of the minor."
  }
  assert {
    condition     = digitalocean_kubernetes_cluster.this.ha && digitalocean_kubernetes_cluster.this.surge_upgrade && digitalocean_kubernetes_cluster.this.auto_upgrade
    error_message = "An upgrade would be noticed."
  }
  assert {
    condition     = digitalocean_kubernetes_cluster.this.maintenance_policy[0].day == "sunday" && digitalocean_kubernetes_cluster.this.maintenance_policy[0].start_time == "03:00"
    error_message = "It upgrades outside its window."
  }
  assert {
    condition     = digitalocean_kubernetes_cluster.this.registry_integration && !digitalocean_kubernetes_cluster.this.destroy_all_associated_resources
    error_message = "It can't pull images, or would take volumes with it."
  }
  assert {
    condition     = length(digitalocean_kubernetes_cluster.this.control_plane_firewall) == 0
    error_message = "A firewall nobody asked for."
  }
}

run "workers_are_three_to_ten_in_a_pool_of_their_own" {
  command = plan

  assert {
    condition     = digitalocean_kubernetes_node_pool.workers.auto_scale && digitalocean_kubernetes_node_pool.workers.min_nodes == 3 && digitalocean_kubernetes_node_pool.workers.max_nodes == 10
    error_message = "Not 3 to 10."
  }
  assert {
    condition     = digitalocean_kubernetes_node_pool.workers.size == "s-8vcpu-16gb" && digitalocean_kubernetes_cluster.this.node_pool[0].size == "s-2vcpu-4gb"
    error_message = "The size of workers is the size of the pool that can't change."
  }
  assert {
    condition     = strcontains(digitalocean_kubernetes_node_pool.workers.name, digitalocean_kubernetes_node_pool.workers.size)
    error_message = "Two pools of one name can't stand side by side while one replaces the other."
  }
}

run "control_plane_answers_only_who_is_listed" {
  command = plan
  variables { control_plane_addresses = ["192.0.2.0/24"] }

  assert {
    condition     = digitalocean_kubernetes_cluster.this.control_plane_firewall[0].enabled && contains(digitalocean_kubernetes_cluster.this.control_plane_firewall[0].allowed_addresses, "192.0.2.0/24")
    error_message = "The control plane is open."
  }
}

run "production_without_a_second_control_plane_is_refused" {
  command = plan
  variables { high_availability = false }
  expect_failures = [var.high_availability]
}

run "fewer_workers_than_brokers_are_refused" {
  command = plan
  variables { workers = { min = 2, max = 10 } }
  expect_failures = [var.workers]
}

run "more_workers_than_anybody_pays_for_are_refused" {
  command = plan
  variables { workers = { min = 3, max = 11 } }
  expect_failures = [var.workers]
}

run "overlapping_ranges_are_refused" {
  command = plan
  variables { service_range = "10.112.0.0/16" }
  expect_failures = [var.service_range]
}

run "an_hour_that_is_none_is_refused" {
  command = plan
  variables { maintenance = { day = "sunday", start_time = "3am" } }
  expect_failures = [var.maintenance]
}

run "an_environment_nobody_knows_is_refused" {
  command = plan
  variables { environment = "demo" }
  expect_failures = [var.environment]
}
