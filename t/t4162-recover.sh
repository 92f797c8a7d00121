#!/bin/sh

test_description='an environment that was deleted comes back, and the way back'
. "$(dirname "$0")/test-lib.sh"

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

# state SERIAL
state () {
	printf "{\"version\":4,\"serial\":%d,\"lineage\":\"l\",\"outputs\":{}," "$1"
	printf "\"terraform_version\":\"1.9.5\",\"resources\":[]}"
}

# whole DIR: all files of an environment with their modes
whole () {
	(cd "$1" && find . -type f -printf "%m %p " -exec sha256sum {} \; | LC_ALL=C sort -k 2)
}

test_expect_success 'set up: two environments, secrets, a state in two versions, records' '
	mkdir -p live/prod/net live/prod/app live/dev && printf "%s\n" ".env" "*.pem" >.gitignore &&
	echo "variable \"a\" {}" >live/prod/net/main.tf && echo "output \"x\" { value = 1 }" >live/prod/app/main.tf &&
	echo "variable \"a\" {}" >live/dev/main.tf && echo "DB_PASSWORD=c0rrect-h0rse-battery" >live/prod/app/.env &&
	chmod 600 live/prod/app/.env && printf "#!/bin/sh\n" >live/prod/app/run && chmod 755 live/prod/app/run &&
	git add -A && git commit -qm one && git vault key generate && state 1 >../one && state 2 >../two &&
	git vault -q state save --env prod --stack live.prod.net --new ../one &&
	whole live/prod >../first && git vault -q good mark prod &&
	git vault -q state save --env prod --stack live.prod.net ../two && echo "# two" >>live/prod/net/main.tf &&
	git commit -qam two && whole live/prod >../second && git vault -q good mark prod
'

test_expect_success 'without a terminal and --yes nothing is done, and a dry run shows the plan' '
	rm -r live/prod && recover 129 prod && test_grep "nobody can be asked" .git/err &&
	recover 0 -n prod && test_grep "secrets" .git/out && test_grep "snapshot .* of " .git/err &&
	recover 0 -n --json prod && test_grep "\"record\":2" .git/out && test_grep "\"rpo_met\":true" .git/out &&
	recover 0 -n --json --snapshot latest prod && test_grep "\"record\":null" .git/out &&
	recover 0 -n --json --at now prod && test_path_is_missing live/prod .git/vault/plans
'

test_expect_success 'a deleted environment is back byte for byte, with secrets and its state' '
	git add -A && git commit -qm "prod is gone" && recover 0 --yes prod && whole live/prod >../now && test_cmp ../second ../now &&
	test "$(cat live/prod/app/.env)" = "DB_PASSWORD=c0rrect-h0rse-battery" &&
	run=$(ls .git/vault/plans) && test_grep "plan undo $run" .git/err &&
	file=$(find .git/vault/plans -name "state-*.tfstate") && test_grep "\"serial\":3" "$file" &&
	test "$(stat -c %a "$file")" = 600 && test_grep "hint: terraform -chdir=live/prod/net init && terraform -chdir=live/prod/net state push $PWD/$file && rm" .git/err &&
	test_path_is_file live/dev/main.tf
'

test_expect_success 'what a run did is taken back, and once only' '
	echo mine >live/dev/new && test_expect_code 129 git vault plan undo "$run" 2>.git/err &&
	test_grep "nobody can be asked" .git/err && git vault plan undo --yes "$run" 2>.git/err &&
	test_path_is_missing live/prod "$file" && test "$(cat live/dev/new)" = mine && rm live/dev/new &&
	git vault plan history >.git/out && test_grep "undone" .git/out &&
	test_must_fail git vault plan undo --yes "$run" 2>.git/err && test_grep "taken back already" .git/err &&
	test_must_fail git vault plan resume "$run" 2>.git/err && git vault audit verify
'

test_expect_success 'an older record, a time, a component, a folder' '
	recover 0 --yes --to 1 prod && whole live/prod >../now && test_cmp ../first ../now &&
	test_grep "\"serial\":3" "$(find .git/vault/plans -name "state-*.tfstate")" && rm -r live/prod .git/vault/plans &&
	recover 0 --yes --component net prod && test_path_is_file live/prod/net/main.tf &&
	test_path_is_missing live/prod/app && rm -r live/prod .git/vault/plans &&
	recover 0 --yes --component app prod && test_path_is_missing live/prod/net &&
	! find .git/vault/plans -name "state-*" | grep . && rm -r live/prod .git/vault/plans &&
	(cd live && git vault -q recover --yes --into ../out prod) && whole out/live/prod >../now &&
	test_cmp ../second ../now && test_path_is_missing live/prod && rm -r out
'

test_expect_success 'what there is not is named, and nothing happens' '
	rm -rf .git/vault/plans && recover 128 --yes none && recover 128 --yes --to 9 prod && recover 129 --yes --to x prod &&
	recover 129 --yes --to 1 --at yesterday prod && recover 128 --yes --component nt prod &&
	test_grep "no component .nt." .git/err && git vault -q good revoke --reason bad prod 1 && recover 128 --yes --to 1 prod &&
	test_grep "was revoked" .git/err && test_path_is_missing .git/vault/plans live/prod
