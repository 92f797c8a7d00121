variable "environment" {
  type = string
}

variable "kubernetes_version" {
  type    = string
  default = "1.29"
}

variable "subnet_ids" {
  type = list(string)
}

variable "node_type" {
  type = string
}

variable "nodes" {
  type = number
}
