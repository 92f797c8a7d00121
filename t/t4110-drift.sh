#!/bin/sh

test_description='which keys and values of two environments differ that should not'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

# A repository of two environments in folders, by suffixes, overlays and
# variables.
test_expect_success 'set up: three environments that agree' '
	for e in dev staging prod
	do
		mkdir -p live/$e/db overlays/$e && cat >live/$e/db/main.tf <<-END &&
		locals {
		  host = "db.$e.acme.io"
		}
		resource "aws_db_instance" "db" {
		  deletion_protection = true
		  engine = "postgres"
		}
		END
		printf "timeout: 30 # seconds\nargs: [a, b]\n" >values-$e.yaml &&
		printf "region = \"x\"\n" >$e.tfvars &&
		printf "kind: Kustomization\nresources: [../../base]\n" >overlays/$e/kustomization.yaml &&
		printf "API_URL=https://api.$e.acme.io\nDB_PASSWORD=Qx7-velvet9-$e\n" >.env.$e || return 1
	done &&
	printf "variable \"region\" {\n  type = string\n}\nvariable \"n\" {\n  default = 3\n}\n" >main.tf &&
	printf "timeout: 10\nlimit: 5\n" >values.yaml && echo ".env.*" >.gitignore &&
	git add . && git commit -q -m one
'

test_expect_success 'what differs as it should is in sync, ignored files among it' '
	git vault drift staging prod >$T/out &&
	test_grep "^compared 10 keys in 5 files: 7 same, 3 intended, 0 drift, 0 unknown$" $T/out &&
	test_grep "^staging and prod are in sync$" $T/out && test_line_count = 2 $T/out &&
	git vault drift -v staging prod >$T/out && test_grep "intended  *secret  *.env.\*#DB_PASSWORD" $T/out
'

test_expect_success 'values count after layering, and the line of origin is named' '
	printf "args: [a, b]\n" >values-prod.yaml && echo "n = 4" >>staging.tfvars &&
	test_expect_code 1 git vault drift staging prod >$T/out &&
	test_grep "30 in staging, 10 in prod (from values.yaml:1)" $T/out &&
	test_grep "4 in staging, 3 in prod (from main.tf:5)" $T/out &&
	test_grep " 2 drift, 0 unknown" $T/out && ! grep "in sync" $T/out
'

test_expect_success 'the order of the arguments decides nothing but left and right' '
	test_expect_code 1 git vault --json drift staging prod >$T/a &&
	test_expect_code 1 git vault --json drift prod staging >$T/b &&
	test_grep "\"left\":\"prod\",\"right\":\"staging\"" $T/b &&
	sed "s/.*\"message\":\"\(30 [^\"]*\)\".*/\1/" $T/a >$T/expect &&
	sed "s/.*\"message\":\"\(30 [^\"]*\)\".*/\1/" $T/b >$T/actual && test_cmp $T/expect $T/actual &&
	test_grep "\"left\":{\"path\":\"values-staging.yaml\",\"line\":1,\"value\":\"30\",\"hidden\":false,\"base\":false,\"since\":{[^}]*}},\"right\":{\"path\":\"values.yaml\",\"line\":1,\"value\":\"10\",\"hidden\":false,\"base\":true,\"since\":{[^}]*}}" $T/a
'

test_expect_success 'classes choose what is shown and what decides the exit status' '
	git checkout -q values-prod.yaml staging.tfvars && printf "args: [b, a]\ntimeout: 30\n" >values-prod.yaml &&
	test_expect_code 1 git vault drift --class order staging prod >$T/out && test_grep "^normal  *order" $T/out &&
	git vault drift --class secret,missing staging prod >$T/out && ! grep "^normal" $T/out &&
	test_expect_code 129 git vault drift --class nope staging prod 2>$T/err &&
	test_grep "there is no class .nope." $T/err
'

