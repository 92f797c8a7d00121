#!/bin/sh

test_description='git vault scan: which files, which findings, which status'
. "$(dirname "$0")/test-lib.sh"

# What is printed goes there, so that no scan sees it.
T=$TMPDIR

# Nothing in this file is to look like a secret, so values are put together.
value=Zk3fj29sLq0x
token=ghp_$(printf x | sha256sum | cut -c1-36)

# places [OPTION…]: path:line:column of each finding
places () {
	test_might_fail git vault scan "$@" >$T/places 2>$T/err &&
	sed "s/^\(.*:[0-9]*:[0-9]*\): .*/\1/" $T/places
}

test_expect_success 'a tree without secrets is clean, and nothing is written' '
	echo "region = \"eu\"" >main.tf && git add . && test_tick &&
	git commit -q -m first &&
	git vault scan >$T/out 2>$T/err && test_must_be_empty $T/out &&
	test_grep "scanned 1 file.*: no findings" $T/err &&
	git for-each-ref refs/vault >$T/refs && test_must_be_empty $T/refs
'

test_expect_success 'tracked, untracked and precious files are scanned' '
	mkdir -p prod "odd \"name" node_modules/x build ignored &&
	printf "host: x\ndb:\n  password: $value\n" >prod/tracked.yaml &&
	echo "token: $token" >"odd \"name/untracked" &&
	echo "DB_PASSWORD=$value" >prod/.env &&
	echo "password: $value" >node_modules/x/a.yaml &&
	echo "{}" >node_modules/x/package.json && echo "{}" >package.json &&
	echo "password: $value" >ignored/b.yaml &&
	ln -s prod/.env link && git init -q inner &&
	echo "password: $value" >inner/c.yaml &&
	test_write_lines .env node_modules/ ignored/ inner/ >.gitignore &&
	git add prod/tracked.yaml .gitignore && test_tick &&
	git commit -q -m more &&
	cat >$T/expect <<-END &&
	"odd \\"name/untracked":1:8: likely: github-pat: ghp_… (40 bytes)
	prod/.env:1:13: likely: generic-secret: DB_PASSWORD = … (12 bytes)
	prod/tracked.yaml:3:13: likely: generic-secret: db.password = … (12 bytes)
	END
	test_expect_code 1 git vault scan >$T/actual 2>$T/err &&
	test_cmp $T/expect $T/actual &&
	test_grep "3 likely" $T/err &&
	test_expect_code 1 git vault scan -q >$T/actual 2>$T/err &&
	test_cmp $T/expect $T/actual && test_must_be_empty $T/err
'

test_expect_success 'a path that is named is scanned, ignored or not' '
	echo "ignored/b.yaml:1:11" >$T/expect &&
	places ignored/b.yaml >$T/actual && test_cmp $T/expect $T/actual &&
	places ignored >$T/actual && test_cmp $T/expect $T/actual &&
	places ignored/ >$T/actual && test_cmp $T/expect $T/actual &&
	test_write_lines prod/.env:1:13 prod/tracked.yaml:3:13 >$T/expect &&
	places prod >$T/actual && test_cmp $T/expect $T/actual &&
	(
		cd prod && places . >$T/actual && test_cmp $T/expect $T/actual &&
		places ../prod/.env tracked.yaml >$T/actual &&
		test_cmp $T/expect $T/actual &&
		places "$(pwd)" >$T/actual
	) && test_cmp $T/expect $T/actual &&
	places . | wc -l | tr -d " " >$T/actual &&
	echo 3 >$T/expect && test_cmp $T/expect $T/actual &&
	test_expect_code 128 git vault scan prod/none 2>$T/err &&
	test_grep "cannot scan prod/none: No such file" $T/err
'

test_expect_success 'outside of a repository paths must be given' '
	mkdir -p $T/plain/sub/.git && echo "password: $value" >$T/plain/sub/x.yml &&
	cp $T/plain/sub/x.yml $T/plain/sub/.git/config &&
	(
		cd $T/plain && test_expect_code 129 git vault scan 2>$T/err &&
		test_grep "name the files" $T/err &&
		test_expect_code 1 git vault scan -v . >$T/actual
	) &&
	echo "./sub/x.yml:1:11: likely: generic-secret: password = … (12 bytes)" \
		>$T/expect &&
	test_cmp $T/expect $T/actual &&
	test_expect_code 1 git vault scan $T/plain >$T/actual &&
	test_grep "^$T/plain/sub/x.yml:1:11: likely" $T/actual &&
	test_expect_code 1 nongit git vault scan --json $T/plain/ >$T/json &&
	test_grep "\"fingerprint\":null" $T/json
