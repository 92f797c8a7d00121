# what all environments have in common; the Makefile gives it to each
region = "eu-north-1"
