#!/bin/sh
# shellcheck disable=SC2154

test_description='a server lets nothing in clear behind vault refs, or in names

What is refused on a branch must not come by another ref: as a file in the tree
of a vault ref, as a commit behind one, in what people said, or in what files,
links and refs are called.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-push.sh"

# own TREE [PARENT…]: a commit that says that git-vault made it
own () {
	tree_=$1
	shift
	parents_=$(for p_; do printf -- "-p %s " "$p_"; done)
	# shellcheck disable=SC2086
	git commit-tree $parents_ -m m -m "Vault-Format: 1" "$tree_"
}

# tree_with PATH TEXT: a tree with that file
tree_with () {
	GIT_INDEX_FILE=$T/index
	export GIT_INDEX_FILE
	rm -f "$T/index"
	blob_=$(printf "%s\n" "$2" | git hash-object -w --stdin) &&
	git update-index --add --cacheinfo "100644,$blob_,$1" &&
	git write-tree
	unset GIT_INDEX_FILE
}

# behind COMMIT: each kind of chain refuses a commit of ours on top of it
behind () {
	for ref in secrets/x state/prod/x audit/x marks deleted idkey
	do
		refused git push origin "$(own "$empty" "$1"):refs/vault/$ref" ||
			return 1
	done
}

# commit_with [OPTION…]: an empty commit, made with these, and no branch moves
commit_with () {
	git commit-tree -p origin/main "$@" "origin/main^{tree}"
}

test_expect_success 'set up' '
	push_server srv.git && push_clone "$PWD/srv.git" c &&
	cd c && empty=$(git mktree </dev/null) && git fetch -q
'

test_expect_success 'a file that git-vault never makes there is refused' '
	(
		cd c && tree=$(tree_with c.tf "x = 1") &&
		for ref in secrets/x state/prod/x audit/x marks deleted idkey
		do
			refused git push origin $(own $tree):refs/vault/$ref &&
			test_grep "1 file that git vault never makes" $T/err ||
				return 1
		done
	)
'