'

test_expect_success 'grades: what is printed, and the exit status' '
	mkdir -p $T/grades/examples && echo "token: hagebutte" >$T/grades/examples/a.yml &&
	echo "password: $value" >$T/grades/examples/b.yml &&
	git vault scan $T/grades >$T/out 2>$T/err && test_must_be_empty $T/out &&
	test_grep "not shown: 1 possible, 1 example (see --grade)" $T/err &&
	test_expect_code 1 git vault scan --grade possible $T/grades >$T/out &&
	test_line_count = 1 $T/out && test_grep "b.yml:1:11: possible:" $T/out &&
	test_expect_code 1 git vault scan --grade example $T/grades >$T/out &&
	test_line_count = 2 $T/out &&
	git vault scan --grade verified prod >$T/out &&
	test_must_be_empty $T/out &&
	test_expect_code 129 git vault scan --grade sure
'

test_expect_success 'a runbook is no example, though it lies among documents' '
	mkdir -p $T/told/docs/runbooks && token=glpat-Xk93$(echo mQz71LpWv20sRt8b) &&
	echo "$token" >$T/told/docs/guide.md && cp $T/told/docs/guide.md $T/told/docs/runbooks/ &&
	test_expect_code 1 git vault scan $T/told >$T/out &&
	test_line_count = 1 $T/out && test_grep "runbooks/guide.md:1:1: likely" $T/out
'

test_expect_success 'in a text the setting that is all of a line counts' '
	mkdir $T/set && random=1ViLZfnIM0N4KEh7AfrYC word=hagebutte &&
	printf "PASSWORD=%s\n" $random >$T/set/whole &&
	printf "Password: %s\n" $random >$T/set/form.md &&
	printf "the token=%s of all\n" $random >$T/set/said.md &&
	printf "PASSWORD=%s\n" $word >$T/set/word.txt &&
	test_expect_code 1 git vault scan $T/set >$T/out 2>$T/err &&
	test_line_count = 2 $T/out && test_grep "set/whole:1:10: likely" $T/out &&
	test_grep "set/form.md:1:11: likely" $T/out &&
	test_grep "not shown: 2 possible" $T/err
'

test_expect_success 'the standard input, with and without a name' '
	test_expect_code 1 git vault scan --grade possible --stdin \
		<prod/.env >$T/actual &&
	test_grep "^(standard input):1:13: likely" $T/actual &&
	test_expect_code 1 git vault scan --stdin --path new/.env <prod/.env \
		>$T/actual &&
	test_grep "^new/.env:1:13: likely" $T/actual &&
	git vault scan --stdin </dev/null &&
	test_expect_code 129 git vault scan --path x &&
	test_expect_code 129 git vault scan --stdin prod &&
	test_expect_code 129 git vault scan --stdin --staged
'

secret_of_kubernetes () {
	printf "apiVersion: v1\nkind: Secret\nstringData:\n  roles.yml: |\n" &&
	printf "    %s\n" "$@"
}

test_expect_success 'what a Secret of Kubernetes keeps may be no secret' '
	secret_of_kubernetes "user:" "  cluster: [ \"monitor\" ]" |
		test_expect_code 1 git vault scan --grade possible --stdin \
			--path s.yaml >$T/actual &&
	test_grep "^s.yaml:5:5: possible" $T/actual &&
	secret_of_kubernetes "user:" "  password: $value" |
		test_expect_code 1 git vault scan --stdin --path s.yaml \
			>$T/actual &&
	test_grep "^s.yaml:5:5: likely" $T/actual &&
	secret_of_kubernetes "$value" |
		test_expect_code 1 git vault scan --stdin --path s.yaml \
			>$T/actual &&
	test_grep "^s.yaml:5:5: likely" $T/actual
'

test_expect_success 'what is staged is scanned as it is staged' '
	git vault scan --staged && echo "password: $value" >new.yaml &&
	git vault scan --staged && git add new.yaml && echo "# a" >new.yaml &&
	echo "new.yaml:1:11" >$T/expect &&
	places --staged >$T/actual && test_cmp $T/expect $T/actual &&
	(cd prod && places --staged >$T/actual) &&
	test_cmp $T/expect $T/actual &&
	git rm -q --cached prod/tracked.yaml &&
	places --staged >$T/actual && test_cmp $T/expect $T/actual &&
	git reset -q && rm new.yaml
'

