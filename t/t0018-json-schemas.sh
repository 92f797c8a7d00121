#!/bin/sh

test_description='the documents of all commands, held against the published schemas

Each command with --json runs once or more in one repository that has some of
everything. A document that is not as its schema says, with a member more or
less, is a failure; so is a schema that no document was held against.'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

docs=$PWD/.git/docs
aws=wJalrXUtnFEMIK7MDENGbPxRfiCYzEXAMPLa
a=$(printf %064d 1) b=$(printf %064d 2)

# doc KIND STATUS ARG…: the document of a command
count=0
doc () {
	kind_=$1 status_=$2 && shift 2 && count=$((count + 1)) &&
	last=$docs/$kind_.$count &&
	test_expect_code "$status_" git vault --json "$@" >"$last" 2>.git/err || {
		cat "$last" .git/err
		return 1
	}
}

# A crontab that only writes down, and a run that fails and waits.
schedule_documents () {
	mkdir -p .git/fake && printf "#!/bin/sh\ntest \$1 = -l || cat >/dev/null\n" >.git/fake/crontab &&
	chmod +x .git/fake/crontab && (
		PATH=$PWD/../bin.fake:$PATH && export PATH && rm -rf ../bin.fake && mv .git/fake ../bin.fake &&
		doc schedule-start 0 schedule start --with crontab && doc schedule-stop 0 schedule stop
	) && count=$((count + 2)) &&
	if test -e .gitvault.yaml; then cp .gitvault.yaml ../policy.kept; fi &&
	printf "schedule:\n  rec: {what: drill, retry: {attempts: 2, delay: 1h}}\n  check: {what: verify}\n" >.gitvault.yaml &&
	git vault -q policy accept --yes && doc schedule-run 0 schedule run check && doc schedule 0 schedule list &&
	{ git vault schedule run rec >/dev/null 2>&1 & } && slow_=$! && tries_=100 &&
	until git vault schedule list | grep -q "waits for its"; do
		tries_=$((tries_ - 1)) && test $tries_ -gt 0 && sleep 0.1 || return 1
	done && doc schedule 0 schedule list && doc schedule-cancel 0 schedule cancel rec && { wait $slow_ || :; } &&
	rm .gitvault.yaml && if test -e ../policy.kept; then mv ../policy.kept .gitvault.yaml; fi &&
	git vault -q policy accept --yes
}

# member NAME: the first of that name in the last document
member () {
	sed -n 's/"'"$1"'":"\([^"]*\)".*/\
\1/; s/.*\n//p' "$last"
}

# state SERIAL CLASS PASSWORD
state () {
	printf '{"version":4,"terraform_version":"1.9.5","serial":%d,' "$1"
	printf '"lineage":"l","outputs":{},"resources":[{"mode":"managed",'
	printf '"type":"aws_db_instance","name":"db",'
	printf '"provider":"provider[\\"registry.terraform.io/hashicorp/aws\\"]",'
	printf '"instances":[{"schema_version":1,"attributes":{"id":"db-1",'
	printf '"instance_class":"%s","password":"%s"},' "$2" "$3"
	printf '"sensitive_attributes":[[{"type":"get_attr","value":"password"}]]}]}],'
	printf '"check_results":null}\n'
}

python3 -c "import jsonschema; jsonschema.Draft202012Validator" 2>/dev/null &&
	test_set_prereq SCHEMA

if ! test_have_prereq SCHEMA
then
	skip_all "python3-jsonschema is not there"
fi

test_expect_success 'set up: a repository, a key, a remote' '
	mkdir "$docs" && git init -q --bare ../remote &&
	git remote add origin ../remote && mkdir -p live/prod &&
	printf "%s\n" ".env" "*.tfstate" "local.conf" "/cache/" >.gitignore &&
	echo "resource \"aws_db_instance\" \"db\" {}" >live/prod/main.tf &&
	echo one >file && ln -s file link && git add . && test_tick &&
	git commit -q -m one && doc init 0 init --dry-run && doc init 0 init &&
	doc error 128 key generate
