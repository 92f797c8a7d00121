#!/bin/sh

test_description='plans of Terraform, as terraform show -json prints them

Kept and given back byte for byte, told by the addresses of the state, and not a
value of them in clear.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-state.sh"

secret=Tr0ub4dor-and-3

# plan ACTION AMI: of a thousand resources, and one that it is about
plan () {
	awk -v action="$1" -v ami="$2" -v secret="$secret" 'BEGIN {
		printf "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.5\","
		printf "\"variables\":{\"password\":{\"value\":\"%s\"}},", secret
		printf "\"planned_values\":{\"root_module\":{\"resources\":[{\"address\":"
		printf "\"aws_db_instance.main\",\"values\":{\"password\":\"%s\"}}]}},", secret
		printf "\"resource_changes\":["
		for (i = 0; i < 1000; i++) {
			printf "{\"address\":\"aws_instance.n[%d]\",\"mode\":\"managed\",", i
			printf "\"type\":\"aws_instance\",\"name\":\"n\",\"index\":%d,", i
			printf "\"provider_name\":\"registry.terraform.io/hashicorp/aws\","
			printf "\"change\":{\"actions\":[\"no-op\"],\"before\":{\"id\":\"i-%d\"},", i
			printf "\"after\":{\"id\":\"i-%d\"},\"after_sensitive\":{}}},", i
		}
		printf "{\"address\":\"module.db[\\\"a\\\"].aws_db_instance.main\","
		printf "\"mode\":\"managed\",\"type\":\"aws_db_instance\",\"name\":\"main\","
		printf "\"change\":{\"actions\":[\"%s\"],\"before\":{\"ami\":\"a\",", action
		printf "\"password\":\"%s\"},\"after\":{\"ami\":\"%s\",", secret, ami
		printf "\"password\":\"%s-2\"},\"before_sensitive\":{\"password\":true},", secret
		printf "\"after_sensitive\":{\"password\":true}}}],"
		printf "\"output_changes\":{\"url\":{\"actions\":[\"create\"],"
		printf "\"before\":null,\"after\":\"%s\",\"after_sensitive\":true}},", secret
		printf "\"prior_state\":{\"values\":{\"p\":\"%s\"}},\"configuration\":{}}\n", secret
	}'
}

test_expect_success 'a plan is kept, and given back' '
	git commit -q --allow-empty -m first && plan update b >one.json &&
	git vault state save --new --env prod --stack plan one.json 2>err &&
	test_grep "saved prod/plan: 1006 resources" err && nowhere "$secret" &&
	git vault state restore >out && cmp one.json out &&
	git vault state verify
'

test_expect_success 'what it is about to do is told, and no value' '
	git vault state list >out && test_grep terraform-plan out &&
	git vault state show --json >out && test_grep ! "$secret" out &&
	jq -r ".resources[] | select(.address == \"module.db[\\\"a\\\"].aws_db_instance.main\") |
		.attributes[]" out >names &&
	cat >expect <<-\EOT &&
	actions
	before.ami
	before.password
	after.ami
	after.password
	EOT
	test_cmp expect names &&
	jq -r ".resources[] | select(.sensitive) | .address" out >names &&
	for name in plan.variables plan.planned_values plan.prior_state
	do
		grep -x "$name" names || return 1
	done
'

test_expect_success 'two plans are compared by what they do' '
	plan replace c >two.json &&
	git vault state save --new --env prod --stack plan two.json &&
	test_expect_code 1 git vault state diff >out &&
	cat >expect <<-\EOT &&
	~   module.db["a"].aws_db_instance.main
	      ~ actions
	      ~ after.ami
	EOT
	test_cmp expect out && nowhere "$secret"
'

test_expect_success 'one that is cut off or spoilt is kept as it is' '
	each_mutant one.json &&
	head -c 90000 one.json | git vault state save --new --env prod --stack cut - &&
	git vault state restore --stack cut >out &&
	head -c 90000 one.json | cmp - out && nowhere "$secret"
'

test_done
