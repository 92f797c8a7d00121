#!/bin/sh
# Ask for a new password and apply it: rotate-database-password.sh ENV
set -eu
env=$1
cd "$(dirname "$0")/../terraform/live/$env"
stty -echo
printf 'new password for %s: ' "$env"
read -r password
stty echo
TF_VAR_database_password=$password terraform apply \
	-var-file=../common.tfvars -target=module.database
# the Helm chart reads the same password
printf %s "$password" |
	kubectl -n "booking-$env" create secret generic booking-database \
		--from-file=password=/dev/stdin --dry-run=client -o yaml |
	kubectl -n "booking-$env" apply -f -
