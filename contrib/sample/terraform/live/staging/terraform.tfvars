ingress_hostname = "ingress.staging.tidewater.example"
