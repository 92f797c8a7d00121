#!/bin/sh

test_description='git vault state lock, unlock and locks in one repository'
. "$(dirname "$0")/test-lib.sh"

me=$(id -un)@$(hostname)
id='[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}'

# lock_by WHO [ENV/STACK [CREATED]]: somebody else's lock, as another program
# would put it here
lock_by () {
	printf "{\"ID\":\"id-of-%s\",\"Operation\":\"OperationTypeApply\",%s}" \
		"${1%@*}" "\"Info\":\"\",\"Who\":\"$1\",\"Version\":\"1.9.8\",\
\"Created\":\"${3:-2005-04-07T06:12:44.5Z}\",\"Path\":\"\"" |
		put_record "${2:-prod/default}"
}

# put_record ENV/STACK: a lock whose record is what stands on stdin
put_record () {
	blob_=$(git hash-object -w --stdin) &&
		git update-ref "refs/vault/locks/$1" "$blob_"
}

# lock_beside N: its output and its status in got.N and status.N
lock_beside () {
	git vault state lock --new --env prod >"got.$1" 2>"err.$1"
	echo $? >"status.$1"
}

unlocked () {
	git for-each-ref refs/vault/locks >left && test_must_be_empty left
}

test_expect_success 'a lock is a ref whose blob is the record, in Terraforms words' '
	test_tick && git vault state lock --new --env prod >id 2>err &&
	test_must_be_empty err &&
	test_line_count = 1 id && grep -E "^$id\$" id &&
	git cat-file blob refs/vault/locks/prod/default >actual &&
	when=$(date -u -d "@$GIT_VAULT_TEST_TIME" +%Y-%m-%dT%H:%M:%SZ) &&
	cat >expect <<-EOF &&
	{"ID":"$(cat id)","Operation":"manual","Info":"","Who":"$me",\
	"Version":"$(git vault version | sed "s/ version//")",\
	"Created":"$when","Path":"prod/default"}
	EOF
	sed "s/	//g" expect >plain && test_cmp plain actual
'

test_expect_success 'who comes second is told who has it, since when, and what to do' '
	test_expect_code 4 git vault state lock --new --env prod >out 2>err &&
	test_must_be_empty out &&
	test_grep "prod/default is locked by ${me%@*} on the host ${me#*@} since" err &&
	test_grep "since 20.*Z ([0-9]* seconds\{0,1\} ago), for .manual., ID $(cat id);" err &&
	test_grep "state unlock --env prod --stack default --force --reason" err
'

test_expect_success 'other stacks and other environments are other locks' '
	git vault state lock --new --env prod --stack network >two &&
	git vault state lock --new --env staging >three &&
	git vault state locks >out && test_line_count = 4 out &&
	test_grep "^prod  *network  *$me  *manual  *.* $(cat two)" out
'

test_expect_success 'it is let go of by its id' '
	test_expect_code 4 git vault state unlock --env prod nonsense 2>err &&
	test_grep "not the ID of it" err && test_grep "$(cat id)" err &&
	git vault state unlock --env prod "$(cat id)" >out &&
	echo "prod/default is unlocked" >expect && test_cmp expect out &&
	test_expect_code 128 git vault state unlock --env prod --stack default \
		"$(cat id)" 2>err && test_grep "prod/default is not locked" err
'

test_expect_success 'and without one where it is our own' '
	git vault state unlock --env prod --stack network &&
	git vault state unlock --env staging && unlocked &&
	git vault state locks >out && test_must_be_empty out
'

test_expect_success 'operation and info are shown to who finds it locked' '
	git vault state lock --new --env prod --operation apply \
		--info "the \"nightly\" run" >id &&
	test_expect_code 4 git vault state lock --new --env prod 2>err &&
	test_grep "for .apply. (the \"nightly\" run), ID" err &&
	git vault state unlock --env prod
'

test_expect_success 'the environment is that of the current directory' '
	mkdir -p envs/staging/vpc nowhere &&
	(cd envs/staging/vpc && git vault state lock --new >../../../id) &&
	git rev-parse --verify refs/vault/locks/staging/default &&
	(cd envs/staging && git vault state unlock "$(cat ../../id)") && unlocked &&
	(cd nowhere && test_expect_code 129 git vault state lock --new 2>../err) &&
	test_grep "the environment is not clear .*--env ENV" err
