variable "project" {
  description = "Beginning of every name."
  type        = string
  default     = "todo"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,20}$", var.project))
    error_message = "2 to 21 lower-case letters, digits and dashes; a letter first."
  }
}

variable "environment" {
  description = "Which environment this is; also the namespace the charts go to."
  type        = string

  validation {
    condition     = contains(["staging", "production"], var.environment)
    error_message = "Either staging or production."
  }
}

variable "owns_account" {
  description = "Whether this environment makes what exists once per account: registry and domain."
  type        = bool

  validation {
    condition     = !var.owns_account || var.environment == "production"
    error_message = "Staging can be torn down; what all environments need belongs to production."
  }
}

variable "services" {
  description = "The services there are; each has an image, and all but the frontend a database."
  type        = set(string)
  default     = ["frontend", "user", "task", "chat", "notification", "analytics"]

  validation {
    condition     = alltrue([for name in var.services : can(regex("^[a-z][a-z-]*$", name))])
    error_message = "Names are lower-case words."
  }
}

variable "region" {
  description = "Data centre of cluster and databases, e.g. fra1."
  type        = string

  validation {
    condition     = can(regex("^[a-z]{3}[0-9]$", var.region))
    error_message = "Three letters and a digit, as in fra1."
  }
}

variable "registry_name" {
  description = "Name of the container registry; unique at DigitalOcean. One per account."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.registry_name))
    error_message = "3 to 63 lower-case letters, digits and dashes."
  }
}

variable "registry_tier" {
  description = "Plan of the registry. Basic holds five repositories, two fewer than there are images."
  type        = string
  default     = "professional"

  validation {
    condition     = contains(["starter", "basic", "professional"], var.registry_tier)
    error_message = "One of starter, basic, professional."
  }
}

variable "domain" {
  description = "Domain whose records DigitalOcean serves, e.g. example.com."
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9-]+[.])+[a-z]{2,}$", var.domain))
    error_message = "A domain name in lower case."
  }
}

variable "subdomain" {
  description = "Name of the A record below the domain; @ for the domain itself."
  type        = string

  validation {
    condition     = can(regex("^(@|[a-z0-9]([a-z0-9.-]*[a-z0-9])?)$", var.subdomain))
    error_message = "@, or labels in lower case."
  }
}

variable "certificate_authorities" {
  description = "Who may issue certificates for the domain and all below it, by the name each has in CAA records."
  type        = set(string)
  default     = ["letsencrypt.org"]

  validation {
    condition     = length(var.certificate_authorities) > 0 && alltrue([for name in var.certificate_authorities : can(regex("^([a-z0-9-]+[.])+[a-z]{2,}$", name))])
    error_message = "Domain names in lower case, one at least: without any everybody may."
  }
}

variable "gateway_address" {
  description = "IPv4 address of the gateway's load balancer; empty as long as there is none."
  type        = string
  default     = ""

  validation {
    condition     = var.gateway_address == "" || can(cidrnetmask("${var.gateway_address}/32"))
    error_message = "An IPv4 address."
  }
}

variable "vpc_range" {
  description = "Addresses of nodes and databases, as CIDR."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.vpc_range)) && try(tonumber(split("/", var.vpc_range)[1]), 0) >= 16
    error_message = "An IPv4 range of at most /16."
  }
}

variable "pod_range" {
  description = "Addresses of pods, as CIDR; outside every other network of the account. Can't change later."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.pod_range)) && try(tonumber(split("/", var.pod_range)[1]), 99) <= 19
    error_message = "An IPv4 range of at least /19: each node takes a /25 of it or more."
  }
}

variable "service_range" {
  description = "Addresses of Kubernetes services, as CIDR. Can't change later."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.service_range))
    error_message = "An IPv4 range."
  }

  validation {
    condition     = length(distinct([var.vpc_range, var.pod_range, var.service_range])) == 3
    error_message = "Nodes, pods and services need ranges of their own."
  }
}

variable "kubernetes_minor" {
  description = "Kubernetes version the cluster is made with, e.g. 1.35."
  type        = string
  default     = "1.35"

  validation {
    condition     = can(regex("^1[.](3[4-9]|[4-9][0-9])$", var.kubernetes_minor))
    error_message = "Major and minor of 1.34 or newer."
  }
}

variable "high_availability" {
  description = "A control plane of several machines. Costs extra; can't be undone."
  type        = bool

  validation {
    condition     = var.high_availability || var.environment != "production"
    error_message = "Production has no single control plane."
  }
}

variable "control_plane_addresses" {
  description = "Ranges the Kubernetes API answers, as CIDR; empty: every address, with a token."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for range in var.control_plane_addresses : can(cidrnetmask(range))])
    error_message = "IPv4 ranges."
  }
}

