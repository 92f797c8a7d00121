variable "environment" {
  type        = string
  description = "dev, staging or prod"
}

variable "cidr" {
  type        = string
  description = "Address range of the whole network, a /16"
}

variable "zones" {
  type        = map(number)
  description = "Availability zone to subnet number"
}

variable "tags" {
  type    = map(string)
  default = {}
}
