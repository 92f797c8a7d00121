#!/bin/sh
# shellcheck disable=SC2154

test_description='what a policy loosens counts only once it is accepted'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-clones.sh"
. "$TEST_DIRECTORY/lib-sync.sh"
. "$TEST_DIRECTORY/lib-terminal.sh"

value=Pr0d-EnvVal-7hQz2mLx9

# holds DIR: whether an object that refs reach has the value in clear
holds () {
	git -C "$1" rev-list --objects --all | cut -c1-40 |
		git -C "$1" cat-file --batch 2>/dev/null | grep -aqF "$value"
}

# mallory POLICY: somebody who may push gives everybody another policy
mallory () {
	printf "$1" >"$top/mallory/clone/.gitvault.yaml" &&
	as mallory sh -c "git add .gitvault.yaml && git commit -q -m policy &&
		git push -q origin HEAD"
}

clear="secrets:\n  paths:\n    - path: \"**\"\n      keep: clear\n"

test_expect_success 'a team has a vault, and no policy' '
	start_team && join bob && clone mallory &&
	for who in alice bob
	do
		echo "DB_PASSWORD=$value" >"$top/$who/clone/.env" || return 1
	done
'

test_expect_success 'a policy that a pull brings stores nothing in clear' '
	mallory "$clear" &&
	as alice git vault hooks install &&
	as alice git pull -q --no-rebase 2>err &&
	test_grep ".gitvault.yaml: secrets.paths is not accepted" err &&
	test_grep "git vault policy diff" err &&
	as alice git vault snapshot --force 2>err >id &&
	test_grep "secrets.paths is not accepted" err &&
	test_line_count = 1 id &&
	as alice git vault sync -q 2>err &&
	! holds "$top/alice/clone" && ! holds "$top/remote"
'

test_expect_success 'hooks and CI say one line and go on' '
	echo x >"$top/alice/clone/x" && as alice git add x &&
	rm "$top/alice/clone/.git/vault/policy-seen" &&
	as alice git commit -q -m x 2>err &&
	test "$(grep -c "not accepted" err)" = 1 &&
	as alice git commit -q --allow-empty -m y 2>err &&
	test_grep ! "not accepted" err &&
	as alice env CI=true git vault snapshot --force >id 2>err &&
	test "$(grep -c "not accepted" err)" = 1 &&
	test_might_fail as alice env CI=true git vault scan >out 2>err &&
	test "$(grep -c "not accepted" err)" = 1 &&
	! holds "$top/alice/clone"
'

# seen_at TIME: as if the policy was last printed then
seen_at () {
	file=$top/alice/clone/.git/vault/policy-seen &&
		blob=$(git hash-object "$top/alice/clone/.gitvault.yaml") &&
		printf "git-vault policy-seen 1\nshown %s %s\n" "$blob" "$1" >stamp &&
		{ cat stamp && printf "= %s\n" "$(python3 -c "import sys, zlib
print('%08x' % zlib.crc32(open('stamp', 'rb').read()))")"; } >"$file"
}

# hook_says N: how many lines of a hook's name the policy
hook_says () {
	as alice git commit -q --allow-empty -m "hook says $1" 2>err &&
		test "$(grep -c "not accepted" err)" = "$1"
}

test_expect_success PYTHON 'hooks print a content once an hour, other commands each time' '
	now=$(date +%s) &&
	seen_at $((now - 3000)) && hook_says 0 &&
	seen_at $((now - 3700)) && hook_says 1 && hook_says 0 &&
	seen_at $((now + 9000)) && hook_says 1 &&
	echo garbage >"$file" && hook_says 1 &&
	echo "# another" >>"$top/alice/clone/.gitvault.yaml" && hook_says 1 &&
	sed -i "\$d" "$top/alice/clone/.gitvault.yaml" && hook_says 0 &&
	as alice git vault snapshot --dry-run >out 2>err &&
	test_grep "not accepted" err &&
	as alice git vault status 2>err >out && test_grep "not accepted" err
'

