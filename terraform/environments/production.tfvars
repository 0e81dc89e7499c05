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
