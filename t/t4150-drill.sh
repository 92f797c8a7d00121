#!/bin/sh

test_description='the recovery is rehearsed in a fresh clone'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# drill STATUS ARG…
drill () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault drill "$@" >.git/out 2>.git/err || {
		cat .git/out .git/err
		return 1
	}
}

# says NAME VALUE: a member of the last document, the first of that name
says () {
	grep -q "\"$1\":\"\{0,1\}$2[\",}]" .git/out || {
		cat .git/out
		return 1
	}
}

# nothing is left of a drill but its report
is_clean () {
	ls .git/vault >.git/left && ! grep "^drill-" .git/left
}

test_expect_success 'set up: a repository with a remote, a secret and a state' '
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	mkdir -p live/prod live/dev charts && echo ".env" >.gitignore &&
	echo "locals { a = file(\"a.txt\") }" >live/prod/main.tf && echo a >live/prod/a.txt &&
	echo "locals { a = 1 }" >live/dev/main.tf &&
	printf "#!/bin/sh\necho deploy\n" >deploy.sh && chmod +x deploy.sh &&
	ln -s deploy.sh link && echo "DB_PASSWORD=c0rrect-h0rse-battery" >.env &&
	git add -A && git commit -qm one && git vault key generate &&
	git vault -q snapshot >../id && git push -q origin HEAD && git vault -q sync
'

test_expect_success 'no drill yet: all environments are overdue' '
	drill 1 && test_grep "prod.*overdue.*never" .git/out && drill 1 status --env dev &&
	git vault env --status --env prod >.git/out && test_grep "prod .* never" .git/out &&
	drill 0 list && test_must_be_empty .git/out && test_grep "no drill" .git/err
'

test_expect_success 'a drill passes, and leaves nothing but its report' '
	git status --porcelain >../before && git for-each-ref refs/vault/snapshots >../refs &&
	git -C ../remote.git for-each-ref >../there &&
	drill 3 run --no-validators && test_grep "compare *passed.*byte for byte" .git/out &&
	test_grep "sentinel *passed" .git/out && test_grep "repeat *passed" .git/out &&
	test_grep "this key opens 1 secret" .git/out && is_clean &&
	git status --porcelain >../after && test_cmp ../before ../after &&
	git for-each-ref refs/vault/snapshots >../refs.now && test_cmp ../refs ../refs.now &&
	git -C ../remote.git for-each-ref >../there.now && test_cmp ../there ../there.now
'

test_expect_success 'it is an event of the audit chain, and its report is kept' '
	git vault env --status --env prod >.git/out && test_grep "prod .* never" .git/out &&
	git vault env --json --status --env prod >.git/out &&
	test_grep "\"drill_time\":null.*\"drill_overdue\":true,\"slow\":null,\"functions\":\[\]" .git/out &&
	drill 1 && test_grep "prod.*overdue.*never.*could not run" .git/out && drill 0 list &&
	test_grep "could not run" .git/out && git vault audit verify &&
	id=$(sed -n "2s/ .*//p" .git/out) && drill 0 show "$id" &&
	sum=$(sed -n "s/^report *sha256://p" .git/out) &&
	ref=refs/vault/reports/drill/$id && git show "$ref:report.json" >../kept &&
	echo "$sum  ../kept" >../sum && sha256sum -c ../sum &&
	git vault --json drill show "$id" >.git/out && says files 7 &&
	was=$(git rev-parse "$ref") && sed "s/could_not_run/passed/" ../kept >../other &&
	blob=$(git hash-object -w ../other) &&
	tree=$(printf "100644 blob %s\treport.json\n" "$blob" | git mktree) &&
	git update-ref "$ref" "$(git commit-tree -m x "$tree")" && drill 128 show "$id" &&
	test_grep "changed since" .git/err && git update-ref "$ref" "$was" && drill 0 show "$id"
'