test_expect_success 'diff says in words what differs, and whether it counts' '
	printf "state:\n  seal: full\n" >>"$top/alice/clone/.gitvault.yaml" &&
	test_expect_code 1 as alice git vault policy diff >out 2>err &&
	test_grep "secrets.paths (how much of a file is encrypted): does not" out &&
	test_grep "+ {path: .*, keep: clear}" out &&
	test_grep "state.seal (how states are encrypted): counts" out &&
	test_grep "to accept: git vault policy accept" err &&
	test_expect_code 1 as alice git vault policy diff --json >out &&
	test_grep "\"accepted_by\":\"keyring\"" out &&
	test_grep "\"key\":\"secrets.paths\".*\"waits\":true" out
'

test_expect_success 'only an owner accepts for others' '
	as bob git pull -q --no-rebase &&
	as bob git rev-parse refs/vault/keyring >before &&
	test_must_fail as bob git vault policy accept 2>err &&
	test_grep "only owners change the keyring" err &&
	as bob git rev-parse refs/vault/keyring >after &&
	test_cmp before after &&
	as bob git vault snapshot --force >id 2>err &&
	! holds "$top/bob/clone"
'

test_expect_success 'what an owner accepts holds in all clones' '
	as alice git checkout -q .gitvault.yaml &&
	on alice git vault policy accept >out 2>err &&
	test_grep "accepted the policy for all clones: signed version" out &&
	test_grep ! "not accepted" err && test_grep "git vault sync" err &&
	as alice git vault policy diff >out && test_must_be_empty out &&
	as alice git vault policy show >out &&
	test_grep "keep: clear" out &&
	as alice git vault audit list --kind policy-accept >out &&
	test_grep ".gitvault.yaml $(as alice git rev-parse HEAD:.gitvault.yaml)" out &&
	sync alice && sync bob && as bob git vault policy diff &&
	as bob git vault snapshot --force 2>err &&
	test_grep ! "not accepted" err &&
	holds "$top/bob/clone" &&
	clone carol && as carol git vault sync -q 2>err &&
	as carol git vault policy diff
'

# seen_by PIN: what counts in a new clone that has the keyring and never used it
seen_by () {
	rm -rf "$top/dave" && clone dave &&
		as dave git fetch -q origin refs/vault/keyring:refs/vault/keyring &&
		as dave git -c vault.keyring="$1" vault policy show >out
}

test_expect_success 'a keyring that vault.keyring names is used, unseen' '
	print=$(as alice git vault key list --json |
		grep -o "SHA256:[A-Za-z0-9+/]*" | head -n 1) && test -n "$print" &&
	for pin in "$print" "${print#SHA256:}" "$print@1"
	do
		seen_by "$pin" && test_grep "accepted for all clones" out || return 1
	done &&
	for pin in "$print@99" "$print@" "${print%?}" ""
	do
		seen_by "$pin" && test_grep "nothing is accepted" out || return 1
	done
'

test_expect_success 'accepting it again changes nothing' '
	as alice git rev-parse refs/vault/keyring >before &&
	on alice git vault policy accept >out &&
	test_grep "accepted already" out &&
	as alice git rev-parse refs/vault/keyring >after &&
	test_cmp before after
'

test_expect_success 'a later version of the keyring keeps what is accepted' '
	as carol git vault key generate >"$top/carol.pub" &&
	on alice git vault key add --name carol "$top/carol.pub" &&
	as alice git cat-file blob refs/vault/keyring:keyring >keyring &&
	test_grep "^policy .gitvault.yaml " keyring &&
	as alice git vault policy diff
'

test_expect_success 'what tightens counts at once, and is accepted by an owner' '
	mallory "secrets:\n  paths:\n    - path: \"**\"\n      keep: sealed\n" &&
	as bob git pull -q --no-rebase 2>err &&
	test_grep ! "not accepted" err &&
	test_expect_code 1 as bob git vault policy diff >out 2>err &&
	test_grep "counts, nothing is loosened" out &&
	echo plain >"$top/bob/clone/plain" &&
	as bob git vault snapshot --force >id &&
	! as bob git show "refs/vault/snapshots/$(cat id):tree/plain" |
		grep plain &&
	as alice git pull -q --no-rebase &&
	on alice git vault policy accept && sync alice && sync bob
'