test_expect_success 'a guard that is weaker in production is severe' '
	git checkout -q . && sed "s/protection = true/protection = false/" live/prod/db/main.tf >$T/tf && cp $T/tf live/prod/db/main.tf &&
	test_expect_code 1 git vault drift staging prod >$T/out &&
	test_grep "^high  *guard  *live/\*/db/\*.tf#resource.aws_db_instance.db.deletion_protection" $T/out
'

test_expect_success 'secrets are compared and never printed' '
	git checkout -q . && echo "DB_PASSWORD=Qx7-velvet9-dev" >.env.prod &&
	for how in "" "-v" "--json" "--json -v"
	do
		test_expect_code 1 git vault $how drift dev prod >$T/out 2>&1 &&
		! grep velvet9 $T/out || return 1
	done &&
	test_expect_code 1 git vault drift dev prod >$T/out &&
	test_grep "^high  *secret  *.env.\*#DB_PASSWORD  *one secret in two environments" $T/out &&
	test_expect_code 1 git vault drift --all >$T/out 2>&1 && ! grep velvet9 $T/out &&
	test_grep "(secret)" $T/out
'

test_expect_success '--all names the odd one out' '
	echo "API_URL=https://api.prod.acme.io" >.env.prod && printf "timeout: 60\nargs: [a, b]\n" >values-prod.yaml &&
	test_expect_code 1 git vault drift --all >$T/out &&
	test_grep "^dev, staging: compared" $T/out && test_grep "^staging, prod: compared" $T/out &&
	test_grep "values-\*.yaml#timeout  *30  *30  *60  *prod$" $T/out &&
	test_expect_code 1 git vault --json drift --all >$T/out &&
	test_grep "\"odd\":\[.*{\"key\":\"values-\*.yaml#timeout\",\"environment\":\"prod\"}" $T/out
'

test_expect_success 'a file that one environment lacks is one difference' '
	printf "API_URL=https://api.prod.acme.io\nDB_PASSWORD=Qx7-velvet9-prod\n" >.env.prod && git checkout -q . &&
	mkdir live/staging/cache && printf "a: 1\nb: 2\n" >live/staging/cache/x.yaml &&
	test_expect_code 1 git vault drift staging prod >$T/out && test_grep "all of it in staging, not in prod (2 keys)" $T/out &&
	test_grep " 1 drift," $T/out && rm -r live/staging/cache
'

test_expect_success 'staging that points at prod is found without a counterpart' '
	echo "host: db.prod.acme.io" >live/staging/only.yaml &&
	test_expect_code 1 git vault drift staging prod >$T/out && test_grep "^high  *cross .*staging points at prod" $T/out &&
	rm live/staging/only.yaml
'

test_expect_success 'what cannot be compared is named, and nothing is in sync then' '
	echo "x: \"{{ .Values.y }}\"" >>values-staging.yaml && echo "x: 1" >>values-prod.yaml &&
	git vault drift staging prod >$T/out && test_grep "^unknown: values-\*.yaml#x: a template" $T/out &&
	! grep "in sync" $T/out && test_expect_code 3 git vault drift --strict staging prod &&
	printf "a: {b: 1" >values-prod.yaml && git vault drift --class value staging prod >$T/out &&
	test_grep "^unknown: values-\*.yaml: cannot be read in prod: line 1: " $T/out && git checkout -q .
'

test_expect_success 'nothing to compare is not in sync' '
	mkdir ../empty && (
		cd ../empty && git init -q && mkdir -p live/dev live/qa && echo a >live/dev/README && echo a >live/qa/README &&
		git vault drift dev qa >$T/out && test_expect_code 3 git vault drift --strict dev qa
	) && test_grep "^compared 0 keys in 0 files: 0 same" $T/out && ! grep "in sync" $T/out
'