test_lazy_prereq OPENSSL '
	openssl genpkey -algorithm ed25519 -out key && echo x >text &&
	openssl pkeyutl -sign -rawin -inkey key -in text -out sig
'

test_expect_success OPENSSL 'with a signed statement of in-toto, which others can check' '
	git vault drill list >.git/out && id=$(sed -n "2s/ .*//p" .git/out) &&
	git show "refs/vault/reports/drill/$id:statement.json" >../envelope &&
	python3 "$TEST_DIRECTORY/helper/dsse-check.py" ../envelope .. >../statement &&
	git show "refs/vault/reports/drill/$id:report.json" | sha256sum | cut -c1-64 >../sum &&
	test_grep "\"sha256\": *\"$(cat ../sum)\"" ../statement &&
	test_grep "\"result\": *\"WARNED\"" ../statement &&
	test_grep "attestation/test-result" ../statement &&
	test_grep "passedTests.*\"compare\"" ../statement &&
	git vault drill show "$id" >.git/out && test_grep "refs/vault/reports/drill/$id" .git/out
'

test_expect_success 'a sync brings it to the remote, and to another clone' '
	git vault -q sync && git clone -q ../remote.git ../second && (
		cd ../second && git vault -q sync 2>../err && git vault drill list >../seen &&
		git vault --json drill show "$(sed -n "2s/ .*//p" ../seen)" >../seen
	) && test_grep "\"files\":7" ../seen
'

# old ID NAME: the report once more, by the name of one of long ago
old () {
	git update-ref "refs/vault/reports/drill/$2" "$(git rev-parse "refs/vault/reports/drill/$1^{commit}")"
}

test_expect_success 'prune lets old reports go, and a sync does not bring them back' '
	git vault drill list >.git/out && id=$(sed -n "2s/ .*//p" .git/out) &&
	git for-each-ref refs/vault/reports >../reports && old "$id" 20200101T000000Z-00000001 &&
	old "$id" 20200102T000000Z-00000002 && git vault -q sync &&
	git vault prune --keep-last 100 --dry-run >.git/out 2>.git/err &&
	test_grep "would delete 2 drill reports" .git/err &&
	git vault --json prune --keep-last 100 >.git/out && test_grep "\"reports\":2" .git/out &&
	git for-each-ref refs/vault/reports >../reports.now && test_cmp ../reports ../reports.now &&
	git vault -q sync && git for-each-ref refs/vault/reports >../reports.now &&
	test_cmp ../reports ../reports.now
'

test_expect_success 'what was not pushed is named as the first cause' '
	echo more >>live/prod/a.txt && git vault -q snapshot >../later &&
	drill 1 --json run --no-validators && says code never_pushed && says next "git vault sync" &&
	is_clean && drill 3 run --no-validators --snapshot "$(cat ../id)" &&
	git vault -q sync && drill 3 run --no-validators
'

test_expect_success 'a key that does not open is named' '
	(XDG_CONFIG_HOME=$PWD/../else && export XDG_CONFIG_HOME && git vault key generate) &&
	drill 1 --json run --no-validators --identity ../else/git-vault/identity &&
	says code wrong_recipient && is_clean
'

for fault in corrupt-object:corrupt_object missing-object:missing_object \
	missing-key:missing_key lost-ref:lost_ref