'

test_expect_success 'a file of a state that was changed stays, and that is told' '
	recover 0 --yes prod && file=$(find .git/vault/plans -name "state-*.tfstate") && echo >>"$file" &&
	test_expect_code 1 git vault plan undo --yes "$(ls .git/vault/plans)" >.git/out 2>.git/err && test_path_is_file "$file" &&
	test_grep "was changed since" .git/out && test_path_is_missing live/prod
'

test_expect_success 'a folder that a run wrote goes, unless somebody has changed it' '
	rm -rf .git/vault/plans live/prod && recover 0 --yes --into ../gone prod && test_path_is_file ../gone/live/prod/app/.env &&
	mkdir ../kept && recover 0 --yes --into ../kept prod && echo >>../kept/live/prod/app/.env &&
	first=$(ls .git/vault/plans | head -1) && git vault plan undo --yes "$first" >.git/out 2>.git/err &&
	test_path_is_missing ../gone &&
	test_expect_code 1 git vault plan undo --yes "$(ls .git/vault/plans | tail -1)" >.git/out 2>.git/err &&
	test_grep "kept was changed since the run wrote it, so it stays, with all secrets" .git/out && rm -r ../kept
'

test_expect_success 'a state of the record that is withheld is missed, and left out by its name alone' '
	rm -rf .git/vault/plans && ref=refs/vault/state/prod/live.prod.net && was=$(git rev-parse $ref) &&
	git update-ref -d $ref && recover 128 --yes prod && test_grep "nothing was recovered: the state live.prod.net, version" .git/err &&
	test_path_is_missing live/prod .git/vault/plans && recover 128 --yes --component net prod &&
	recover 0 --yes --component app prod && rm -r live/prod .git/vault/plans &&
	recover 128 --yes --without-state other prod && recover 0 --yes --without-state live.prod.net prod &&
	test_grep "live.prod.net of record 2 is not here, and does not come back" .git/err && test_path_is_file live/prod/net/main.tf &&
	! find .git/vault/plans -name "state-*" | grep . && rm -r live/prod .git/vault/plans &&
	git update-ref $ref $was~1 && recover 128 --yes prod && test_grep "state live.prod.net" .git/err && git update-ref $ref $was
'

test_expect_success 'a snapshot of nobody knows whom is recovered by its id alone, where nobody is asked' '
	rm -rf .git/vault/plans && git clone -q . ../mal && (cd ../mal && mkdir -p live/prod/net && echo evil >live/prod/net/main.tf &&
		git add -A && git commit -qm evil && sleep 1 && git vault -q snapshot 2>/dev/null) &&
	git fetch -q ../mal "refs/vault/snapshots/*:refs/vault/snapshots/*" && id=$(git -C ../mal for-each-ref --format="%(refname:lstrip=3)" refs/vault/snapshots) &&
	sleep 1 && recover 0 --yes --at now prod && ! grep -r evil live/prod && rm -r live/prod .git/vault/plans &&
	recover 128 --yes --snapshot any:latest prod && test_grep "not of this clone, and unsigned: it says that it is" .git/err &&
	test_grep "recover --yes --snapshot $id prod" .git/err && test_path_is_missing live/prod .git/vault/plans &&
	recover 0 -n --snapshot any:latest prod && recover 0 --yes --snapshot $id prod && test_grep "unsigned" .git/err &&
	test_grep evil live/prod/net/main.tf && rm -r live/prod &&
	mv .git/vault/own ../own && recover 128 --yes --at now prod && recover 0 --yes prod && mv ../own .git/vault/own && rm -r live/prod
'

test_expect_success 'a step of a plan restores no snapshot that recover refuses' '
	rm -rf .git/vault/plans && mkdir -p .gitvault/plans && cat >.gitvault/plans/newest.yaml <<-\END &&
	environment: prod
	inputs: {from: {default: "any:latest"}}
	steps:
	  - {id: files, kind: restore, snapshot: "${{ inputs.from }}", paths: [live/prod]}
	  - {id: next, needs: [files], run: [touch, ran]}
	END
	git vault -q policy accept --yes && id=$(git -C ../mal for-each-ref --format="%(refname:lstrip=3)" refs/vault/snapshots) &&
	test_expect_code 1 git vault plan run --yes newest >.git/out 2>.git/err && test_path_is_missing ran live/prod &&
	test_grep "files: failed.*could have made snapshot $id, and no known-good record that counts names it" .git/out &&
	test_grep "give its id in place of .any:latest." .git/out &&
	git vault plan run --yes --input from=good:prod newest >.git/out && test_path_is_file live/prod/net/main.tf ran &&
	! grep -r evil live/prod && rm -r ran live/prod &&
	git vault plan run --yes --input from=$id newest >.git/out && test_grep evil live/prod/net/main.tf &&
	rm -r ran live/prod .gitvault .git/vault/plans
