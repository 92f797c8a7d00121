#!/bin/sh
# shellcheck disable=SC2154

test_description='git vault state serve: Terraform itself

Where terraform or tofu is installed it works on states that are kept here: the
backend of HTTP, locks, and versions that are pushed back.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"

serve_or_skip
terraform=$(command -v terraform || command -v tofu) ||
	skip_all "neither terraform nor tofu is installed"
unset TF_CLI_CONFIG_FILE TF_CLI_ARGS TF_LOG TF_WORKSPACE TF_DATA_DIR
CHECKPOINT_DISABLE=1 TF_IN_AUTOMATION=1 TF_INPUT=0
export CHECKPOINT_DISABLE TF_IN_AUTOMATION TF_INPUT

tf () {
	"$terraform" "$@" -no-color
}

# apply VALUE: what is made, which is of Terraform's own provider
apply () {
	tf apply -auto-approve -var value="$1" >out 2>err
}

test_expect_success 'a backend of HTTP' '
	git init -q code && serve_start code && cd code && cat >main.tf <<-EOT &&
	terraform {
	  backend "http" {
	    address        = "$url/state/prod/net"
	    lock_address   = "$url/state/prod/net"
	    unlock_address = "$url/state/prod/net"
	  }
	}
	variable "value" {}
	resource "terraform_data" "a" {
	  input = var.value
	}
	resource "terraform_data" "b" {
	  count = 3
	  input = terraform_data.a.output
	}
	output "x" {
	  value     = terraform_data.a.output
	  sensitive = true
	}
	EOT
	echo .terraform >.gitignore && git add . && git commit -q -m one &&
	tf init >out 2>err
'

test_expect_success 'what is applied is a version of its commit' '
	cd code && apply one && git vault state log --json >log &&
	test_grep "\"commit\": *\"$(git rev-parse HEAD)\"" log &&
	git vault state restore >state && test_grep "\"value\": \"one\"" state &&
	tf output -raw x >out && echo one >expect && echo >>out &&
	test_cmp expect out && git vault state locks >out &&
	test_grep ! prod out && rm state && git vault state verify
'

test_expect_success 'the next apply is the next one' '
	cd code && git commit -q --allow-empty -m two && apply two &&
	git vault state log >log && test_line_count = 3 log &&
	test_expect_code 1 git vault state diff >out &&
	test_grep "terraform_data.b\[2\]" out
'

test_expect_success 'who holds the lock holds it against Terraform' '
	cd code && git vault state lock --new --env prod --stack net --info maintenance >id &&
	test_must_fail tf apply -auto-approve -var value=no >out 2>err &&
	test_grep "already locked" err && test_grep "$(cat id)" err &&
	git vault state log >log && test_line_count = 3 log
'

test_expect_success 'and Terraform can break it' '
	cd code && "$terraform" force-unlock -force "$(cat id)" >out 2>err &&
	git vault state locks >out && test_grep ! prod out && apply three &&
	git vault state log >log && test_line_count = 4 log
'

test_expect_success 'an older version is pushed back' '
	cd code && git vault state restore --push-ready --to ../old.tfstate serial:1 &&
	"$terraform" state push ../old.tfstate >out 2>err &&
	tf output -raw x >out && echo one >expect && echo >>out &&
	test_cmp expect out && git vault state log >log && test_line_count = 5 log
'

test_expect_success 'one that is older is refused, as by any backend' '
	cd code && git vault state restore --to ../stale.tfstate serial:2 &&
	test_must_fail "$terraform" state push ../stale.tfstate >out 2>err &&
	git vault state log >log && test_line_count = 5 log
'

test_expect_success 'what was taken out of it is without its block in the code' '
	cd code && "$terraform" state rm terraform_data.b >out 2>err &&
	git vault state verify >out && test_grep "^not in state: .*terraform_data.b" out &&
	test_expect_code 1 git vault state diff >out &&
	test_grep "^-  *terraform_data.b" out
'

test_expect_success 'what is destroyed is still in the versions before' '
	cd code && tf destroy -auto-approve -var value=x >out 2>err &&
	git vault state show >out && test_grep ! terraform_data out &&
	git vault state show serial:1 >out && test_grep terraform_data.a out &&
	git vault state verify && cd .. && serve_stop
'

test_expect_success 'a plan of it is kept' '
	cd code && rm -rf .terraform &&
	sed -i "/backend/,/^  }/d" main.tf && tf init >out 2>err &&
	tf plan -var value=planned-value -out plan >out 2>err &&
	"$terraform" show -json plan >plan.json &&
	git vault state save --new --env prod --stack plan plan.json &&
	git vault state show --stack plan --json >out &&
	test_grep "\"address\": *\"terraform_data.b\[2\]\"" out &&
	git vault state list --stack plan >out && test_grep terraform-plan out &&
	git cat-file --batch-all-objects --batch >all && test_grep ! -a planned-value all
'

test_done
