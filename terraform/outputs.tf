# No kubeconfig: `doctl kubernetes cluster kubeconfig save` fetches one that expires.
output "cluster_id" {
  description = "What doctl calls the cluster."
  value       = digitalocean_kubernetes_cluster.this.id
}

output "registry" {
  description = "Where images are pushed to, e.g. registry.digitalocean.com/todo."
  value       = var.owns_account ? digitalocean_container_registry.this[0].endpoint : data.digitalocean_container_registry.this[0].endpoint
}

output "gateway_address" {
  description = "Address the host name points to; empty until the gateway has one."
  value       = var.gateway_address
}

output "buckets" {
  description = "Names of the buckets by what is in them."
  value       = { for purpose, bucket in digitalocean_spaces_bucket.this : purpose => bucket.name }
}

output "bucket_keys" {
  description = "For each bucket a key that opens it and no other."
  sensitive   = true
  value = {
    for purpose, key in digitalocean_spaces_key.this :
    purpose => { access_key = key.access_key, secret_key = key.secret_key }
  }
}

output "data_values" {
  description = "Helm values of charts/data: what is managed is switched off, and where PostgreSQL is archived."
  value = {
    postgres = {
      enabled = !var.managed_postgresql.enabled
      archive = {
        bucket   = digitalocean_spaces_bucket.this["archive"].name
        endpoint = "https://${local.backups_region}.digitaloceanspaces.com"
        region   = local.backups_region
      }
    }
    redis = { enabled = !var.managed_valkey.enabled }
  }
}

output "todo_values" {
  description = "Helm values of charts/todo: its host and what follows from it, its registry, where backups go and managed databases are."
  value = {
    host         = local.host
    frontend     = { env = { TODO_ALLOWED_HOSTS = local.host } }
    task         = { env = { TODO_PUBLIC_URL = "https://${local.host}" } }
    notification = { env = { TODO_PUBLIC_URL = "https://${local.host}" } }
    global = merge(
      { backup = { store = {
        endpoint = "https://${local.backups_region}.digitaloceanspaces.com"
        region   = local.backups_region
        bucket   = digitalocean_spaces_bucket.this["backups"].name
      } } },
      { image = { registry = var.owns_account ? digitalocean_container_registry.this[0].endpoint : data.digitalocean_container_registry.this[0].endpoint } },
      var.managed_postgresql.enabled ? {
        database = {
          host     = digitalocean_database_cluster.postgresql[0].private_host
          port     = digitalocean_database_cluster.postgresql[0].port
          ssl      = "verify-full"
          caSecret = "postgres-ca"
          peers    = [{ ipBlock = { cidr = var.vpc_range } }]
        }
      } : {},
      var.managed_valkey.enabled ? {
        redis = {
          host  = "${digitalocean_database_cluster.valkey[0].private_host}:${digitalocean_database_cluster.valkey[0].port}"
          tls   = true
          peers = [{ ipBlock = { cidr = var.vpc_range } }]
          ports = [digitalocean_database_cluster.valkey[0].port]
        }
      } : {},
    )
  }
}

output "secrets" {
  description = "Kubernetes Secrets of the buckets for backups and archive and of what is managed, by name, as the charts know them."
  sensitive   = true
  value = merge(
    { for name, purpose in { backup-store = "backups", archive-store = "archive" } : name => {
      access_key                          = digitalocean_spaces_key.this[purpose].access_key
      secret_key                          = digitalocean_spaces_key.this[purpose].secret_key
    } },
    { for name, user in digitalocean_database_user.service : "postgres-${name}" => { username = user.name, password = user.password } },
    var.managed_postgresql.enabled ? { postgres-ca = { "ca.crt" = data.digitalocean_database_ca.postgresql[0].certificate } } : {},
    var.managed_valkey.enabled ? { redis = { password = digitalocean_database_cluster.valkey[0].password } } : {},
  )
}