test_expect_success 'a patch makes the second like the first, and git applies it' '
	git checkout -q . && printf "# prod\nargs: [b, a] # twice\n" >values-prod.yaml &&
	sed "s/protection = true/protection = false/; /engine/d" live/prod/db/main.tf >$T/tf && cp $T/tf live/prod/db/main.tf &&
	printf "API_URL=https://api.prod.acme.io\nLEVEL=1\nMORE=1\nDB_PASSWORD=Qx7-velvet9-prod\n" >.env.prod &&
	mkdir conf && echo "API_URL=https://www.prod.acme.io" >conf/prod.env && echo "API_URL=https://api.staging.acme.io" >conf/staging.env &&
	printf "API_URL=https://api.staging.acme.io\nLEVEL=1\nMORE=1\nDB_PASSWORD=Qx7-velvet9-staging\n" >.env.staging &&
	test_expect_code 1 git vault drift --patch staging prod >$T/patch 2>$T/err && ! grep velvet9 $T/patch $T/err &&
	test_must_be_empty $T/err && git apply --check $T/patch && git apply $T/patch && git vault drift staging prod >$T/out &&
	test_grep "in sync" $T/out && printf "# prod\nargs: [a, b] # twice\ntimeout: 30 # seconds\n" >$T/expect &&
	test_cmp $T/expect values-prod.yaml && grep "api.prod.acme.io" conf/prod.env && rm -r conf && git diff --quiet live/prod &&
	echo "only: 1" >>values-prod.yaml && test_expect_code 1 git vault drift --patch staging prod >$T/patch 2>$T/err &&
	test_must_be_empty $T/patch && test_grep "1 difference has to be changed by hand" $T/err &&
	test_expect_code 129 git vault drift --patch --all && test_expect_code 129 git vault --json drift --patch staging prod
'

test_expect_success 'an accepted difference is counted apart, until it changes or has ended' '
	git checkout -q . && for e in dev staging prod
	do
		printf "API_URL=https://api.$e.acme.io\nDB_PASSWORD=Qx7-velvet9-$e\n" >.env.$e || return 1
	done && printf "timeout: 60\nargs: [a, b]\n" >values-prod.yaml &&
	git vault drift accept --reason "slow disks" --until 2099-01-31 --owner ops "values-*.yaml#timeout" >$T/out &&
	test_grep "^accepted between staging and prod: values-\*.yaml#timeout$" $T/out && test_line_count = 2 $T/out &&
	git vault drift staging prod >$T/out && test_grep " 0 drift, 0 unknown, 1 accepted$" $T/out &&
	! grep "in sync" $T/out && git vault drift prod staging &&
	git vault drift -v staging prod >$T/out && test_grep "^accepted  *value  *values-\*.yaml#timeout  *slow disks" $T/out &&
	test_grep "owner: \"ops\"" .gitvault-drift.yaml && ! grep "[^0-9a-f]60[^0-9a-f]" .gitvault-drift.yaml &&
	printf "timeout: 61\nargs: [a, b]\n" >values-prod.yaml &&
	test_expect_code 1 git vault drift staging prod >$T/out && test_grep "61 in prod (accepted before it changed: slow disks)" $T/out &&
	printf "timeout: 60\nargs: [a, b]\n" >values-prod.yaml &&
	sed "s/2099-01-31/2020-01-31/" .gitvault-drift.yaml >$T/f && cp $T/f .gitvault-drift.yaml &&
	test_expect_code 1 git vault drift staging prod >$T/out && test_grep "(accepted until 2020-01-31: slow disks)" $T/out &&
	test_expect_code 1 git vault --json drift --all >$T/out && test_grep "\"accepted\":{\"state\":\"expired\",\"reason\":\"slow disks\",\"until\":\"2020-01-31\",\"owner\":\"ops\"}" $T/out
'