'

test_expect_success 'names that git has no refs for are refused' '
	for name in "" . .. a..b a/b a.lock "a b" "a~" -x .x x. "$(printf "a\nb")" \
		"$(printf "%065d" 1)"
	do
		test_expect_code 129 git vault state lock --new --env="$name" 2>err &&
		test_grep "an environment cannot be called" err &&
		test_expect_code 129 git vault state unlock --env prod \
			--stack="$name" 2>err &&
		test_grep "a stack cannot be called" err || return 1
	done && unlocked
'

test_expect_success 'and what looks like a secret, in names and in what it is for' '
	token=ghp_$(printf x | sha256sum | cut -c1-36) &&
	for of in "--env $token" "--env prod --stack $token" \
		"--env prod --info $token" "--env prod --operation $token"
	do
		test_expect_code 128 git vault state lock --new $of 2>err &&
		test_grep "has a possible secret (github-pat" err &&
		test_grep ! "$token" err || return 1
	done && unlocked && test -z "$(find .git -name "*$token*")"
'

test_expect_success 'options that do not go together are refused' '
	test_expect_code 129 git vault state lock --new --env prod --force 2>err &&
	test_grep "say why with --reason" err &&
	test_expect_code 129 git vault state unlock --env prod --force \
		--reason= 2>err && test_grep "say why" err &&
	test_expect_code 129 git vault state lock --new --env prod --reason x 2>err &&
	test_grep "goes with --force" err &&
	test_expect_code 129 git vault state locks --env prod 2>err &&
	test_grep "state locks. does not take --env" err &&
	test_expect_code 129 git vault state unlock --env prod --wait 3 2>err &&
	test_grep "state unlock. does not take --wait" err &&
	test_expect_code 129 git vault state lock --new --env prod --wait soon 2>err &&
	test_grep "takes a duration" err &&
	test_expect_code 129 git vault state burn 2>err &&
	test_grep "unknown command .state burn" err && unlocked
'

test_expect_success 'what somebody else holds is not ours to let go of' '
	lock_by ann@web1 && test_tick &&
	test_expect_code 4 git vault state unlock --env prod 2>err &&
	test_grep "locked by ann on the host web1 since 2005-04-07T06:12:44Z" err &&
	test_expect_code 4 git vault state lock --new --env prod 2>err &&
	test_grep "for .OperationTypeApply., ID id-of-ann" err &&
	git vault state unlock --env prod id-of-ann && unlocked
'

test_expect_success 'taking it away is told to the audit chain first' '
	lock_by ann@web1 &&
	git vault state unlock --env prod --force --reason "web1 is gone" >out &&
	unlocked && git for-each-ref --format="%(refname)" refs/vault/audit >chain &&
	git log -1 --format=%B "$(cat chain)" >event &&
	test_grep "^state-unlock$" event &&
	test_grep "^Vault-Event: state-unlock$" event &&
	test_grep "^Vault-Reason: prod/default, which was locked by ann on the host web1 since .* ID id-of-ann: web1 is gone$" event
'

test_expect_success 'and so is taking it over' '
	lock_by ann@web1 &&
	git vault state lock --new --env prod --force --reason "ann said so" >id &&
	git log -1 --format=%B "$(cat chain)" >event &&
	test_grep "^state-lock$" event && test_grep "ann said so$" event &&
	git vault state unlock --env prod "$(cat id)" && unlocked
'

test_expect_success 'where the chain cannot be written nothing is taken away' '
	lock_by ann@web1 && git rev-parse refs/vault/locks/prod/default >expect &&
	mv ".git/$(cat chain)" was && mkdir -p ".git/$(cat chain)/x" &&
	echo x >".git/$(cat chain)/x/y" &&
	test_must_fail git vault state unlock --env prod --force --reason x 2>err &&
	test_grep "audit chain" err &&
	test_must_fail git vault state lock --new --env prod --force --reason x 2>err &&
	test_grep "audit chain" err &&
	git rev-parse refs/vault/locks/prod/default >actual &&
	test_cmp expect actual && rm -r ".git/$(cat chain)" &&
	mv was ".git/$(cat chain)" &&
	git vault state unlock --env prod --force --reason x && unlocked