'

test_expect_success 'projects' '
	doc project-add 0 project add && doc project 0 project list &&
	doc project-show 0 project show && doc projects 0 projects &&
	git init -q ../older && git -C ../older commit -q --allow-empty -m x && git vault project add ../older >/dev/null &&
	doc project-link 0 project link . --from older && doc list 0 list && doc project-show 0 project show && doc project-unlink 0 project unlink . &&
	doc project-set 0 project set . client acme && git config --global --add vault.project /no &&
	doc reuse 3 reuse && doc projects 3 projects && doc project 0 project && doc project-remove 0 project remove . &&
	git config --global --unset-all vault.project
'

test_expect_success 'snapshots and what is looked at' '
	echo "AWS_SECRET_ACCESS_KEY=$aws" >.env && echo 1 >local.conf &&
	state 1 small pw-1 >live/prod/terraform.tfstate && mkdir cache && >cache/x &&
	>"$(printf "odd\377name")" && doc status 0 status && doc overview 0 &&
	doc snapshot 0 snapshot --dry-run &&
	doc snapshot 0 snapshot -m first --tag v1 && one=$(member id) &&
	echo two >file && echo 2 >local.conf && rm link && chmod +x .gitignore &&
	echo "TOKEN=quite-a-secret-2" >>.env &&
	state 2 large pw-2 >live/prod/terraform.tfstate &&
	doc status 0 status && doc status-ignored 0 status --ignored &&
	doc status-explain 0 status --explain .env &&
	doc snapshot 0 snapshot && two=$(member id) && git mv file moved &&
	doc snapshot 0 snapshot && doc overview 0 && doc list 0 list &&
	doc show 0 show $two && doc diff 1 diff $one $two && doc diff 1 diff $one &&
	doc diff 1 diff $two latest && doc log 0 log .env &&
	doc log-search 0 log -S one && doc search 0 search --commits one && doc log-snapshots 0 log &&
	doc ls 0 ls -R $one && doc cat 0 cat $one .env link live && doc stats 0 stats &&
	doc archive 0 archive -o ../x.tar $one && doc tag 0 tag $one extra &&
	doc pin 0 pin -m why $one && doc list 0 list && doc show 0 show $one &&
	doc unpin 0 unpin $one
'

test_expect_success 'what brings back' '
	doc restore 0 restore --in-place -n $one &&
	doc restore 0 restore --in-place -n --with-related $one live &&
	doc restore 0 restore --in-place -n --env prod $one && doc restore 0 restore $one --to ../out &&
	doc restore 0 restore --in-place --delete $one && doc undo 1 undo &&
	doc undo 0 undo -y
'

test_expect_success 'keys and secrets' '
	doc key-generate 0 key generate -o ../bob &&
	age=$(member recipient) && ssh=$(member signing_key) &&
	doc key-change 0 key add bob "$age" --signer "$ssh" && doc key 0 key list &&
	doc key-signer 0 key signer && doc secret-list 0 secret list --reuse --exposed &&
	id=$(member id) && doc secret-show 0 secret show $id &&
	doc secret-list 0 secret history $id && echo another-secret-3 >../value &&
	doc secret-rotate 0 secret rotate --value-from ../value $id &&
	doc secret-revoke 0 secret revoke $id &&
	doc secret-export 0 secret export --format json --output ../exported &&
	echo "IMPORTED=a-very-secret-value" >../imported &&
	doc secret-import 0 secret import --scope prod ../imported &&
	doc secret-purge 0 secret purge -n $id && doc secret-migrate 0 secret migrate -n &&
	doc key-change 0 key remove --all-versions bob &&
	doc key-change 0 key escrow --shares 2/3 -o ../share
'