test_expect_success 'an accepted secret comes back when it changes, and weaker guards are never accepted' '
	git checkout -q . && rm .gitvault-drift.yaml && echo "DB_PASSWORD=Qx7-velvet9-dev" >.env.prod &&
	git vault drift accept --reason "one test account" ".env.*#DB_PASSWORD" && test_grep "digests: \[.[0-9a-f]\{8\}-[0-9a-f]\{16\}., .[0-9a-f]\{8\}-[0-9a-f]\{16\}.\]" .gitvault-drift.yaml &&
	! grep velvet9 .gitvault-drift.yaml && test_expect_code 1 git vault drift dev prod >$T/out && test_grep " 1 accepted$" $T/out &&
	echo "DB_PASSWORD=Qx7-velvet9-new" >.env.prod && cp .env.dev $T/dev && sed "s/-dev$/-new/" $T/dev >.env.dev &&
	test_expect_code 1 git vault drift dev prod >$T/out && cp $T/dev .env.dev &&
	test_grep "DB_PASSWORD.*(accepted before it changed: one test account)" $T/out && ! grep velvet9 $T/out &&
	printf "API_URL=https://api.prod.acme.io\nDB_PASSWORD=Qx7-velvet9-prod\n" >.env.prod &&
	sed "s/protection = true/protection = false/" live/prod/db/main.tf >$T/tf && cp $T/tf live/prod/db/main.tf &&
	test_expect_code 128 git vault drift accept --reason why "*deletion_protection" 2>$T/err &&
	test_grep "a weaker guard cannot be accepted" $T/err && git checkout -q .
'

test_expect_success 'a file of accepted differences that is none is refused with its line' '
	printf "accepted:\n- key: x\n  why: y\n" >.gitvault-drift.yaml &&
	test_expect_code 128 git vault drift staging prod 2>$T/err && test_grep "gitvault-drift.yaml: line 3: there is no such key here" $T/err &&
	rm .gitvault-drift.yaml && test_expect_code 128 git vault drift accept --reason why nope 2>$T/err &&
	test_grep "there is no drift at .nope." $T/err && test_path_is_missing .gitvault-drift.yaml &&
	test_expect_code 129 git vault drift accept x 2>$T/err && test_expect_code 129 git vault drift --reason x staging prod 2>$T/err &&
	test_expect_code 129 git vault drift accept --reason x --until 2026-13-01 x 2>$T/err && test_grep "takes a day" $T/err
'

test_expect_success 'an environment is compared with itself in a snapshot' '
	git checkout -q . && git vault -q snapshot && git vault drift --from latest prod >$T/out &&
	test_grep "^compared 10 keys in 5 files: 10 same, 0 intended, 0 drift, 0 unknown" $T/out &&
	cp .env.prod $T/env && sed "s/-prod$/-late/" $T/env >.env.prod &&
	test_expect_code 1 git vault drift --from latest prod >$T/out && cp $T/env .env.prod &&
	test_grep "9 same, 0 intended, 1 drift, 0 unknown" $T/out && test_grep "^normal  *secret  *.env.prod#DB_PASSWORD  *changed" $T/out &&
	sed "s/-dev$/-prod/" .env.dev >$T/dev && cp .env.dev $T/keep && cp $T/dev .env.dev && git vault -q snapshot &&
	test_expect_code 1 git vault drift dev prod >$T/out && test_grep "DB_PASSWORD.*one secret in two environments" $T/out &&
	git vault drift --since latest dev prod >$T/out && test_grep " 0 drift, 0 unknown, [0-9]* before$" $T/out &&
	cp $T/keep .env.dev && git vault -q snapshot && cp $T/dev .env.dev &&
	test_expect_code 1 git vault drift --since latest dev prod >$T/out && test_grep "DB_PASSWORD.*one secret" $T/out &&
	cp $T/keep .env.dev && git vault -q snapshot &&
	mv $HOME $T/away && git vault drift --from latest prod >$T/out && mv $T/away $HOME &&
	test_grep "^compared 9 keys in 5 files: 8 same, 0 intended, 0 drift, 1 unknown" $T/out &&
	test_grep "^unknown: .env.prod: encrypted in 20" $T/out &&
	printf "timeout: 31\nargs: [a, b]\n" >values-prod.yaml && echo "new = 1" >>prod.tfvars &&
	sed "s/protection = true/protection = false/" live/prod/db/main.tf >$T/tf && cp $T/tf live/prod/db/main.tf &&
	test_expect_code 1 git vault drift --from latest prod >$T/out && test_grep " 3 drift, 0 unknown" $T/out &&
	test_grep "values-prod.yaml#timeout  *30 in 20.*, 31 in prod" $T/out && test_grep "^high  *guard" $T/out &&
	test_grep "prod.tfvars#new  *in prod, not in 20" $T/out && ! grep velvet9 $T/out &&
	test_expect_code 1 git vault --json drift --from latest prod >$T/out && test_grep "\"right\":\"prod\"" $T/out &&
	rm -r live/prod && test_expect_code 1 git vault drift --from latest prod >$T/out &&
	test_grep "live/prod/db/\*.tf .*all of it in 20.*, not in prod (3 keys)" $T/out &&
	test_expect_code 128 git vault drift --from latest nope 2>$T/err && test_grep "no environment .nope." $T/err &&
	test_expect_code 129 git vault drift --from latest dev prod && test_expect_code 129 git vault drift --from latest --all &&
	git checkout -q .
