variable "bucket" {
  description = "Name of the bucket of all states; unique at Spaces."
  type        = string
  default     = "todo-terraform-state"

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "3 to 63 lower-case letters, digits and dashes."
  }
}

variable "region" {
  description = "Where the bucket is; must have Spaces. Best another region than those of the clusters: who has lost one needs the state of it."
  type        = string
  default     = "ams3"

  validation {
    condition     = can(regex("^[a-z]{3}[0-9]$", var.region))
    error_message = "Three letters and a digit, as in fra1."
  }
}
