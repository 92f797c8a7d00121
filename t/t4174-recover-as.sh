#!/bin/sh
# shellcheck disable=SC2154,SC2034 # lib-clones.sh sets $top

test_description='an environment recovered as another one: where its files go, who may
read them there, what stays, and all of it taken back'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL
unset GIT_VAULT_TEST_TIME GIT_VAULT_TEST_TICK

# recover STATUS ARG…
recover () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault recover "$@" >.git/out 2>.git/err || {
		cat .git/out .git/err
		return 1
	}
}

# all names, modes and bytes of the working tree, in the file $1
record () {
	find . -path ./.git -prune -o \( -type f -o -type l \) -printf '%p %m %l\n' | sort >"$1" &&
	find . -path ./.git -prune -o -type f -print0 | sort -z | xargs -0 sha256sum >>"$1"
}

run () {
	find .git/vault/plans -mindepth 1 -maxdepth 1 -printf '%f\n' | sort | tail -n 1
}

test_expect_success 'three environments, two of them spelled in their own way' '
	mkdir -p live/production live/stg k8s live/dev &&
	cat >live/production/main.tf <<-\END &&
	terraform {
	  backend "s3" { key = "prod/terraform.tfstate" }
	}
	END
	echo "a = 1" >live/stg/main.tf && echo "a = 2" >live/dev/main.tf &&
	echo "DB_PASSWORD=hq7-7919-Zt-104729-wV" >live/production/.env &&
	echo "replicas: 3" >k8s/values-production.yaml &&
	echo "replicas: 1" >k8s/values-stg.yaml &&
	echo "#!/bin/sh" >live/production/run && chmod 755 live/production/run &&
	ln live/production/run live/production/start && ln -s run live/production/link &&
	echo .env >.gitignore && git add -A && git commit -qm all &&
	git vault init >/dev/null 2>&1 && git vault -q snapshot
'

test_expect_success 'a dry run lists where each file goes and which lines stay as they are' '
	record .git/before &&
	recover 0 -n --as staging prod &&
	test_grep "^live/production/run -> live/stg/run$" .git/out &&
	test_grep "^k8s/values-production.yaml -> k8s/values-stg.yaml (is there)$" .git/out &&
	test_grep "live/stg/main.tf:2 names prod" .git/err &&
	recover 0 -n --json --as blue prod &&
	test_grep "\"from\":\"live/production/run\",\"path\":\"live/blue/run\",\"action\":\"create\"" .git/out &&
	test_grep "\"named\":\[{\"path\":\"live/blue/main.tf\",\"line\":2}\]" .git/out &&
	record .git/after && test_cmp .git/before .git/after && test_path_is_missing .git/vault/plans
'

test_expect_success 'files of the other environment are not replaced unasked' '
	recover 128 -y --as staging prod &&
	test_grep "nothing was recovered: staging has k8s/values-stg.yaml and others already" .git/err &&
	test_grep "git vault recover --as staging --yes --replace prod" .git/err &&
	record .git/after && test_cmp .git/before .git/after
'

test_expect_success 'with --replace they are, with modes and links, and the first one stays' '
	recover 0 -y --as staging --replace prod &&
	for file in main.tf .env run start
	do
		cmp live/production/$file live/stg/$file || return 1
	done &&
	test_cmp k8s/values-production.yaml k8s/values-stg.yaml &&
	test -x live/stg/run && test "$(readlink live/stg/link)" = run &&
	test "$(stat -c %i live/stg/run)" = "$(stat -c %i live/stg/start)" &&
	test "$(stat -c %i live/stg/run)" != "$(stat -c %i live/production/run)"
'

test_expect_success 'the run takes all of it back, byte for byte' '
	git vault plan undo -y "$(run)" &&
	record .git/after && test_cmp .git/before .git/after
'

test_expect_success 'what somebody changed since stays and is named' '
	recover 0 -y --as blue prod && echo mine >>live/blue/main.tf &&
	test_expect_code 1 git vault plan undo -y "$(run)" >.git/out 2>&1 &&
	test_grep "live/blue/main.tf was changed since the run wrote it, so it stays" .git/out &&
	test_path_is_missing live/blue/run && test_path_is_missing k8s/values-blue.yaml &&
	rm -r live/blue && record .git/after && test_cmp .git/before .git/after