test_expect_success 'old secrets of a file that is staged are found, too' '
	echo "# more" >>prod/tracked.yaml && git add prod/tracked.yaml &&
	echo "prod/tracked.yaml:3:13" >$T/expect &&
	places --staged >$T/actual && test_cmp $T/expect $T/actual &&
	git checkout -q -f HEAD -- prod
'

test_expect_success 'an index of its own, as a partial commit has it' '
	echo "password: $value" >one.yaml && echo "password: $value" >two.yaml &&
	cp .git/index .git/other && GIT_INDEX_FILE=.git/other git add one.yaml &&
	git add two.yaml && echo one.yaml:1:11 >$T/expect &&
	(
		GIT_INDEX_FILE=.git/other && export GIT_INDEX_FILE &&
		places --staged >$T/actual
	) && test_cmp $T/expect $T/actual &&
	git reset -q && rm one.yaml two.yaml
'

test_expect_success 'what is staged before the first commit' '
	git init -q young && echo "password: $value" >young/a.yaml &&
	git -C young add . && test_expect_code 1 git -C young vault scan --staged \
		>$T/actual && test_grep "^a.yaml:1:11" $T/actual &&
	git init -q --bare bare.git &&
	test_expect_code 129 git -C bare.git vault scan --staged &&
	test_expect_code 129 git -C bare.git vault scan &&
	rm -rf young bare.git
'

