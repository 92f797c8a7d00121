provider "aws" {
  region = var.region

  default_tags {
    tags = {
      service     = "booking"
      environment = "staging"
    }
  }
}

module "network" {
  source      = "../../modules/network"
  environment = "staging"
  cidr        = "10.20.0.0/16"
  zones = {
    "eu-north-1a" = 0
    "eu-north-1b" = 1
  }
}

module "cluster" {
  source      = "../../modules/cluster"
  environment = "staging"
  subnet_ids  = module.network.private_subnet_ids
  node_type   = "t3.large"
  nodes       = 2
}

module "database" {
  source             = "../../modules/database"
  environment        = "staging"
  instance_class     = "db.t4g.small"
  storage_gb         = 50
  subnet_ids         = module.network.private_subnet_ids
  security_group_ids = [module.network.database_security_group_id]
  master_password    = var.database_password
}

module "dns" {
  source      = "../../modules/dns"
  environment = "staging"
  target      = var.ingress_hostname
}