'

test_expect_success 'what was killed behind its restore goes on, and is taken back' '
	cat >.git/hooks/reference-transaction <<-\END &&
	#!/bin/sh
	test "$1" = committed && test -e live/stg/run && test -e .git/kill || exit 0
	rm .git/kill
	restore=$(ps -o ppid= -p $PPID)
	recover=$(ps -o ppid= -p $restore)
	kill -9 $recover $restore
	END
	chmod 755 .git/hooks/reference-transaction && touch .git/kill &&
	test_expect_code 137 sh -c "git vault recover -y --as staging --replace prod >.git/out 2>&1; exit \$?" &&
	test_path_is_missing .git/kill && rm .git/hooks/reference-transaction &&
	test_cmp live/production/main.tf live/stg/main.tf &&
	git vault plan resume -y "$(run)" &&
	test_cmp k8s/values-production.yaml k8s/values-stg.yaml &&
	git vault plan undo -y "$(run)" &&
	record .git/after && test_cmp .git/before .git/after
'

test_expect_success 'states stay with their environment' '
	echo "{\"version\": 4, \"serial\": 7, \"lineage\": \"p\", \"outputs\": {}, \"resources\": []}" >live/production/terraform.tfstate &&
	cp live/production/terraform.tfstate live/production/terraform.tfstate.backup &&
	echo "*.tfstate*" >>.gitignore && git add -A && git commit -qm state && git vault -q snapshot &&
	recover 0 -n --as blue prod &&
	test_grep "live/production/terraform.tfstate is left out: a state stays with its environment" .git/out &&
	test_grep ! "kind.*state" .git/out &&
	mkdir -p live/production/terraform.tfstate.d/x && cp live/production/terraform.tfstate live/production/terraform.tfstate.d/x &&
	git vault -q snapshot &&
	recover 0 -y --as blue prod && test_path_is_missing live/blue/terraform.tfstate &&
	test_path_is_missing live/blue/terraform.tfstate.d &&
	test_path_is_missing live/blue/terraform.tfstate.backup &&
	git vault plan undo -y "$(run)" && test_path_is_missing live/blue
'

test_expect_success 'a lock of the other environment stops it, one of the first does not' '
	id=$(git vault state lock --env blue --stack any --new --operation apply 2>/dev/null) &&
	recover 4 -y --as blue prod && test_grep "nothing was recovered: blue/any is locked by .*apply" .git/err &&
	test_grep "git vault state unlock --env blue --stack any" .git/err && test_path_is_missing live/blue &&
	recover 0 -n --as blue prod && test_grep "warning: blue/any is locked by" .git/err &&
	recover 0 -y --as blue --into ../out prod && test_grep ! "is locked by" .git/err && rm -r ../out &&
	git vault -q state unlock --env blue --stack any "$id" &&
	id=$(git vault state lock --env prod --stack live.production --operation apply 2>/dev/null) &&
	recover 0 -y --as blue --with-states prod && test_grep ! "is locked by" .git/err &&
	git vault plan undo -y "$(run)" && test_path_is_missing live/blue &&
	git vault -q state unlock --env prod --stack live.production "$id"
'

test_expect_success 'misuse is refused before anything is done' '
	record .git/before &&
	recover 129 -y --as prod prod && test_grep "as itself without --as" .git/err &&
	recover 129 -y --as a/b prod && test_grep "cannot name an environment" .git/err &&
	recover 129 -y --replace prod && test_grep "replace goes with --as" .git/err &&
	recover 129 --as blue prod && test_grep "git vault recover --as blue --yes prod" .git/err &&
	test_expect_code 129 git vault restore latest --in-place --as blue 2>.git/err &&
	test_grep "as goes with --env" .git/err &&
	test_expect_code 129 git vault restore latest --in-place --env prod --as blue --delete 2>.git/err &&
	test_grep "goes without --delete" .git/err &&
	ln -s ../modules live/green && recover 128 -y --as green prod && rm live/green &&
	test_grep "live/green would be left out: it is a symbolic link here" .git/err &&
	record .git/after && test_cmp .git/before .git/after
'