test_expect_success 'what should be encrypted and is not is refused' '
	(
		cd c &&
		for path in ab/$(printf %038d 0).age ab/x.age/00000000/0000 \
			idkey-0.age
		do
			tree=$(tree_with $path "just text") &&
			refused git push origin $(own $tree):refs/vault/secrets/x &&
			test_grep "should be encrypted" $T/err || return 1
		done &&
		for path in parts/00000/00000/00000 sum parts/0/0/0.split/spans
		do
			tree=$(tree_with $path "just text") &&
			refused git push origin $(own $tree):refs/vault/state/p/x &&
			test_grep "should be encrypted" $T/err || return 1
		done &&
		tree=$(tree_with sum "age-encryption.org/v1
-> X25519 x") &&
		refused git push origin $(own $tree):refs/vault/state/p/x &&
		test_grep "should be encrypted" $T/err
	)
'

test_expect_success 'a secret where clear text may stand is refused' '
	(
		cd c &&
		tree=$(tree_with pinned/x "token=$token") &&
		refused git push origin $(own $tree):refs/vault/marks &&
		test_grep "pinned/x:1: github-pat" $T/err &&
		tree=$(tree_with index/0/0/0 "token=$token") &&
		refused git push origin $(own $tree):refs/vault/state/p/x &&
		tree=$(tree_with report.json "token=$token") &&
		refused git push origin $(own $tree):refs/vault/reports/drill/1 &&
		tree=$(tree_with ab/x.name "token=$token") &&
		refused git push origin $(own $tree):refs/vault/secrets/x &&
		lock=$(printf "{\"ID\":\"1\",\"Info\":\"%s\"}" $token |
			git hash-object -w --stdin) &&
		refused git push origin $lock:refs/vault/locks/p/x
	)
'

test_expect_success 'a file with a secret behind a vault ref is refused' '
	(
		cd c && tree=$(tree_with app.env "TOKEN=$token") &&
		bad=$(git commit-tree -m bad -p origin/main $tree) &&
		gone=$(commit_with -m gone -p $bad) &&
		behind $bad && test_grep "app.env:1: github-pat" $T/err &&
		refused git push origin $(own $empty $gone):refs/vault/audit/x &&
		refused git push origin $(own $empty $(own $empty $bad)):refs/vault/state/p/x &&
		refused git push origin \
			$(own $empty $(git rev-parse origin/main) $bad):refs/vault/state/p/x &&
		refused git push origin $bad~0:refs/vault/snapshots/x
	) && copies
'

test_expect_success 'a secret in a message or a name of a person is refused' '
	(
		cd c &&
		said=$(commit_with -m subject -m "the token is $token") &&
		refused git push origin $said:refs/heads/x &&
		test_grep "commit message or file name:3: github-pat, .* in commit $said" $T/err &&
		behind $said &&
		named=$(GIT_AUTHOR_NAME=$token commit_with -m author) &&
		refused git push origin $named:refs/heads/x &&
		named=$(GIT_COMMITTER_EMAIL=$token@x commit_with -m committer) &&
		refused git push origin $named:refs/heads/x &&
		deep=$(git commit-tree -p $named -m later "origin/main^{tree}") &&
		refused git push origin $deep:refs/heads/x
	)
'

test_expect_success 'a secret in a tag or its name is refused' '
	(
		cd c && git tag -a -m "with $token" told origin/main &&
		refused git push origin told &&
		test_grep "message:1: github-pat" $T/err &&
		git tag -a -m outer outer told &&
		refused git push origin outer &&
		test_must_fail git push origin origin/main:refs/tags/$token 2>$T/err &&
		test_grep "ref name:1: github-pat" $T/err &&
		test_must_fail git push origin origin/main:refs/heads/a/$token 2>$T/err &&
		test_must_fail git push origin \
			$(own $empty):refs/vault/audit/$token 2>$T/err &&
		test_grep "ref name:1: github-pat" $T/err
	)
'

test_expect_success 'a secret in the name of a file or the target of a link is refused' '
	(
		cd c && git checkout -q -b names && mkdir -p d && >d/$token &&
		git add d && git commit -q -m named &&
		refused git push origin names &&
		test_grep "commit message or file name:[0-9]*: github-pat" $T/err &&
		git checkout -q -B links origin/main && ln -s /x/$token link &&
		git add link && git commit -q -m link &&
		refused git push origin links &&
		test_grep "link:1: github-pat" $T/err &&
		git checkout -q -B folder origin/main && mkdir $token &&
		echo x >$token/x && git add . && git commit -q -m folder &&
		refused git push origin folder &&
		git checkout -q -B linked origin/main &&
		git update-index --add --cacheinfo \
			160000,$(git rev-parse HEAD),in/x-$token &&
		git commit -q -m submodule && refused git push origin linked &&
		test_grep "commit message or file name:[0-9]*: github-pat" $T/err &&
		git reset -q --hard &&
		git checkout -q -B merged origin/main &&
		git merge -q -s ours -m "with $token" links &&
		refused git push origin merged
	)
'

test_expect_success 'all refs at once are refused like each of them' '
	(
		cd c && refused git push --mirror origin &&
		refused git push origin "refs/heads/*:refs/heads/*" &&
		git update-ref refs/vault/state/p/x $(own $empty $(git rev-parse links)) &&
		refused git push origin "refs/vault/*:refs/vault/*"
	)
'

test_expect_success 'what is sealed, and what is clean, is taken' '
	git clone -q srv.git d &&
	(
		cd d && git vault init >$T/out 2>&1 &&
		echo "TOKEN=$token" >app.env && echo app.env >.gitignore &&
		git add .gitignore && git commit -q -m "ignore app.env" &&
		git vault snapshot -m "with a .env" >$T/out 2>&1 &&
		printf "{\"version\":4,\"serial\":1,\"lineage\":\"x\",\"resources\":[],\"outputs\":{\"t\":{\"value\":\"%s\",\"type\":\"string\"}}}" $token >$T/s &&
		git vault state save --new --env prod --stack net $T/s >$T/out 2>&1 &&
		git vault pin -m "of the release" latest >$T/out 2>&1 &&
		git vault good mark --reason works dev >$T/out 2>&1 &&
		git vault sync >$T/out 2>&1 &&
		git ls-remote origin "refs/vault/*" >$T/refs &&
		for kind in state/prod/net audit/ secrets/ snapshots/ marks good/dev
		do
			test_grep refs/vault/$kind $T/refs || return 1
		done &&
		git tag -a -m v1 v1 && taken git push origin main v1 &&
		git vault snapshot --force >$T/out 2>&1 &&
		git vault delete latest >$T/out 2>&1 && git vault sync >$T/out 2>&1 &&
		git ls-remote origin "refs/vault/*" >$T/refs &&
		test_grep refs/vault/deleted $T/refs
	) && copies
'

test_done