test_expect_success 'an older policy that was accepted once is no way back' '
	as bob git checkout -q HEAD~1 2>err &&
	as bob git vault snapshot --force >id 2>err &&
	test_grep "secrets.paths is not accepted" err &&
	! as bob git show "refs/vault/snapshots/$(cat id):tree/plain" |
		grep plain &&
	as bob git checkout -q -b other HEAD~1 2>err &&
	test_expect_code 1 as bob git vault policy diff >out &&
	test_grep "secrets.paths" out &&
	as bob git checkout -q main
'

test_expect_success 'a policy that was deleted takes nothing away' '
	as bob git rm -q .gitvault.yaml && as bob git commit -q -m gone &&
	as bob git vault snapshot --force >id 2>err &&
	test_grep "these accepted rules still count: secrets.paths" err &&
	! as bob git show "refs/vault/snapshots/$(cat id):tree/plain" |
		grep plain &&
	as bob git reset -q --hard HEAD~1
'

test_expect_success 'a link is what it leads to' '
	printf "$clear" >"$top/clear.yaml" &&
	rm "$top/bob/clone/.gitvault.yaml" &&
	ln -s "$top/clear.yaml" "$top/bob/clone/.gitvault.yaml" &&
	as bob git vault snapshot --force >id 2>err &&
	test_grep "secrets.paths is not accepted" err &&
	! as bob git show "refs/vault/snapshots/$(cat id):tree/plain" |
		grep plain &&
	as bob git reset -q --hard
'

test_expect_success 'who signed nothing cannot change what the keyring accepts' '
	clone eve && as eve git vault sync -q 2>err &&
	printf "$clear" >"$top/eve/clone/.gitvault.yaml" &&
	as eve sh -c "
		blob=\$(git hash-object -w .gitvault.yaml) &&
		tree=\$(git ls-tree refs/vault/keyring |
			sed \"s/blob [0-9a-f]*\\(.policy\\)/blob \$blob\\1/\" |
			git mktree) &&
		git update-ref refs/vault/keyring \
			\$(git commit-tree -m x -p refs/vault/keyring^ \$tree)" &&
	test_expect_code 1 as eve git vault policy diff >out 2>err &&
	test_grep "secrets.paths.*does not count" out &&
	test_might_fail as eve git vault scan -q >out 2>err &&
	test_grep "accepts another .gitvault.yaml than the one in its tree" err
'

test_expect_success 'vault.policy pins a content' '
	printf "$clear" >"$top/bob/clone/.gitvault.yaml" &&
	blob=$(as bob git hash-object -w .gitvault.yaml) &&
	as bob git -c vault.policy=$blob vault policy diff &&
	as bob git -c vault.policy=$blob vault policy show >out &&
	test_grep "accepted by git.s configuration: vault.policy" out &&
	test_might_fail as bob git -c vault.policy=$blob vault scan 2>err &&
	test_grep ! "not accepted" err &&
	commit=$(as bob git rev-parse HEAD) &&
	test_expect_code 1 as bob git -c vault.policy=$commit \
		vault policy diff >out &&
	test_grep "secrets.paths" out &&
	for wrong in ${blob%?} $(echo $blob | tr 0-9a-f 1-9a-f0) x HEAD
	do
		test_expect_code 1 as bob git -c vault.policy=$wrong \
			vault policy diff >out &&
		test_grep "does not count" out &&
		test_might_fail as bob git -c vault.policy=$wrong vault scan 2>err &&
		test_grep "not accepted.*vault.policy" err || return 1
	done &&
	test_must_fail as alice git -c vault.policy=$blob vault policy accept 2>err &&
	test_grep "git config --unset vault.policy" err &&
	as bob git reset -q --hard
'

# waits KEY POLICY: in a repository with no keyring whose vault is there already
waits () {
	printf "$2" >kept/.gitvault.yaml &&
	test_might_fail git -C kept vault scan -q >out 2>err &&
	test_grep "[: ]$1[, ].*not accepted" err
}

