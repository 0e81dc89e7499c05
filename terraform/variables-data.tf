variable "spaces_region" {
  description = "Where the buckets are; not every data centre has Spaces."
  type        = string
  default     = "fra1"

  validation {
    condition     = can(regex("^[a-z]{3}[0-9]$", var.spaces_region))
    error_message = "Three letters and a digit, as in fra1."
  }
}

variable "retention_days" {
  description = "The buckets there are, and after how many days what is in them goes."
  type        = map(number)
  default     = { backups = 30, logs = 14 }

  validation {
    condition     = alltrue([for name in ["backups", "logs"] : contains(keys(var.retention_days), name)])
    error_message = "Backups and logs need a bucket each."
  }

  validation {
    condition     = var.retention_days.backups >= 30 && alltrue([for days in values(var.retention_days) : days >= 1])
    error_message = "Backups are kept for 30 days at least, everything for one."
  }
}

variable "managed_postgresql" {
  description = "A managed PostgreSQL in place of the one in the cluster; nodes: 1 plus standbys."
  type = object({
    enabled = bool
    size    = optional(string, "db-s-2vcpu-4gb")
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