'

test_expect_success 'what an environment needs goes with it into a folder, and is named in place' '
	rm -rf .git/vault/plans && git checkout -q HEAD~1 -- live/prod && mkdir mod && echo "variable \"n\" {}" >mod/main.tf &&
	printf "module \"m\" {\n  source = \"../../../mod\"\n  n = 1\n}\n" >live/prod/net/mod.tf && git add -A &&
	git commit -qm three && git vault -q snapshot && recover 0 --yes --snapshot latest --into ../out prod &&
	test_path_is_file ../out/mod/main.tf && rm -rf ../out mod live/prod && recover 1 --yes --snapshot latest prod &&
	test_grep "live/prod/net/mod.tf:2 uses mod, which is not there" .git/out &&
	command=$(sed -n "s/.* too: git vault //p" .git/out) && test_grep "with-related" .git/out &&
	eval "git vault -q $command" && test_path_is_file mod/main.tf && test_path_is_file live/prod/net/mod.tf
'

test_expect_success 'without a key, the step of the secrets says so' '
	rm -rf .git/vault/plans live/prod && mv "$HOME/.config/git-vault" ../away && recover 1 --yes prod &&
	test_grep "secrets: failed.* no key here opens 1 secret of prod; .*: git vault key recover" .git/out &&
	mv ../away "$HOME/.config/git-vault"
'

# loose: every object as a file of its own, so that one can be lost
loose () {
	for pack in .git/objects/pack/*.pack
	do
		test -e "$pack" || return 0
		mv "$pack" ../pack && rm -f "${pack%.pack}".* && git unpack-objects -q <../pack || return 1
	done
}

# lost OBJECT: it is not in this repository any more
lost () {
	rm ".git/objects/$(echo "$1" | cut -c 1-2)/$(echo "$1" | cut -c 3-)"
}

test_expect_success 'a secret or a part of a state that is lost here is named before anything changes' '
	rm -rf .git/vault/plans && git init -q --bare ../hub.git && git remote add origin ../hub.git && git push -q origin HEAD &&
	git vault -q sync && loose &&
	object=$(git ls-tree -r refs/vault/secrets/prod | sed -n "1s/.* \([0-9a-f]\{40\}\).*/\1/p") && lost $object &&
	recover 1 --yes prod && test_grep "secrets: failed.*object $object is not in this repository" .git/out &&
	test_grep "git vault repair --remote origin" .git/out && test_path_is_missing live/prod && git vault -q repair --remote origin &&
	loose && object=$(git ls-tree -r refs/vault/state/prod/live.prod.net | sed -n "/parts/s/.* \([0-9a-f]\{40\}\).*/\1/p" | head -1) &&
	test -n "$object" && lost $object && recover 1 --yes prod && test_path_is_missing live/prod &&
	test_grep "secrets: failed.*prod/live.prod.net.*object $object is not in this repository" .git/out &&
	git vault -q repair --remote origin && recover 0 --yes prod && rm -r live/prod .git/vault/plans
'

test_expect_success 'a state that somebody works on stops the recovery, with the way on' '
	id=$(git vault state lock --env prod --stack live.prod.net --operation apply 2>/dev/null) &&
	recover 4 --yes prod && test_grep "nothing was recovered: prod/live.prod.net is locked by .*apply" .git/err &&
	test_grep "git vault state unlock --env prod --stack live.prod.net" .git/err && test_path_is_missing live/prod .git/vault/plans &&
	recover 0 -n prod && test_grep "warning: prod/live.prod.net is locked by" .git/err &&
	recover 0 --yes --component app prod && rm -r live/prod .git/vault/plans &&
	git vault -q state unlock --env prod --stack live.prod.net $id &&
	git clone -q ../hub.git ../apply && (cd ../apply && git vault -q sync &&
		git vault state lock --env prod --stack live.prod.net --operation apply --remote origin) >../id 2>/dev/null &&
	recover 4 --yes prod && test_grep "locked on the remote .origin. by .*--remote origin --force" .git/err &&
	mv ../hub.git ../off && recover 0 --yes prod && test_grep "locked a state on the remote .origin. is not known" .git/err &&
	mv ../off ../hub.git && rm -r live/prod .git/vault/plans &&
	git vault -q state unlock --env prod --stack live.prod.net --remote origin --force --reason "the test is over"
'

test_expect_success 'doctor names the states that runs left in plaintext, and its command removes them' '
	recover 0 --yes prod && recover 0 --yes prod && { git vault --json doctor >.git/out || :; } &&
	test_grep "\"kind\":\"plain_states\"" .git/out && test_grep "2 states that recoveries wrote for a push are in plaintext" .git/out &&
	{ git vault doctor >.git/out 2>&1 || :; } && sed -n "s/.*\(rm .*state-live-prod-net-0.tfstate\).*/\1/p" .git/out >../cmd &&
	sh ../cmd && ! find .git/vault/plans -name "*.tfstate" | grep . && { git vault --json doctor >.git/out || :; } &&
	! grep plain_states .git/out
'

test_done