test_expect_success 'each key that loosens waits' '
	git init -q kept && echo a >kept/a && git -C kept add a &&
	git -C kept commit -q -m a && git -C kept vault snapshot -q &&
	test_must_fail git -C kept rev-parse -q --verify refs/vault/keyring &&
	waits secrets.paths "secrets: { paths: [ { path: a, keep: values } ] }" &&
	waits secrets.scopes "secrets: { scopes: [ { path: a, scope: b } ] }" &&
	waits secrets.withhold "secrets: { withhold: verified }" &&
	waits secrets.withhold "secrets: { withhold: likely }" &&
	waits scan.allow "scan: { allow: [ { path: a, reason: b } ] }" &&
	waits scan.disable "scan: { disable: [ aws-access-key-id ] }" &&
	waits scan.rules "scan: { rules: [ { id: public-x, kind: public } ] }" &&
	waits scan.severity "scan: { severity: { aws-access-key-id: low } }" &&
	waits snapshots.exclude "snapshots: { exclude: .env }" &&
	waits state.seal "state: { seal: none }" &&
	waits state.auto "state: { auto: false }" &&
	waits environments "environments: { prod: { seal: sensitive } }" &&
	waits environments "environments: { prod: { paths: [ dev ] } }" &&
	waits retention.auto "retention: { auto: true }" &&
	waits retention.keep-last "retention: { keep-last: 1 }" &&
	waits good.signers "good: { signers: [ eve ] }" &&
	waits good.checks "good: { checks: { x: \"touch ran\" } }" &&
	waits vaults "vaults: { v: { kind: hashicorp, address: https://x } }"
'

test_expect_success 'what a clone accepts is its own' '
	printf "scan: { disable: [ aws-access-key-id ] }" >kept/.gitvault.yaml &&
	git -C kept vault policy accept >out &&
	test_grep "for this clone" out &&
	git -C kept vault policy diff &&
	git -C kept vault scan 2>err && test_grep ! "not accepted" err &&
	echo >>kept/.gitvault.yaml &&
	echo "state: { seal: none }" >>kept/.gitvault.yaml &&
	test_expect_code 1 git -C kept vault policy diff >out &&
	test_grep state.seal out && test_grep ! scan.disable out
'

test_expect_success 'a damaged record accepts nothing' '
	cp kept/.git/vault/policy record &&
	sed s/disable/dizable/ record >kept/.git/vault/policy &&
	test_might_fail git -C kept vault scan -q 2>err &&
	test_grep "scan.disable.*not accepted.*is damaged" err &&
	cp record kept/.git/vault/policy
'

test_expect_success 'a vault that is made here accepts the policy of that moment' '
	git init -q own &&
	printf "scan: { disable: [ aws-access-key-id ] }" >own/.gitvault.yaml &&
	git -C own vault scan 2>err && test_grep ! "not accepted" err &&
	git -C own add . && git -C own commit -q -m a &&
	git -C own vault init -q && git -C own vault policy diff &&
	git -C own cat-file blob refs/vault/keyring:keyring >keyring &&
	test_grep "^policy .gitvault.yaml " keyring &&
	git -C own vault scan 2>err && test_grep ! "not accepted" err
'

test_expect_success 'a clone of another repository accepts nothing by itself' '
	git init -q theirs && cat own/.gitvault.yaml >theirs/.gitvault.yaml &&
	printf "\n# \$Id\$\n" >>theirs/.gitvault.yaml &&
	git -C theirs add . && git -C theirs commit -q -m a &&
	git clone -q theirs cloned &&
	test_might_fail git -C cloned vault scan -q 2>err &&
	test_grep "scan.disable is not accepted" err &&
	git -C cloned vault snapshot -q 2>err &&
	test_grep "scan.disable is not accepted" err &&
	git -C cloned vault init -q 2>err &&
	test_grep "scan.disable is not accepted" err &&
	git -C cloned vault policy show >out &&
	test_grep ": nothing is accepted" out &&
	git -C cloned vault policy accept && git -C cloned vault policy diff &&
	git init -q pulled && git -C pulled pull -q ../theirs HEAD &&
	test_might_fail git -C pulled vault scan -q 2>err &&
	test_grep "scan.disable is not accepted" err
'

