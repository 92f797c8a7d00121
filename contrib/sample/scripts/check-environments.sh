#!/bin/sh
# Every environment has all of its parts.
set -eu
cd "$(dirname "$0")/.."
test $# -gt 0 || set -- dev staging prod
for env in "$@"
do
	for part in "terraform/live/$env/main.tf" \
		"kubernetes/overlays/$env/kustomization.yaml" \
		"helm/booking/values-$env.yaml" \
		"ansible/inventories/$env/hosts.ini"
	do
		test -f "$part" || {
			echo "missing: $part" >&2
			exit 1
		}
	done
	echo "$env is complete"
done
