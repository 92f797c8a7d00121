provider "aws" {
  region = var.region

  default_tags {
    tags = {
      service     = "booking"
      environment = "prod"
    }
  }
}

module "network" {
  source      = "../../modules/network"
  environment = "prod"
  cidr        = "10.30.0.0/16"
  zones = {
    "eu-north-1a" = 0
    "eu-north-1b" = 1
  }
}

module "cluster" {
  source      = "../../modules/cluster"
  environment = "prod"
  subnet_ids  = module.network.private_subnet_ids
  node_type   = "m6i.large"
  nodes       = 4
}

module "database" {
  source             = "../../modules/database"
  environment        = "prod"
  instance_class     = "db.r6g.large"
  storage_gb         = 200
  subnet_ids         = module.network.private_subnet_ids
  security_group_ids = [module.network.database_security_group_id]
  master_password    = var.database_password
}

module "dns" {
  source      = "../../modules/dns"
  environment = "prod"
  target      = var.ingress_hostname
}