'

test_expect_success '--force with another id takes nothing away' '
	lock_by ann@web1 &&
	test_expect_code 4 git vault state unlock --env prod --force \
		--reason x id-of-bob 2>err && test_grep "not the ID" err &&
	git vault state unlock --env prod --force --reason x id-of-ann && unlocked
'

test_expect_success '--force of what is not locked locks it, and tells of nothing' '
	git rev-parse "$(cat chain)" >expect &&
	git vault state lock --new --env prod --force --reason x >id &&
	git rev-parse "$(cat chain)" >actual && test_cmp expect actual &&
	git vault state unlock --env prod && unlocked
'

test_expect_success '--wait tries again until it is free' '
	lock_by ann@web1 &&
	test_expect_code 4 git vault state lock --new --env prod --wait 1 2>err &&
	test_grep "locked by ann" err &&
	{
		git vault state lock --new --env prod --wait 60 >id 2>err &
		waits=$!
	} &&
	git vault state unlock --env prod id-of-ann &&
	wait $waits && test_line_count = 1 id &&
	git vault state unlock --env prod "$(cat id)" && unlocked
'

test_expect_success 'of several at once one has it' '
	for i in 1 2 3 4 5 6 7 8
	do
		lock_beside $i &
		echo $! >pid.$i
	done &&
	for i in 1 2 3 4 5 6 7 8
	do
		wait $(cat pid.$i) || return 1
	done &&
	cat got.? >ids && test_line_count = 1 ids &&
	sort status.? | uniq -c | sed "s/^ *//" >actual &&
	test_write_lines "1 0" "7 4" >expect && test_cmp expect actual &&
	git vault state unlock --env prod "$(cat ids)" && unlocked
'

test_expect_success JQ 'as JSON' '
	test_tick && lock_by ann@web1 prod/network &&
	git vault --json state lock --new --env prod --info "für x" >out &&
	jq -r ".environment, .stack, .operation, .info, .actor, .path, .damage" out >actual &&
	test_write_lines prod default manual "für x" "$me" prod/default null \
		>expect && test_cmp expect actual &&
	git vault --json state locks >out &&
	jq -c ".locks[] | [.stack, .id[0:6], .time, .age_seconds >= 0, .future, .here, .there]" \
		out >actual && test_grep "network.,.id-of-.,.2005-04-07T06:12:44Z.,true,false,true,null" actual &&
	jq -e ".remote == null and (.locks | length) == 2" out &&
	git vault --json state unlock --env prod >out &&
	jq -r .stack out >actual && echo default >expect && test_cmp expect actual &&
	git vault state unlock --env prod --stack network id-of-ann && unlocked
'

test_expect_success 'a lock of the future is called that, and has no age below nothing' '
	lock_by ann@web1 prod/default 2036-11-20T06:12:44+02:00 &&
	test_expect_code 4 git vault state lock --new --env prod 2>err &&
	test_grep "since 2036-11-20T04:12:44Z (in the future: a clock is wrong)" err &&
	git vault state locks >out && test_grep "in the future" out &&
	git vault --json state locks >out &&
	test_grep "\"age_seconds\":0,\"future\":true" out &&
	git vault state unlock --env prod id-of-ann
'

test_expect_success 'no lock ends by its age' '
	lock_by ann@web1 prod/default 1970-01-01T00:00:00Z &&
	test_expect_code 4 git vault state lock --new --env prod 2>err &&
	test_grep "years ago" err &&
	test_expect_code 4 git vault state unlock --env prod &&
	git vault state unlock --env prod id-of-ann && unlocked
'

test_expect_success 'texts that act on terminals do not reach them' '
	printf "{\"ID\":\"i\\\\u001b[31md\",\"Who\":\"a\\\\nb@h\\\\u0007\",\"Info\":\"\\\\u009b2J\"}" |
		put_record prod/default &&
	test_expect_code 4 git vault state lock --new --env prod 2>err &&
	git vault state locks >out && cat err out >all &&
	tr -d "\n\040-\176" <all | LC_ALL=C tr -d "\302" >odd &&
	test_must_be_empty odd && test_line_count = 1 err &&
	git vault state unlock --env prod --force --reason x && unlocked
