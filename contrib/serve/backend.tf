# The state prod/network at a git vault state serve on this host. The password
# is told by TF_HTTP_USERNAME and TF_HTTP_PASSWORD, where it takes one.
terraform {
  backend "http" {
    address        = "http://127.0.0.1:7417/state/prod/network"
    lock_address   = "http://127.0.0.1:7417/state/prod/network/lock"
    unlock_address = "http://127.0.0.1:7417/state/prod/network/lock"
    lock_method    = "LOCK"
    unlock_method  = "UNLOCK"
  }
}