'

test_expect_success 'the environments of the sample differ as they are meant to' '
	cp -r "$GIT_VAULT_SRC_DIR/contrib/sample" ../sample && (
		cd ../sample && git init -q && git vault drift dev prod >$T/out && git vault drift staging prod >>$T/out
	) && test_line_count = 4 $T/out && test_grep "^staging and prod are in sync" $T/out &&
	test_grep "^compared 78 keys in 12 files: 42 same, 36 intended, 0 drift, 0 unknown" $T/out
'

test_expect_success 'a link that leads out of the tree is not followed' '
	git init -q ../links && (
		cd ../links && printf "hint: outside-4711\n" >../outside.yaml && printf "hint: a\n" >values-staging.yaml &&
		ln -s ../outside.yaml values-prod.yaml && git add -A && test_might_fail git vault drift staging prod &&
		test_might_fail git vault drift --patch staging prod
	) >$T/out 2>&1 && ! grep 4711 $T/out && test_grep "^unknown: .*cannot be read in prod: it is a link that leads" $T/out &&
	test_grep "^compared .* 2 unknown" $T/out && (
		cd ../links && git rm -q -f values-staging.yaml && mkdir prod staging && printf "a: 1\n" | tee prod/a.yaml >staging/a.yaml &&
		ln -s ../../outside.yaml prod/b.yaml && git add -A && test_might_fail git vault drift staging prod
	) >$T/out 2>&1 && ! grep 4711 $T/out && test_grep "^unknown: .*b.yaml: cannot be read in prod: it is a link" $T/out
'

test_expect_success 'the digest of what a filter of Git encrypts is made with a key' '
	git init -q ../crypt && (
		cd ../crypt && git config filter.git-crypt.clean "printf \"\\\\0GITCRYPT\\\\0\"; tr a-z b-za" &&
		git config filter.git-crypt.smudge "tail -c +11 | tr b-za a-z" &&
		echo "values-*.yaml filter=git-crypt" >.gitattributes && echo "color: red" >values-staging.yaml &&
		echo "color: blue" >values-prod.yaml && git add . && git commit -q -m one &&
		git cat-file blob HEAD:values-prod.yaml >../blob && ! grep -a blue ../blob &&
		test_expect_code 1 git vault drift staging prod && git vault drift accept --reason meant "values-*.yaml#color" &&
		cat .gitvault-drift.yaml && git vault drift staging prod && echo "color: green" >values-prod.yaml &&
		test_expect_code 1 git vault drift staging prod && git update-ref -d refs/vault/idkey &&
		git vault drift staging prod
	) >$T/out 2>&1 && test_grep "digests: \[.[0-9a-f]\{8\}-[0-9a-f]\{16\}., .[0-9a-f]\{8\}-" $T/out
'

test_expect_success 'what is asked for wrongly is refused' '
	test_expect_code 129 git vault drift staging 2>$T/err && test_grep "two environments are needed" $T/err &&
	test_expect_code 129 git vault drift staging stage 2>$T/err && test_grep "are one environment" $T/err &&
	test_expect_code 129 git vault drift --all staging prod 2>$T/err &&
	test_expect_code 128 git vault drift staging nope 2>$T/err && test_grep "no environment .nope." $T/err
'

test_done