variable "kubeconfig_seconds" {
  description = "How long a kubeconfig that DigitalOcean hands out is good for."
  type        = number
  default     = 3600

  validation {
    condition     = var.kubeconfig_seconds >= 600 && var.kubeconfig_seconds <= 86400
    error_message = "Between ten minutes and a day."
  }
}

variable "maintenance" {
  description = "When patches and upgrades happen: a day, and the full hour they start at, UTC."
  type        = object({ day = string, start_time = string })

  validation {
    condition     = contains(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"], var.maintenance.day)
    error_message = "A day of the week in lower case."
  }

  validation {
    condition     = can(regex("^([01][0-9]|2[0-3]):00$", var.maintenance.start_time))
    error_message = "A full hour, as in 03:00."
  }
}

variable "system_node_size" {
  description = "Machine of the one node every cluster must have. Can't change without a new cluster."
  type        = string
  default     = "s-2vcpu-4gb"

  validation {
    condition     = can(regex("^[a-z0-9]+-[0-9]+vcpu-[0-9]+gb", var.system_node_size))
    error_message = "A size as doctl lists them, e.g. s-2vcpu-4gb."
  }
}

variable "worker_node_size" {
  description = "Machine of the nodes that carry the platform. A change makes a second pool, then removes the first."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]+-[0-9]+vcpu-[0-9]+gb", var.worker_node_size))
    error_message = "A size as doctl lists them, e.g. s-4vcpu-8gb."
  }
}

variable "workers" {
  description = "Fewest and most worker nodes."
  type        = object({ min = number, max = number })
  default     = { min = 3, max = 10 }

  validation {
    condition     = var.workers.min >= 3
    error_message = "Three brokers want three nodes."
  }

  validation {
    condition     = var.workers.max >= var.workers.min && var.workers.max <= 10
    error_message = "At least the minimum, at most 10: what a runaway autoscaler may cost."
  }
}

variable "spaces_region" {
  description = "Where the buckets are; not every data centre has Spaces."
  type        = string
  default     = "fra1"

  validation {
    condition     = can(regex("^[a-z]{3}[0-9]$", var.spaces_region))
    error_message = "Three letters and a digit, as in fra1."
  }
}

variable "backups_region" {
  description = "Where the buckets of backups and of PostgreSQL's archive are: best another data centre than the cluster's. Empty: spaces_region. Can't change later without moving what is in them."
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([a-z]{3}[0-9])?$", var.backups_region))
    error_message = "Three letters and a digit, as in ams3, or nothing."
  }

  validation {
    condition     = var.environment != "production" || (var.backups_region != "" && var.backups_region != var.region)
    error_message = "Production's backups outlive its data centre: another region than the cluster's."
  }
}

variable "retention_days" {
  description = "The buckets there are, and after how many days what is in them goes."
  type        = map(number)
  default     = { archive = 30, backups = 30, logs = 14 }

  validation {
    condition     = alltrue([for name in ["archive", "backups", "logs"] : contains(keys(var.retention_days), name)])
    error_message = "Archive, backups and logs need a bucket each."
  }

  validation { # Barman deletes what is older than charts/data wants; a bucket that is faster leaves logs without their base backup
    condition     = min(var.retention_days.archive, var.retention_days.backups) >= 30 && alltrue([for days in values(var.retention_days) : days >= 1])
    error_message = "Archive and backups are kept for 30 days at least, everything for one."
  }
}

variable "managed_postgresql" {
  description = "A managed PostgreSQL in place of the one in the cluster; nodes: 1 plus standbys."
  type = object({
    enabled = bool
    size    = optional(string, "db-s-6vcpu-16gb")
    nodes   = optional(number, 2)
  })
  default = { enabled = false }

  validation {
    condition     = var.managed_postgresql.nodes >= 1 && var.managed_postgresql.nodes <= 3
    error_message = "One to three nodes."
  }

  validation {
    condition     = !var.managed_postgresql.enabled || var.environment != "production" || var.managed_postgresql.nodes >= 2
    error_message = "Production has a standby."
  }

  validation { # https://docs.digitalocean.com/products/databases/postgresql/details/limits/: 25 for each GB, less 3
    condition     = !var.managed_postgresql.enabled || 25 * tonumber(regex("([0-9]+)gb$", var.managed_postgresql.size)[0]) - 3 >= local.database_connections[var.environment]
    error_message = "The size has fewer connections than the services take: 25 for each GB, less 3."
  }
}

variable "managed_valkey" {
  description = "A managed Valkey in place of the Redis in the cluster; nodes: 1 plus standbys."
  type = object({
    enabled = bool
    size    = optional(string, "db-s-1vcpu-2gb")
    nodes   = optional(number, 2)
  })
  default = { enabled = false }

  validation {
    condition     = var.managed_valkey.nodes >= 1 && var.managed_valkey.nodes <= 3
    error_message = "One to three nodes."
  }
}
