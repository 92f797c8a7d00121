variable "region" {
  type = string
}

variable "ingress_hostname" {
  type = string
}

variable "database_password" {
  type      = string
  sensitive = true
}

variable "payment_api_token" {
  type      = string
  sensitive = true
}