# stranger DIR: a policy that came with other commits counts for nothing
stranger () {
	test_might_fail git -C "$1" vault scan -q 2>err &&
	test_grep "scan.disable is not accepted" err &&
	git -C "$1" vault policy show >out && test_grep ": nothing is accepted" out &&
	git -C "$1" vault snapshot -q 2>err &&
	test_grep "scan.disable is not accepted" err
}

test_expect_success 'working trees of a bare clone accept nothing by themselves' '
	for how in bare mirror
	do
		git clone -q --$how theirs $how.git &&
		git -C $how.git worktree add -q ../$how HEAD 2>err &&
		stranger $how || return 1
	done &&
	git clone -q --bare theirs configured.git &&
	git -C configured.git config extensions.worktreeConfig true &&
	git -C configured.git config --unset core.bare &&
	git -C configured.git config --worktree core.bare true &&
	git -C configured.git worktree add -q ../configured HEAD 2>err &&
	stranger configured
'

test_expect_success 'nor does what was fetched without a trace in a ref' '
	git init -q quiet &&
	git -C quiet fetch -q --no-write-fetch-head ../theirs HEAD:refs/heads/x &&
	git -C quiet checkout -q x && stranger quiet &&
	git clone -q theirs removed && git -C removed remote remove origin &&
	git -C removed pack-refs --all && rm -rf removed/.git/refs/remotes &&
	stranger removed
'

# foreign NAME: a repository with a commit, and what theirs has fetched
foreign () {
	git init -q $1 && (
		cd $1 && echo a >a && git add a && git commit -q -m a &&
		git remote add theirs ../theirs && git fetch -q theirs HEAD:t
	)
}

test_expect_success 'nor what a merge is about to bring' '
	for how in "merge --no-commit --allow-unrelated-histories" \
		"cherry-pick --no-commit" "checkout" "restore --source"
	do
		rm -rf merging && foreign merging && (
			cd merging &&
			case $how in
			checkout|restore*)
				git $how t -- .gitvault.yaml ;;
			*)
				git $how t ;;
			esac
		) 2>err && stranger merging || return 1
	done
'

test_expect_success 'nor a file of a merge whose line ends git changes' '
	foreign lines && (
		cd lines && echo other >b && git add b && git commit -q -m b &&
		git config core.autocrlf true && git checkout -q t 2>err &&
		echo ours >b && git add b && git commit -q -m b &&
		git checkout -q - 2>err && rm -f .gitvault.yaml &&
		test_must_fail git merge -q --allow-unrelated-histories t
	) && stranger lines
'

test_expect_success 'nor a file that git changes while it writes it' '
	for how in "merge --squash --allow-unrelated-histories t" \
		"cherry-pick --no-commit t" "checkout t -- .gitvault.yaml" \
		"restore --source t -- .gitvault.yaml"
	do
		for attribute in "text eol=crlf" ident
		do
			case $how,$attribute in
			restore*,ident)
				continue ;; # git has no trace of it
			esac
			rm -rf written && foreign written && (
				cd written && mkdir -p .git/info &&
				echo "* $attribute" >.git/info/attributes &&
				git $how
			) >out 2>err && stranger written || return 1
		done
	done
'

test_expect_success 'a clone that takes the keyring goes by what that accepts' '
	git clone -q own joined && git -C joined vault init -q 2>err &&
	test_grep ! "not accepted" err &&
	git -C joined vault policy diff
'

test_expect_success 'a file that was written here is nobody else'\''s' '
	git clone -q kept mine &&
	printf "scan: { disable: [ aws-access-key-id ] }" >mine/.gitvault.yaml &&
	git -C mine vault snapshot -q 2>err &&
	test_grep ! "not accepted" err && git -C mine vault policy diff
'

test_expect_success 'a command of a policy runs only when it is accepted' '
	rm -f kept/.gitvault.yaml &&
	git -C kept vault policy accept &&
	printf "good:\n  checks:\n    c: touch ran\n" >kept/.gitvault.yaml &&
	git -C kept vault good mark prod 2>err &&
	test_might_fail git -C kept vault good verify prod >out 2>err &&
	test_path_is_missing kept/ran &&
	test_grep "good.checks is not accepted" err &&
	git -C kept vault policy accept &&
	test_might_fail git -C kept vault good verify prod >out 2>err &&
	test_path_is_file kept/ran
