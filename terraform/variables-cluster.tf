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
