region           = "eu-north-1"
ingress_hostname = "ingress.staging.tidewater.example"