test_expect_success 'findings, policy, audit' '
	doc scan 1 scan .env && print=$(member fingerprint) &&
	doc scan-explain 0 scan --explain "$print" .env &&
	doc scan-rule 0 scan --explain aws-access-key-id &&
	doc scan-rules 0 scan --list-rules &&
	doc scan-baseline 0 scan --write-baseline ../base .env &&
	doc scan 0 scan --all-history && doc scan 1 scan --format json .env &&
	printf "retention:\n  keep-last: 3\nrollback:\n  approvals: 1\n" >.gitvault.yaml &&
	doc policy 0 policy show && doc policy-diff 1 policy diff &&
	doc policy-env 0 policy show --env prod && doc env 0 env &&
	doc env-explain 0 env --explain live/prod/main.tf && doc env-keys 0 env --keys && doc env-status 0 env --status &&
	echo "locals { f = file(\"gone\") }" >live/prod/gone.tf && doc check 1 check &&
	doc check-rules 0 check --list-rules &&
	doc check-baseline 0 check --write-baseline ../baseline && rm live/prod/gone.tf &&
	mkdir live/dev && echo "resource \"aws_db_instance\" \"db\" {" >live/dev/main.tf &&
	printf "  a = 1\n  password = \"quite-a-secret-2\"\n}\n" >>live/dev/main.tf &&
	doc drift 1 drift dev prod && doc drift 1 drift --all &&
	doc drift-accept 0 drift accept --reason why --until 2099-01-31 --owner ops "$(member key)" &&
	doc drift 1 drift dev prod && rm .gitvault-drift.yaml && rm -r live/dev &&
	mkdir config && echo "a: {b: 1}" >config/base.yaml && echo "a: {b: 2}" >config/prod.yaml &&
	echo "a: {b: 3}" >config/dev.yaml &&
	doc config-get 0 config get --env prod a.b && doc config-list 0 config list &&
	doc config-explain 0 config explain --env prod a.b && doc config-render 0 config render &&
	git add config && doc config-diff 1 config diff dev prod &&
	echo "a: 5" >config/prod.yaml && doc config-validate 1 config validate --env prod && git checkout -q config &&
	doc config-set 0 config set --env prod a.b 4 && doc config-history 0 config history --env prod a.b &&
	doc config-tag 0 config tag v9 && doc config-tag 0 config tag && doc config-tag 0 config tag -d v9 &&
	doc config-merge-file 0 config merge-file config/dev.yaml config/dev.yaml config/dev.yaml &&
	doc config-new-env 0 config new-env --like prod perf && rm config/perf.yaml &&
	cp .gitvault.yaml ../kept.yaml && doc config-init 0 config init &&
	cp ../kept.yaml .gitvault.yaml && git rm -rqf config &&
	git checkout -q -b ruled && mkdir config && echo "a: 1" >config/prod.yaml &&
	printf "access:\n  rules: [{paths: [config/**], approvals: 1, not_author: false}]\n" >.gitvault.yaml &&
	git add .gitvault.yaml config && git commit -q -m rules && echo "a: 2" >config/prod.yaml && git commit -q -a -m two &&
	doc config-access 1 config access explain config/prod.yaml && doc config-access 0 config access explain nothing &&
	doc config-verify 1 config approve --verify && doc config-approve 0 config approve HEAD^..HEAD &&
	git checkout -q - && git branch -q -D ruled && mv ../kept.yaml .gitvault.yaml &&
	doc graph 0 graph &&
	git init -q --bare ../drilled.git && git remote add drilled ../drilled.git &&
	git push -q drilled HEAD && git vault -q sync drilled &&
	doc drill 3 drill run --no-validators --from-remote drilled --snapshot latest &&
	doc drill 1 drill run --no-validators --from-remote drilled --fault lost-ref &&
	doc drill-list 0 drill list && doc drill-show 0 drill show "$(member id)" &&
	doc drill-schedule 0 drill schedule --with systemd &&
	doc drill-bisect 0 drill bisect --from-remote drilled latest~1 latest &&
	doc drill-status 1 drill status && git remote remove drilled &&
	doc policy-accept 0 policy accept --yes && doc audit-list 0 audit list &&
	doc audit-show 0 audit show "$(member event)" &&
	doc audit-list 0 audit export --format json &&
	doc audit-evidence 0 audit export --control A1.3 --into ../evidence && doc audit-verify 0 audit verify
