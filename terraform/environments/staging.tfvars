environment       = "staging"
owns_account      = false
region            = "fra1"
registry_name     = "todo"
domain            = "example.com"
subdomain         = "staging.todo"
vpc_range         = "10.20.0.0/20"
pod_range         = "10.128.0.0/16"
service_range     = "10.129.0.0/19"
high_availability = false
worker_node_size  = "s-4vcpu-8gb"
workers           = { min = 3, max = 5 }
maintenance       = { day = "tuesday", start_time = "03:00" }
