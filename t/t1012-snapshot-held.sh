#!/bin/sh
# shellcheck disable=SC2154 # lib-take.sh sets them

test_description='a branch or stash that must not leave is stored encrypted

A snapshot leaves it out of its parents, so that sync can send the snapshot, and
nothing of it is lost.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

T=$TMPDIR
token=ghp_$(printf x | sha256sum | cut -c1-36)

# clean: the server has nothing of it
clean () {
	git -C ../srv.git rev-list --objects --all | cut -c1-40 |
		git -C ../srv.git cat-file --batch >"$T/bytes" &&
	! grep -aqF "$token" "$T/bytes"
}

scene () {
	rm -rf srv.git d && git init -q --bare srv.git &&
	git init -q d && cd d && git remote add origin "$TRASH_DIRECTORY/srv.git" &&
	echo one >a && git add a && git commit -q -m one &&
	git push -q origin main && git vault init >"$T/init" 2>&1
}

# sent: the next snapshot says so, and is sent
sent () {
	git vault snapshot -m later >"$T/id" 2>"$T/said" &&
	snap=refs/vault/snapshots/$(cat "$T/id") &&
	test_grep "possible secret (github-pat) in commit" "$T/said" &&
	test_grep ! "$token" "$T/said" &&
	git vault sync >"$T/out" 2>&1 && test_grep "^pushed  *snapshots" "$T/out" &&
	clean && git vault verify >"$T/out" 2>&1
}

# unpack DIR: what was left out, by git and age alone, in a mirror
unpack () {
	rm -rf "$1" && git clone -q --mirror "$TRASH_DIRECTORY/srv.git" "$1" &&
	git -C "$1" cat-file blob "$snap:meta/meta-secrets" >"$T/list" &&
	object=$(awk '$8 == "origin/unpushed.pack" { print $7 }' "$T/list") &&
	key=$(find "$HOME" -name "identity*" -type f | head -n 1) &&
	git -C "$1" cat-file blob "$object" | age -d -i "$key" |
		gzip -dcf | git -C "$1" unpack-objects -q
}

test_expect_success 'a stash' '
	(
		scene && echo "token=$token" >a && git stash -q && sent &&
		test_cmp_rev HEAD "$snap^1" && test_must_fail git rev-parse -q --verify "$snap^2" &&
		stash=$(git rev-parse stash) && unpack ../m &&
		git -C ../m show $stash:a >actual && test_grep "$token" actual &&
		test_expect_code 3 git vault purge other >"$T/out" 2>&1 &&
		test_grep "left .*origin/unpushed.pack (it may have the file.*git vault delete --no-trash" "$T/out"
	)
'

test_expect_success 'a branch, by its message' '
	(
		scene && git checkout -q -b other && git commit -q --allow-empty -m $token &&
		tip=$(git rev-parse HEAD) && git checkout -q main && sent && unpack ../m &&
		git -C ../m cat-file commit $tip >actual && test_grep "$token" actual
	)
'

test_expect_success 'one branch of two, and the other stays a parent' '
	(
		scene && git checkout -q -b good && echo g >g && git add g &&
		git commit -q -m good && git checkout -q -b bad main &&
		echo "token=$token" >b && git add b && git commit -q -m bad &&
		git checkout -q main && sent &&
		git rev-list --parents --no-walk $snap >actual &&
		test_grep "$(git rev-parse good)" actual &&
		test_grep ! "$(git rev-parse bad)" actual
	)
'

test_expect_success 'the branch that is checked out' '
	(
		scene && echo "token=$token" >b && git add b && git commit -q -m bad &&
		echo two >c && git add c && git commit -q -m two && sent &&
		head=$(git rev-parse HEAD) && git cat-file commit $snap >actual &&
		test_grep "^Vault-Base: $head$" actual &&
		test_cmp_rev origin/main $snap^1 &&
		git cat-file -e $snap:index &&
		rm actual && git vault snapshot -q >$T/again && git vault snapshot --json >$T/again &&
		test_grep "\"created\": *false" $T/again &&
		unpack ../m && git -C ../m show $head~1:b >$T/actual &&
		test_grep "$token" $T/actual
	)
'

test_expect_success 'another clone has the files and what was staged' '
	rm -rf e && git clone -q srv.git e && (
		cd e && git vault sync >$T/out 2>&1 &&
		git vault verify --all >$T/out 2>&1 &&
		git vault restore latest --to ../to >$T/out 2>&1 &&
		test_cmp ../d/b ../to/b && test_cmp ../d/c ../to/c && rm -rf ../to &&
		git vault restore latest --in-place --index >$T/out 2>&1 &&
		git diff --cached --name-only >$T/staged &&
		test_write_lines b c >$T/expect && test_cmp $T/expect $T/staged &&
		git vault show latest >$T/out && git vault diff latest >$T/out 2>&1
	)
'

test_expect_success 'the same secret on two branches' '
	(
		scene && for b in x y
		do
			git checkout -q -b $b main && echo $b >c && echo "token=$token" >b &&
			git add . && git commit -q -m $b || return 1
		done && git checkout -q main && sent &&
		git rev-list --parents --no-walk $snap >actual &&
		test_cmp_rev main $snap^1 && test_must_fail git rev-parse -q --verify $snap^2
	)
'

# kept_apart COMMAND…: a setting or an inner repository goes to no server in clear
kept_apart () {
	"$@" && git vault snapshot --force -m kept >"$T/id" 2>"$T/said" &&
	git vault sync >"$T/out" 2>&1 && test_grep "^pushed  *snapshots/$(cat "$T/id")" "$T/out" &&
	clean && test_grep ! "$token" "$T/said" && test_grep ! "$token" "$T/out"
}