'

test_expect_success 'recovery plans' '
	mkdir -p .gitvault/plans && cat >.gitvault/plans/one.yaml <<-\END &&
	environment: prod
	inputs: {word: hello}
	steps:
	  - {id: say, run: [echo, "${{ inputs.word }}"], outputs: {said: stdout}, preconditions: [{file: live}]}
	  - {id: agree, kind: approve, approvals: 1, needs: [say]}
	  - {id: last, needs: [agree], when: "1 == 2", run: [echo]}
	END
	echo "steps: 1" >.gitvault/plans/bad.yaml && git vault policy accept 2>/dev/null &&
	doc emergency-card 0 emergency-card && doc recover 0 recover --dry-run prod && doc plan-templates 0 plan new && doc plan-new 0 plan new --template failover --env prod &&
	rm .gitvault/plans/failover-prod.yaml && doc plan-list 0 plan && doc plan-lint 1 plan lint && doc plan-show 0 plan show one &&
	doc plan-show 0 plan graph one && doc plan-estimate 0 plan estimate one &&
	doc plan-run 0 plan test one && doc plan-run 3 plan run --yes --without-approval --reason test one && run=$(member run) &&
	doc plan-approve 0 plan approve one "$run-elsewhere" agree && doc plan-approve 0 plan approve one && doc plan-run 0 plan status &&
	doc plan-run 0 plan abort && doc plan-history 0 plan history && rm -r .gitvault
'

test_expect_success 'dumps of components' '
	cp .gitvault.yaml ../kept.yaml && printf "1\n" >../dumped &&
	printf "components:\n  a: {type: command, run: [cat, $PWD/../dumped], environment: prod}\n" >.gitvault.yaml &&
	printf "  b: {type: command, run: [\"false\"]}\n" >>.gitvault.yaml && git vault policy accept 2>/dev/null &&
	doc component-run 3 component run && doc component-run 0 component run --label x a &&
	doc component-list 0 component list && doc component-verify 0 component verify &&
	doc component-drill 3 component drill &&
	doc component-restore 0 component restore a --to ../dump.back && doc snapshot 3 snapshot --force --components &&
	mv ../kept.yaml .gitvault.yaml && git vault policy accept 2>/dev/null
'

test_expect_success 'states and locks' '
	state 1 small pw-1 >../one.tfstate && state 2 large pw-2 | head -c 300 >../torn &&
	doc state-save 0 state save --new --env prod --stack net ../one.tfstate &&
	state 2 large pw-2 >../two.tfstate &&
	doc state-save 0 state save --env prod --stack net ../two.tfstate &&
	of="--env prod --stack net" && doc state-list 0 state list &&
	doc state-show 0 state show $of && doc state-log 0 state log $of &&
	doc state-diff 1 state diff $of && doc state-diff 1 state diff -p $of &&
	doc state-at 0 state at $of HEAD &&
	doc state-for-resource 0 state for-resource $of aws_db_instance.db &&
	doc state-blame 0 state blame $of aws_db_instance.db &&
	doc state-verify 0 state verify $of && doc state-triage 1 state triage $of ../torn &&
	doc state-triage 0 state triage $of latest &&
	doc state-repair 0 state repair $of --to ../repaired ../torn &&
	doc state-restore 0 state restore $of --push-ready --to ../restored &&
	doc state-lock 0 state lock $of --operation plan --info why &&
	doc state-locks 0 state locks && doc overview 0 && doc state-lock 0 state unlock $of
'

