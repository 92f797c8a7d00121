#!/bin/sh
# Ask for a new password and apply it: rotate-database-password.sh ENV
set -eu
env=$1
cd "$(dirname "$0")/../terraform/live/$env"
stty -echo
printf 'new password for %s: ' "$env"
read -r password
stty echo
TF_VAR_database_password=$password terraform apply -target=module.database
