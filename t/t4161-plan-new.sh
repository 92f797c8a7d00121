#!/bin/sh

test_description='recovery plans out of templates, and their schema'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

test_lazy_prereq PLAN_SCHEMA 'python3 -c "import jsonschema, yaml; jsonschema.Draft202012Validator"'

# lint NAME: what it is, where it has faults
lint () {
	git vault plan lint "$@" >.git/out || {
		cat .git/out
		return 1
	}
}

test_expect_success 'set up: the sample, with a stack that another one needs, and its state' '
	cp -R "$GIT_VAULT_SRC_DIR/contrib/sample/." . && chmod -R u+w . &&
	mkdir -p "terraform/live/prod/net work" && cat >>terraform/live/prod/main.tf <<-\END &&
	data "terraform_remote_state" "net" {
	  backend = "s3"
	  config = { bucket = "states", key = "net", region = "eu" }
	}
	END
	cat >"terraform/live/prod/net work/main.tf" <<-\END &&
	terraform {
	  backend "s3" {
	    bucket = "states"
	    key    = "net"
	    region = "eu"
	  }
	}
	END
	git add -A && git commit -qm sample && git vault key generate &&
	printf "{\"version\":4,\"serial\":1,\"lineage\":\"l\",\"resources\":[],\"outputs\":{}}" >../state &&
	git vault state save --env prod --stack terraform.live.prod --new ../state 2>/dev/null
'

test_expect_success 'each template gives a plan without a fault, in the order of the graph' '
	git vault plan new --json >.git/doc && sed "s/{\"name\":\"/\\
name /g" .git/doc | sed -n "s/^name \([a-z-]*\)\".*/\1/p" >.git/names &&
	test_line_count = 10 .git/names &&
	while read -r name
	do
		for env in prod staging
		do
			git vault -q plan new --template "$name" --env "$env" || return 1
		done
	done <.git/names && lint && git vault plan show whole-environment-prod --json >.git/doc &&
	test_grep "\"id\":\"push-terraform-live-prod-0\",[^}]*\"needs\":\[\"state-terraform-live-prod-0\"\]" .git/doc &&
	test_grep "\"id\":\"apply-kubernetes-overlays-prod\"[^}]*\"needs\":\[\"states\"\]" .git/doc &&
	test_grep "values-prod.yaml" .gitvault/plans/account-lost-prod.yaml &&
	test_grep "\"id\":\"apply-terraform-live-prod\"[^}]*\"needs\":\[\"apply-terraform-live-prod-net-work-[0-9]*\"\]" .git/doc &&
	! grep -r "#!\|@[a-z]" .gitvault/plans
'

test_expect_success 'nothing is replaced, and what there is not is named' '
	cp .gitvault/plans/failover-prod.yaml ../kept &&
	test_expect_code 128 git vault plan new --template failover --env prod 2>.git/err &&
	test_grep "there is a plan failover-prod already" .git/err &&
	test_cmp ../kept .gitvault/plans/failover-prod.yaml &&
	test_must_fail git vault plan new --template fail-over --env prod 2>.git/err &&
	test_grep "no template" .git/err &&
	test_must_fail git vault plan new --template failover --env prd 2>.git/err && test_grep "prod" .git/err &&
	test_expect_code 129 git vault plan new --template failover &&
	test_expect_code 129 git vault plan new --template failover --env prod ../odd
'

test_expect_success PLAN_SCHEMA 'the schema has what plans have, and nothing else' '
	git vault plan schema >../schema.json && cmp ../schema.json "$GIT_VAULT_SRC_DIR/share/git-vault/plan/schema.json" &&
	python3 "$TEST_DIRECTORY/helper/plan-schema.py" ../schema.json .gitvault/plans/*.yaml &&
	for line in "steps: [{run: [a]}]" "steps: [{id: a, runn: [a]}]" "steps: []" \
		"steps: [{id: a, run: a}]" "steps: [{id: a, kind: odd}]" "steps: [{id: a, run: [a], timeout: soon}]"
	do
		echo "$line" >../bad.yaml && echo "$line" >.gitvault/plans/bad.yaml &&
		test_expect_code 1 git vault plan lint bad >/dev/null &&
		test_expect_code 1 python3 "$TEST_DIRECTORY/helper/plan-schema.py" ../schema.json ../bad.yaml ||
		return 1
	done
'

test_expect_success 'no plan is written through a link' '
	rm -rf .gitvault/plans && mkdir -p .gitvault ../outside && ln -s ../../outside .gitvault/plans &&
	test_expect_code 128 git vault plan new --template state-lost --env prod 2>../err &&
	test_grep "leads through a symbolic link" ../err && test -z "$(ls ../outside)" && rm .gitvault/plans
'

test_done