test_expect_success 'settings of files that the configuration includes' '
	(
		scene && printf "[alias]\n\tx = !curl -H token:%s h\n" $token >.git/extra &&
		kept_apart git config include.path extra &&
		printf "[url \"https://u:%s@h/\"]\n\tinsteadOf = h:\n" $token >.git/url &&
		kept_apart git config --add include.path url &&
		printf "[core]\n\tsshCommand = ssh -o x=%s\n" $token >.git/cond &&
		kept_apart git config "includeIf.gitdir:$PWD/.path" "$PWD/.git/cond" &&
		printf "[http]\n\textraHeader = Authorization: Bearer %s\n" $token >../outer &&
		kept_apart git config --add include.path ../../outer &&
		printf "[credential]\n\thelper = !echo password=%s;:\n" $token >.git/deep &&
		printf "[include]\n\tpath = deep\n" >.git/first &&
		kept_apart git config --add include.path first
	)
'

test_expect_success 'settings of one working tree' '
	(
		scene && git config extensions.worktreeConfig true &&
		kept_apart git config --worktree alias.y "!curl -u u:$token h" &&
		kept_apart git config --worktree core.sshCommand "ssh -o t=$token" &&
		kept_apart git config --worktree http.extraHeader "X-Token: $token" &&
		git worktree add -q ../w 2>"$T/err" && cd ../w &&
		kept_apart git config --worktree filter.f.clean "clean --key $token" &&
		kept_apart git config --worktree remote.o.url "https://u:$token@h/r" &&
		cd ../d && git worktree remove --force ../w
	)
'

# inner DIR: a repository inside, whose commit has the secret
inner () {
	git init -q "$1" && echo "token=$token" >"$1/app.env" &&
	git -C "$1" add . && git -C "$1" commit -q --no-verify -m "use $token"
}

test_expect_success 'commits of repositories inside' '
	(
		scene && kept_apart inner lib &&
		git -c advice.addEmbeddedRepo=false add lib && git commit -q -m pinned &&
		git push -q origin main && kept_apart sh -c "echo more >lib/more" &&
		kept_apart git -C lib commit -q --allow-empty -m "and $token" &&
		echo "token=$token" >lib/plain && git -C lib add . &&
		kept_apart git -C lib commit -q --no-verify -m third &&
		git config vault.recurseSubmodules true &&
		kept_apart sh -c "echo $token >lib/plain" &&
		git -C lib remote add origin "$TRASH_DIRECTORY/srv.git" &&
		git -C lib vault snapshot --force >"$T/inner" 2>"$T/said" &&
		test_might_fail git -C lib vault sync >"$T/out" 2>&1 && clean
	)
'

test_expect_success 'a submodule whose address or path has the secret' '
	(
		scene && git init -q --bare ../sub.git && git init -q ../s &&
		git -C ../s commit -q --allow-empty -m s &&
		git -C ../s push -q ../sub.git HEAD:main &&
		git submodule --quiet add ../sub.git sub && git commit -q -m sub &&
		git push -q origin main &&
		kept_apart git config submodule.sub.url "https://u:$token@h/sub" &&
		kept_apart git -C sub config remote.origin.url "https://u:$token@h/sub" &&
		git config -f .gitmodules submodule.sub.url "https://u:$token@h/sub" &&
		kept_apart git add .gitmodules && git checkout -q -f HEAD . &&
		mv sub $token && git vault snapshot >"$T/id" 2>"$T/said" &&
		test_expect_code 3 git vault sync >"$T/out" 2>&1 && clean
	)
'

# held_json EXPRESSION: what the next snapshot says to programs
held_json () {
	git vault snapshot --force --json >"$T/json" 2>"$T/said" &&
	test_grep ! "$token" "$T/json" && jq -e "$1" "$T/json" >"$T/actual"
}

test_expect_success JQ 'programs read of each in held, and how many refs a sync kept back' '
	(
		scene && held_json ".held == []" && echo "token=$token" >a && git stash -q &&
		held_json ".held | length == 1 and (.[0] |
			test(\"^a:1: possible secret .github-pat. in commit [0-9a-f]{12}\"))" &&
		git checkout -q -b other && printf "x\ntoken=%s\n" $token >b && git add b &&
		git commit -q -m bad && git checkout -q main &&
		held_json ".held | length == 2 and any(test(\"^b:2: \"))" &&
		git vault sync --json >"$T/out" 2>"$T/err" &&
		jq -e ".kept_back == 0" "$T/out" && >$token && held_json ".held | length == 2" &&
		test_expect_code 3 git vault sync --json >"$T/out" 2>"$T/err" &&
		jq -e ".kept_back == 1 and ([.refs[] | select(.action == \"refused\")] | length == 1)" \
			"$T/out" && test_grep ! "$token" "$T/out" && git stash drop -q &&
		held_json ".held | length == 1" && clean
	)
'

test_expect_success 'what the remote has is a parent as before, and without a remote all is' '
	(
		scene && echo "token=$token" >b && git add b && git commit -q -m bad &&
		git push -q origin main && git vault snapshot >$T/id 2>$T/said &&
		test_grep ! "possible secret (github-pat) in" $T/said &&
		test_cmp_rev HEAD refs/vault/snapshots/$(cat $T/id)^1
	) &&
	git init -q alone && (
		cd alone && echo "token=$token" >b && git add b && git commit -q -m bad &&
		git vault snapshot >$T/id 2>$T/said &&
		test_cmp_rev HEAD refs/vault/snapshots/$(cat $T/id)^1
	)
'

test_done