test_expect_success JQ 'JSON: the fields, and --format json is the same' '
	test_expect_code 1 git vault scan --json prod >$T/json &&
	test_expect_code 1 git vault scan --format json prod >$T/same &&
	test_cmp $T/json $T/same &&
	cat >$T/expect <<-\END &&
	prod/.env 1 13 1 generic-secret likely DB_PASSWORD … (12 bytes) 12 high
	prod/tracked.yaml 3 13 3 generic-secret likely password … (12 bytes) 12 high
	END
	jq -r ".findings[] | \"\(.path) \(.line) \(.column) \(.end_line) \(.rule) \" +
		\"\(.grade) \(.name) \(.value) \(.length) \(.severity)\"" \
		<$T/json >$T/actual &&
	test_cmp $T/expect $T/actual &&
	jq -e ".counts == {example: 0, possible: 0, likely: 2, verified: 0} and
		.files == 2 and .unreadable == [] and
		.findings[0].reasons == [\"name\", \"random\"]" $T/json
'

test_expect_success 'CSV: a heading, quotes doubled' '
	test_expect_code 1 git vault scan --format csv "odd \"name" prod/.env |
		tr -d "\r" | sed "s/,\"[0-9a-f]*-[0-9a-f]*\",/,FP,/" >$T/actual &&
	cat >$T/expect <<-\END &&
	path,line,column,end_line,rule,severity,grade,name,value,fingerprint,key,encodings
	"odd ""name/untracked",1,8,1,"github-pat","critical","likely","","ghp_… (40 bytes)",FP,"",""
	"prod/.env",1,13,1,"generic-secret","high","likely","DB_PASSWORD","… (12 bytes)",FP,"DB_PASSWORD",""
	END
	test_cmp $T/expect $T/actual
'

test_expect_success 'CSV: what a spreadsheet would run is text, by an apostrophe' '
	mkdir $T/formula && for sign in = + - @
	do
		echo "k: ghp_$(printf x | sha256sum | cut -c1-36)" \
			>"$T/formula/${sign}cmd.txt" || return 1
	done && (cd $T/formula && test_create_repo r >/dev/null && mv ./*.txt r && cd r &&
		test_expect_code 1 git vault scan --format csv) >$T/csv &&
	cut -d, -f1 $T/csv >$T/actual &&
	printf "path\n\"\047+cmd.txt\"\n\"\047-cmd.txt\"\n\"\047=cmd.txt\"\n\"\047@cmd.txt\"\n" >$T/expect &&
	test_cmp $T/expect $T/actual
'

test_expect_success 'a copy is not explained by the name of the other place' '
	test_when_finished "rm -f twice.env" &&
	printf "DB_LABEL=kX9mPl2vQ8zR4t\nDB_PASSWORD=kX9mPl2vQ8zR4t\n" \
		>twice.env &&
	test_expect_code 1 git vault scan -v --grade possible twice.env \
		>$T/out &&
	name=$(sed -n "s/.*fingerprint //p" $T/out | sort -u) &&
	git vault scan --explain $name twice.env >$T/out &&
	test_grep "^twice.env:1:10: possible" $T/out &&
	test_grep "another place in the file" $T/out &&
	test_grep ! "points" $T/out
'

test_expect_success 'rules are listed and explained' '
	git vault scan --list-rules >$T/out &&
	test_grep "^github-pat  *critical  *token  *GitHub personal" $T/out &&
	test $(wc -l <$T/out) -gt 800 &&
	nongit git vault scan --list-rules >$T/same && test_cmp $T/out $T/same &&
	git vault scan --explain github-pat >$T/out &&
	test_grep "What to do: Revoke it" $T/out &&
	test_expect_code 129 git vault scan --explain github-pad 2>$T/err &&
	test_grep "neither a rule .* nor a fingerprint" $T/err
'

test_expect_success 'a finding is explained by its place' '
	git vault scan --explain prod/.env:1 >$T/out &&
	test_grep "^prod/.env:1:13: likely" $T/out &&
	git vault scan --explain prod/.env:1:13 >$T/same &&
	test_cmp $T/out $T/same &&
	git -C prod vault scan --explain ./.env:1 >$T/same && test_cmp $T/out $T/same &&
	git vault scan --explain "$PWD/prod/.env:1:13" >$T/same && test_cmp $T/out $T/same &&
	test_expect_code 128 git vault scan --explain prod/.env:1:1 2>$T/err &&
	test_grep "nothing was found that begins at prod/.env:1:1;" $T/err &&
	test_must_fail git vault scan --explain prod/.env:13 2>$T/err &&
	test_grep "nothing was found that begins at prod/.env:13" $T/err &&
	test_expect_code 129 git vault scan --explain prod/.env: 2>$T/err &&
	test_grep "nor PATH:LINE of a finding" $T/err
'

test_expect_success 'outside of a repository it is, too, and has no fingerprint' '
	mkdir $T/alone && cp prod/.env $T/alone/ &&
	(cd $T/alone && git vault scan --explain .env:1 .) >$T/out &&
	test_grep "^./.env:1:13: likely" $T/out &&
	(cd $T/alone && git vault scan --explain ./.env:1 .) >$T/same &&
	test_cmp $T/out $T/same &&
	test_grep ! "Fingerprint" $T/out
'

test_expect_success 'a finding is explained by its fingerprint' '
	test_expect_code 1 git vault scan -v prod/.env >$T/out &&
	name=$(sed -n "s/.*fingerprint //p" $T/out) && test -n "$name" &&
	git vault scan --explain $name >$T/out &&
	test_grep "^prod/.env:1:13: likely" $T/out &&
	test_grep "  *+30  the name is that of a password" $T/out &&
	test_grep "points; likely from 20, possible from -10" $T/out &&
	test_grep "^Grade: likely (hooks block it), because" $T/out &&
	test_grep "gitvault:allow generic-secret WHY" $T/out &&
	test_grep "$name" $T/out &&
	git vault --json scan --explain $name >$T/json &&
	test_grep "\"score\":{\"name\":30,.*\"sum\":" $T/json &&
	short=$(echo $name | cut -c1-15) &&
	git vault scan --explain $short prod >$T/same && test_cmp $T/out $T/same &&
	test_expect_code 128 git vault scan --explain $short main.tf 2>$T/err &&
	test_grep "nothing that was scanned has the fingerprint" $T/err
'

test_expect_success 'what git lets nothing have is named with that reason' '
	test_when_finished "rm -f .git." && echo x >.git. &&
	test_might_fail git vault scan >$T/out 2>$T/err &&
	test_grep "warning: [.]git[.] was not scanned: git lets nothing have this name" \
		$T/err
'

test_expect_success SANITY 'what cannot be read is named, and is no success' '
	test_when_finished "chmod 755 shut closed" && mkdir shut &&
	echo x >closed && chmod 0 shut closed &&
	test_expect_code 3 git vault scan main.tf closed >$T/out 2>$T/err &&
	test_grep "warning: closed was not scanned: Permission denied" $T/err &&
	test_expect_code 1 git vault scan >$T/out 2>$T/err &&
	test_grep "warning: shut was not scanned" $T/err &&
	test_grep "warning: closed was not scanned" $T/err
'

test_expect_success SETPRIV 'what cannot be read outside of a repository' '
	mkdir -p $T/mixed/shut && echo x >$T/mixed/open && echo x >$T/mixed/closed &&
	chmod 0 $T/mixed/shut $T/mixed/closed &&
	test_expect_code 3 nongit test_as_nobody git vault scan $T/mixed \
		>$T/out 2>$T/err && test_must_be_empty $T/out &&
	test_grep "warning: $T/mixed/closed was not scanned: Permission" $T/err &&
	test_grep "warning: $T/mixed/shut was not scanned: Permission" $T/err &&
	test_grep "scanned 1 file " $T/err
'

test_done