'

test_expect_success 'a record that is none is called damaged, and can be taken away' '
	head -c 65537 /dev/zero | tr "\0" " " >large &&
	printf "{\"ID\":\"\"}" >no-id && printf "{\"ID\":7}" >number &&
	printf "{\"ID\":\"x\",\"Who\":[]}" >list && printf "[]" >array &&
	printf "{\"ID\":\"a\377\"}" >latin && : >empty &&
	printf "{\"ID\":\"x\"" >cut && printf "{\"ID\":\"x\"}{" >two &&
	printf "{\"ID\":\"a\\\\u0000b\"}" >nul && head -c 3000 /dev/urandom >noise &&
	for file in large no-id number list array latin empty cut two nul noise
	do
		put_record prod/default <$file &&
		git vault state locks >out &&
		test_grep "^prod  *default  *damaged" out &&
		test_expect_code 4 git vault state lock --new --env prod 2>err &&
		test_grep "somebody whose record cannot be read" err &&
		test_expect_code 4 git vault state unlock --env prod &&
		test_expect_code 4 git vault state unlock --env prod x &&
		git vault --json state locks >out && test_grep "\"damage\":\"" out &&
		git vault state unlock --env prod --force --reason mess || return 1
	done && unlocked
'

test_expect_success 'so can one whose object is missing, or is no blob' '
	git commit -q --allow-empty -m one &&
	git update-ref refs/vault/locks/prod/default HEAD &&
	git vault state locks >out && test_grep "damaged.*no blob" out &&
	git vault state lock --new --env prod --force --reason x >id &&
	git vault state unlock --env prod "$(cat id)" &&
	lock_by ann@web1 && blob=$(git rev-parse refs/vault/locks/prod/default) &&
	rm -f ".git/objects/$(echo $blob | sed "s,^..,&/,")" &&
	git vault state locks >out && test_grep "damaged.*not here" out &&
	git vault state unlock --env prod --force --reason x && unlocked
'

test_expect_success 'a record of 100 MB is not read, and damaged' '
	head -c 100000000 /dev/zero | put_record prod/default &&
	git vault state locks >out &&
	test_grep "damaged.*100000000 bytes" out &&
	git vault state unlock --env prod --force --reason x && unlocked
'

test_expect_success 'refs that are no locks are passed over' '
	blob=$(git hash-object -w --stdin <no-id) &&
	git update-ref refs/vault/locks/one $blob &&
	git update-ref refs/vault/locks/a/b/c $blob &&
	mkdir -p .git/refs/vault/locks/a && echo $blob >".git/refs/vault/locks/a/x y" &&
	git vault state locks >out && test_must_be_empty out &&
	git update-ref -d refs/vault/locks/one &&
	git update-ref -d refs/vault/locks/a/b/c && rm ".git/refs/vault/locks/a/x y"
'

test_expect_success 'a lock does not disturb the rest' '
	git vault state lock --new --env prod >id && echo x >file &&
	git vault snapshot >snap 2>err && git vault verify --all &&
	git vault fold && test_might_fail git vault doctor >out &&
	test_grep ! locks out && git gc -q --prune=now &&
	git vault prune --keep-last 1 && git fsck --strict &&
	git vault state locks >out && test_grep "$(cat id)" out &&
	git vault state unlock --env prod "$(cat id)" && unlocked
'

test_expect_success 'worktrees of a repository share its locks' '
	git worktree add -q ../side && (
		cd ../side && git vault state lock --new --env prod >../id
	) &&
	test_expect_code 4 git vault state lock --new --env prod 2>err &&
	git vault state unlock --env prod "$(cat ../id)" && unlocked
'

test_expect_success 'a bare repository has locks, too' '
	git init -q --bare ../bare && (
		cd ../bare && git vault state lock --new --env prod >id &&
		test_expect_code 4 git vault state lock --new --env prod &&
		test_expect_code 129 git vault state lock --new &&
		git vault state unlock --env prod
	)
'

test_done