test_expect_success 'records and rollbacks' '
	git add . && test_tick && git commit -q -m two && git vault -q snapshot &&
	doc good 0 good mark --artifact app=sha256:$a prod && echo "# 3" >>live/prod/main.tf &&
	git commit -q -a -m three && echo 3 >>local.conf && git vault -q snapshot &&
	state 3 huge pw-3 >../three.tfstate &&
	git vault -q state save --env prod --stack net ../three.tfstate &&
	doc good 0 good mark --snapshot latest --artifact app=sha256:$b --approver bob --reason why prod &&
	doc good-list 0 good list && doc good 0 good show prod &&
	doc good-diff 1 good diff prod 1 2 && doc good-verify 0 good verify prod &&
	doc good-check 0 good check prod && doc rollback 0 rollback --to 1 -n prod &&
	doc rollback-branch 0 rollback --to 1 --scope all --as-branch back prod &&
	doc rollback-approve 0 rollback --to 1 --approve prod &&
	doc recover-approve 0 recover --approve --to 1 --as blue prod &&
	doc rollback-commit 0 rollback --to 1 --scope all --as-commit -n prod &&
	doc rollback 0 rollback --to 1 -y --without-approval --reason why prod &&
	doc undo 1 undo &&
	doc good 0 good revoke --reason bad prod 2 &&
	doc artifact-record 0 artifact record other=sha256:$b && doc artifact 0 artifact list
'

test_expect_success 'other clones, care, help' '
	doc fleet 0 fleet verify --root . && tail -n 1 "$last" >"$docs/fleet-end.0" && head -n 1 "$last" >"$last.1" && mv "$last.1" "$last" &&
	doc sync 0 sync && doc clone 0 clone ../remote ../cloned && doc export 0 export ../bundle && doc import 0 import -n ../bundle &&
	mkdir ../store && doc replicate-list 0 replicate add home "file://${PWD%/*}/store" && doc replicate-push 0 replicate push && doc replicate 0 replicate && doc replicate-verify 0 replicate verify && doc replicate-prune 0 replicate prune home && doc replicate-restore 0 replicate restore home ../back && doc replicate-list 0 replicate list &&
	doc replicate-list 0 replicate add gone "file://${PWD%/*}/gone" && doc replicate-push 3 replicate push && doc replicate-verify 3 replicate verify && doc replicate 3 replicate && doc replicate-list 0 replicate remove gone &&
	doc hooks 0 hooks install && doc hooks 0 hooks status &&
	doc doctor 1 doctor origin && doc verify 0 verify --deep &&
	doc verify-remote 1 verify --remote origin &&
	doc repair 0 repair -n && doc repair-reparent 0 repair --reparent -n latest &&
	doc delete 0 delete -n $two && doc delete 0 delete $two &&
	doc list-deleted 0 list --deleted &&
	doc snapshot 0 snapshot --auto && doc list-auto 0 list --auto &&
	doc schedule-status 1 schedule status && doc schedule 0 schedule list && schedule_documents &&
	doc watch-poke 1 watch poke nothing && doc watch-start 0 watch start && doc watch-start 0 watch stop && doc watch 1 watch status && doc undelete 0 undelete $two &&
	doc prune 0 prune -n --keep-last 1 && echo x >gone && git vault -q snapshot && git vault -q replicate push && doc purge 0 purge gone && doc purge 0 purge -n &&
	printf "delete:\n  approvals: 1\n" >.gitvault.yaml && git add -f .gitvault.yaml && git commit -q -m asks &&
	doc removal-approve 0 delete --approve $two && doc fold 0 fold --reclaim &&
	doc help 0 help && doc help-command 0 help list && doc help-guide 0 help tutorial &&
	doc version 0 version
'

test_expect_success 'each is as its schema says, and each schema was looked at' '
	python3 "$TEST_DIRECTORY/helper/schema.py" \
		"$GIT_VAULT_SRC_DIR/share/git-vault/schema" "$docs"
'

test_done