do
	test_expect_success "a drill notices ${fault%:*} at every place, by its name" '
		for seed in 1 2 3 4 5
		do
			drill 1 --json run --no-validators --fault ${fault%:*} --seed $seed &&
			says code ${fault#*:} && is_clean || return 1
		done
	'
done

test_expect_success 'what was broken on purpose is listed, and is no last result' '
	drill 1 && test_grep "prod.*failed *wrong_recipient" .git/out && drill 0 list &&
	test_grep "lost_ref, broken on purpose" .git/out
'

test_expect_success 'references that lead nowhere fail it' '
	rm live/prod/a.txt && git vault -q snapshot && git vault -q sync &&
	drill 1 --json run --no-validators && says code references &&
	test_grep "\"detail\":\"live/prod/main.tf:1: " .git/out &&
	echo "{ \"a\": [1" >live/dev/x.tf.json && git vault -q snapshot && git vault -q sync &&
	drill 1 --json run --no-validators && says code unreadable_file &&
	test_grep "\"detail\":\"live/dev/x.tf.json:[0-9]*: this cannot be read: .*, and 1 more\"" .git/out &&
	rm live/dev/x.tf.json && git vault -q restore "$(cat ../later)" --in-place && git vault -q snapshot &&
	git vault -q sync && drill 3 run --no-validators
'

test_expect_success 'a state that was saved is read back' '
	printf "{\"version\":4,\"terraform_version\":\"1.9.5\",\"serial\":1,\"lineage\":\"l\"," >../s &&
	printf "\"outputs\":{},\"resources\":[]}\n" >>../s &&
	git vault -q state save --env prod --stack net --new ../s && git vault -q sync &&
	drill 3 run --no-validators --env dev --snapshot latest &&
	test_grep "states *nothing" .git/out &&
	drill 3 run --no-validators && test_grep "1 state is whole" .git/out
'

test_lazy_prereq SPACES 'test_have_prereq LINUX && unshare -Urmpf --mount-proc true'

test_expect_success SPACES 'the checks of tools run in a sandbox, and one that fails is the cause' '
	printf "#!/bin/sh\nif true\n" >deploy.sh && git vault -q snapshot && git vault -q sync &&
	drill 1 --json run && says code validator && test_grep "deploy.sh" .git/out &&
	says sandbox "[34]" && printf "#!/bin/sh\necho deploy\n" >deploy.sh &&
	git vault -q snapshot && git vault -q sync
'

test_lazy_prereq YAMLLINT 'yamllint --version'

# share: the tree as it is now
share () {
	git add -A && git commit -qm share && git push -q origin HEAD && git vault -q snapshot && git vault -q sync
}

test_expect_success SPACES,YAMLLINT 'YAML is linted where the team has rules for it' '
	echo "rules: {key-duplicates: enable}" >.yamllint && echo "a: 1" >linted.yaml && share && drill 0 run &&
	printf "a: 1\na: 2\n" >linted.yaml && share && drill 1 run &&
	test_grep "yamllint.*linted.yaml:2:1.*duplication of key" .git/out &&
	git rm -qf .yamllint linted.yaml && share
'

test_expect_success SPACES 'a line of a tool that holds a secret value is left out' '
	echo "PIN=zebra-9-quartz" >>.env &&
	printf "#!/bin/sh\ncase x in a) ;; esac zebra-9-quartz\n" >deploy.sh && git add deploy.sh &&
	git vault -q snapshot && git vault -q sync && drill 1 run -v &&
	! grep -e zebra -e h0rse .git/out .git/err && test_grep "left out" .git/out &&
	for ref in $(git for-each-ref --format="%(refname)" refs/vault/reports/drill)
	do
		git archive --format=tar "$ref" >../one.tar && ! grep -e zebra -e h0rse ../one.tar || return 1
	done &&
	printf "#!/bin/sh\necho deploy\n" >deploy.sh && git add deploy.sh &&
	git vault -q snapshot && git vault -q sync
'

# a sanitizer looks for leaks at the end of each process, and cannot in there: so
# its exit status is another one
test_lazy_prereq HIDDEN '
	! test_have_prereq SANITIZERS && test_have_prereq LINUX &&
	unshare -Urmpf --mount-proc true'

test_expect_success HIDDEN 'in a container that hides /proc the sandbox is of a lower level' '
	{
		unshare -Urm sh -c "mount --bind .git /proc/sys &&
			git vault drill run -v" >.git/out 2>.git/err || test $? = 3
	} &&
	test_grep "sandbox was of level 2 of 4" .git/err &&
	test_grep "sh -n deploy.sh: passed" .git/out && is_clean
'

test_expect_success SPACES 'an older snapshot is judged without the files of later commits' '
	mkdir -p charts && echo "if true" >charts/late.sh && git add -A && git commit -qm late &&
	git push -q origin HEAD && { git vault drill run -v --snapshot "$(cat ../id)" >.git/out || test $? = 3; } &&
	test_grep "sh -n deploy.sh: passed" .git/out && ! grep late.sh .git/out
'

test_expect_success 'a killed drill leaves secrets for no longer than to the next one' '
	mkdir -p .git/vault/drill-999999999-00000000/clone &&
	echo secret >.git/vault/drill-999999999-00000000/clone/.env &&
	drill 3 run --no-validators && is_clean
'

test_expect_success 'the time of a drill is bounded' '
	(GIT_VAULT_TEST_TICK=600 && export GIT_VAULT_TEST_TICK &&
		drill 1 --json run --no-validators --budget 1s) && is_clean &&
	says code slow_remote && test_grep "time of the drill is over" .git/out &&
	test_expect_code 129 git vault drill run --budget soon
'

test_expect_success 'the address of a remote is on no command line' '
	git remote set-url origin "file://$PWD/../remote.git" &&
	(GIT_TRACE=$PWD/.git/trace && export GIT_TRACE && drill 3 run --no-validators) &&
	test_grep "git clone" .git/trace && ! grep "file://" .git/trace
'

test_expect_success 'nothing works on in the background of a clone that is removed' '
	! grep -e "fold --auto" -e "maintenance run" .git/trace
'

test_expect_success 'no remote, no snapshot, no such drill: each a sentence' '
	test_expect_code 129 git vault drill run --from-remote nowhere 2>.git/err &&
	test_grep nowhere .git/err && test_expect_code 128 git vault drill run --snapshot 1234 &&
	test_expect_code 128 git vault drill show 1234 2>.git/err && test_grep "drill list" .git/err &&
	test_expect_code 129 git vault drill list --keep && test_expect_code 129 git vault drill go
'

test_expect_success 'what --keep leaves is removed by the command that it names, whatever the folder is called' '
	git clone -q ../remote.git "../it'\''s here" && (
		cd "../it'\''s here" && git vault -q sync && test_expect_code 3 git vault drill run --no-validators --keep 2>../said &&
		sed -n "s/.*in clear: \(rm -rf .*\)/\1/p" ../said >../remove && test -s ../remove &&
		test -d .git/vault/drill-* && sh ../remove && ! test -e .git/vault/drill-*
	)
'

test_expect_success SETPRIV 'an ordinary user runs one as well as root does' '
	mkdir ../plain && chown 65534:65534 ../plain && (
		cd ../plain && as () { test_as_nobody env TMPDIR="$TMPDIR/nobody" git -c user.name=N -c user.email=n@example.org "$@"; } &&
		as init -q --bare up.git && as init -q one && cd one && as remote add origin ../up.git &&
		test_as_nobody sh -c "echo .env >.gitignore && echo K=c0rrect-h0rse-battery >.env" && as add -A &&
		as commit -qm one && as push -q origin HEAD && as vault -q snapshot >../id && as vault -q sync >../out &&
		test_expect_code 3 as vault drill run --no-validators >../out 2>../err &&
		test_grep "compare *passed.*byte for byte" ../out && test_grep "sentinel *passed" ../out &&
		test -z "$(find .git/vault -name "drill-*-*")"
	)
'

test_expect_success 'a format has one document, and JSON is one' '
	drill 3 run --no-validators --format json && says result could_not_run &&
	head -c 1 .git/out | grep "{" && ! grep "<html" .git/out
'

test_expect_success 'the reports are JUnit and a page that needs no other file' '
	drill 3 run --no-validators --format junit && test_grep "<testcase classname=\"drill\" name=\"clone\"" .git/out &&
	drill 3 run --no-validators --format html && test_grep "<h1>Recovery drill" .git/out &&
	! grep -e "src=" -e "href=" .git/out
'

test_done