'

test_expect_success 'snapshots are not pruned by a policy that nobody accepted' '
	printf "retention:\n  auto: true\n  keep-last: 1\n" >kept/.gitvault.yaml &&
	git -C kept vault snapshot -q --force && rm -f kept/.git/vault/pruned &&
	git -C kept vault snapshot -q --force 2>err &&
	git -C kept vault list --id-only >ids && test_line_count -gt 2 ids &&
	git -C kept vault prune --dry-run >out 2>err &&
	test_grep "retention.auto, retention.keep-last are not" err
'

test_expect_success PYTHON 'snapshot and status ask once for each content' '
	cd kept &&
	answering n -- git vault snapshot --force >../out && test_grep "retention.auto" ../out &&
	test_grep "accept this policy for this clone?" ../out &&
	test_grep "to accept it later: git vault policy accept" ../out &&
	answering -- git vault snapshot --force >../out && test_grep ! "accept this" ../out &&
	test_grep "retention.auto, retention.keep-last are$" ../out &&
	answering -- git vault status >../out && test_grep ! "accept this" ../out &&
	test_expect_code 1 git vault policy diff && echo "# n" >>.gitvault.yaml &&
	answering -- env CI=1 git vault status >../out && test_grep ! "accept this" ../out &&
	answering -- env GIT_VAULT_HOOK=x git vault snapshot >../out && test_grep ! "accept this" ../out &&
	answering -- git vault status --porcelain >../out && test_grep ! "accept this" ../out &&
	answering -- git -c vault.policy=$(git hash-object -w /dev/null) vault status >../out &&
	test_grep ! "accept this" ../out &&
	git vault status 2>../err >../out </dev/null && test_grep "are not accepted" ../err &&
	cp .git/vault/policy ../record &&
	answering y -- git vault status >../out && test_grep "accepted the policy" ../out &&
	test_grep ! "not accepted" ../out && git vault policy diff &&
	cp ../record .git/vault/policy && cd ..
'

test_expect_success PYTHON 'only an owner is asked' '
	as alice git vault policy accept -q && as alice git vault sync -q &&
	as bob git pull -q --no-rebase && as bob git vault sync -q &&
	for who in bob alice
	do
		printf "state: { seal: none }\n" >"$top/$who/clone/.gitvault.yaml" || return 1
	done &&
	answering -- sh -c "HOME=$top/bob XDG_CONFIG_HOME=$top/bob/.config; export HOME XDG_CONFIG_HOME
		cd $top/bob/clone && git vault status" >out &&
	test_grep "secrets.paths, state.seal are not" out && test_grep ! "accept this" out &&
	answering y -- sh -c "HOME=$top/alice XDG_CONFIG_HOME=$top/alice/.config; export HOME XDG_CONFIG_HOME
		cd $top/alice/clone && git vault snapshot --force" >out &&
	test_grep "accept this policy for all clones?" out && test_grep "git vault sync" out &&
	test_grep ! "not accepted" out && as alice git vault policy diff &&
	git -C "$top/alice/clone" checkout -q .gitvault.yaml &&
	git -C "$top/bob/clone" checkout -q .gitvault.yaml
'

test_expect_success PYTHON 'accept shows what it accepts, and asks' '
	test_expect_code 1 answering n -- git -C kept vault policy accept >out &&
	test_grep "retention.auto" out && test_grep "accept this?" out &&
	test_expect_code 1 git -C kept vault policy diff &&
	answering -- git -C kept vault policy accept --yes >out &&
	test_grep ! "accept this?" out && git -C kept vault policy diff &&
	printf "state: { seal: none }" >kept/.gitvault.yaml &&
	answering y -- git -C kept vault policy accept >out &&
	git -C kept vault policy diff
'

test_expect_success 'what cannot be read is not accepted' '
	echo "sacn: x" >kept/.gitvault.yaml &&
	test_must_fail git -C kept vault policy accept 2>err &&
	test_grep "there is no key" err &&
	test_must_fail git -C kept vault policy diff 2>err &&
	test_grep "there is no key" err
'