test_expect_success 'a plan of the team does the same by a key of its step' '
	mkdir -p .gitvault/plans && cat >.gitvault/plans/copy.yaml <<-\END &&
	environment: prod
	steps:
	  - {id: files, kind: restore, snapshot: latest, as: blue}
	END
	git vault policy accept >/dev/null 2>&1 && git vault plan run -y copy >.git/out 2>&1 &&
	cmp live/production/run live/blue/run && git vault plan undo -y "$(run)" &&
	test_path_is_missing live/blue &&
	cat >.gitvault/plans/copy.yaml <<-\END &&
	environment: prod
	steps:
	  - {id: a, run: ["true"], as: blue}
	  - {id: b, kind: restore, replace: true}
	END
	test_expect_code 1 git vault plan lint copy >.git/out 2>&1 &&
	test_grep "a step of kind run has no .as., .replace. or .cross_scope." .git/out &&
	test_grep "go with .as." .git/out &&
	sed "s/, replace: true/, as: no name/" .gitvault/plans/copy.yaml >.gitvault/plans/odd.yaml &&
	test_expect_code 1 git vault plan lint odd >.git/out 2>&1 &&
	test_grep "this is no environment" .git/out &&
	rm -r .gitvault
'

test_expect_success 'what is shared is named, and is not written elsewhere' '
	mkdir -p modules/net && echo "resource \"null_resource\" \"n\" {}" >modules/net/main.tf &&
	echo "module \"net\" { source = \"../../modules/net\" }" >>live/production/main.tf &&
	git add -A && git commit -qm net && id=$(git vault -q snapshot) &&
	test_expect_code 1 git vault restore "$id" --to ../copy --env prod --as blue >.git/out 2>.git/err &&
	test_grep "restore .* --to ../copy --env prod --as blue --force" .git/err &&
	test_grep ! "with-related" .git/err && test_path_is_missing ../copy &&
	recover 0 -y --snapshot "$id" --as blue --into ../copy prod && cmp live/production/main.tf ../copy/live/blue/main.tf &&
	test_path_is_missing ../copy/modules && test_path_is_missing ../copy/live/production &&
	git vault plan undo -y "$(run)" && test_path_is_missing ../copy
'

test_expect_success 'a file whose path names no environment has no place there' '
	cat >.gitvault.yaml <<-\END &&
	environments:
	  prod:
	    paths: [core/**]
	END
	mkdir core && echo "a = 1" >core/main.tf && git add -A && git commit -qm core &&
	git vault policy accept >/dev/null 2>&1 && git vault -q snapshot &&
	recover 128 -y --as blue prod &&
	test_grep "the path of core/main.tf does not name prod, so its place in blue is not known" .git/err &&
	test_path_is_missing live/blue
'

test_expect_success 'secrets go to no more people unasked, and are encrypted for those then' '
	git rm -rqf core .gitvault.yaml && git commit -qm "no core" && git vault -q snapshot &&
	XDG_CONFIG_HOME=$top/bob git vault key generate >.git/bob 2>/dev/null &&
	git vault -q key add bob --scope staging --new-scope "$(sed -n 1p .git/bob)" &&
	recover 128 -y --as staging --replace prod &&
	test_grep "live/stg/.env would show secrets of prod to bob, who can read those of staging" .git/err &&
	test_path_is_missing live/stg/.env && recover 0 -n --as green prod &&
	test_grep "live/green/.env is encrypted as a whole, or larger than 1 MiB, and not searched" .git/err &&
	recover 0 -y --as staging --replace --cross-scope prod && cmp live/production/.env live/stg/.env &&
	XDG_CONFIG_HOME=$top/bob test_expect_code 5 git vault restore latest --to ../as-bob live &&
	cmp live/production/.env ../as-bob/live/stg/.env &&
	! cmp live/production/.env ../as-bob/live/production/.env
'

test_expect_success 'an environment that nothing names yet is warned of' '
	recover 0 -n --as blue prod &&
	test_grep "nothing says that .* is a file of blue, so its secrets are encrypted for the scope shared" .git/err
'

test_expect_success 'steps run one at a time where that is asked for' '
	recover 0 -n -j 1 --as green prod && recover 0 -n --jobs 3 --as green prod &&
	test_expect_code 129 git vault recover -j x --as green prod
'

test_done