# pulled WHO TEXT: everybody's policy is this text, and WHO has it
pulled () {
	mallory "$2" && as "$1" git fetch -q && as "$1" git reset -q --hard FETCH_HEAD
}

test_expect_success 'a committed policy that cannot be read stops no backup' '
	value=Sc0nd-EnvVal-9kWz4tNy3 && pulled alice "scan: {}\n" &&
	as alice git vault policy accept --yes && as alice git vault sync -q &&
	as bob git vault sync -q 2>err &&
	for text in "sacn: x\n" "scan: [\n" "secrets:\n  withhold: false\n" \
		"<<<<<<< HEAD\nscan: {}\n=======\n" "retention: {hourly: 2}\n" \
		"scan:\n\tdisable: [x]\n"
	do
		pulled bob "$text" && echo "DB_PASSWORD=$value" >"$top/bob/clone/.env" &&
		date >"$top/bob/clone/new" &&
		as bob git vault snapshot --force 2>err >id &&
		test_grep "warning: .gitvault.yaml" err &&
		test_grep "until the file is fixed, the accepted policy is in force" err &&
		test_grep "see: git vault policy show" err &&
		as bob git vault status 2>err >out &&
		test_grep "the accepted policy is in force" err &&
		as bob git vault policy show >out 2>err &&
		test_grep "warning: .gitvault.yaml" err && test_grep "^scan: {}" out &&
		rm "$top/bob/clone/.env" "$top/bob/clone/new" &&
		as bob git vault restore "$(cat id)" --in-place 2>err &&
		test_grep "$value" "$top/bob/clone/.env" &&
		test_path_is_file "$top/bob/clone/new" &&
		! holds "$top/bob/clone" || return 1
	done
'

test_expect_success 'nor does one that is no file, or a link to none' '
	for make in "mkdir .gitvault.yaml && echo x >.gitvault.yaml/x" \
		"ln -s .gitvault.yaml .gitvault.yaml" "ln -s nowhere .gitvault.yaml" \
		"ln -s /dev/zero .gitvault.yaml" "ln -s sub .gitvault.yaml" \
		"yes \"# long\" | head -c 2000000 >.gitvault.yaml" \
		"echo \"sacn: x\" >bad.yaml && ln -s bad.yaml .gitvault.yaml"
	do
		as mallory sh -c "rm -rf .gitvault.yaml && mkdir -p sub && >sub/x && $make &&
			git add -A && git commit -q -m odd && git push -q origin HEAD" &&
		as bob git fetch -q && as bob git reset -q --hard FETCH_HEAD &&
		echo "DB_PASSWORD=$value" >"$top/bob/clone/.env" &&
		date >"$top/bob/clone/new" &&
		as bob git vault snapshot --force 2>err >id &&
		test_grep "the accepted policy is in force" err &&
		as bob git vault status 2>err >out &&
		as bob git vault policy show >out 2>err && test_grep "^scan: {}" out &&
		rm "$top/bob/clone/new" &&
		as bob git vault restore "$(cat id)" --in-place 2>err &&
		test_path_is_file "$top/bob/clone/new" &&
		! holds "$top/bob/clone" || return 1
	done &&
	as mallory rm -rf .gitvault.yaml && pulled bob "scan:\n\tdisable: [x]\n"
'

test_expect_success 'without an accepted policy the defaults are in force' '
	rm -rf "$top/dave" && clone dave &&
	echo "DB_PASSWORD=$value" >"$top/dave/clone/.env" &&
	as dave git vault snapshot --force 2>err >id &&
	test_grep "the defaults are in force, since no policy is accepted" err &&
	! holds "$top/dave/clone" &&
	as dave git vault policy show --json >out 2>err &&
	test_grep "\"accepted\":\[\],.*\"differs\":true,\"waiting\":null" out
'

test_expect_success 'but no command deletes by it, accepts it, or takes a draft' '
	test_expect_code 128 as bob git vault prune -n 2>err &&
	test_grep ".gitvault.yaml" err &&
	test_expect_code 128 as bob git vault policy accept 2>err &&
	echo "sacn: y" >"$top/bob/clone/.gitvault.yaml" &&
	test_expect_code 128 as bob git vault snapshot 2>err &&
	test_grep "there is no key" err
'

test_done
