#!/bin/sh

test_description='sync sends all but what must not leave

A secret in what a snapshot, a state or a record leads to is held back, by git
push as by sync; all else goes.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-sync.sh"

T=$TMPDIR
token=ghp_$(printf x | sha256sum | cut -c1-36)
other=ghp_$(printf y | sha256sum | cut -c1-36)

# holds TEXT: whether what refs of the server reach has it
holds () {
	git -C "$TRASH_DIRECTORY/srv.git" rev-list --objects --all >"$T/objects" &&
	cut -c1-40 "$T/objects" |
		git -C "$TRASH_DIRECTORY/srv.git" cat-file --batch >"$T/bytes" &&
	cat "$T/objects" >>"$T/bytes" &&
	git -C "$TRASH_DIRECTORY/srv.git" for-each-ref \
		--format="%(refname)" >>"$T/bytes" &&
	grep -aqF -e "$1" "$T/bytes"
}

clean () {
	! holds "$token" && ! holds "$other"
}

# scene: a clone of an empty server, in d
scene () {
	rm -rf srv.git d && git init -q --bare srv.git &&
	git init -q d && cd d && git remote add origin "$TRASH_DIRECTORY/srv.git" &&
	echo one >a && git add a && git commit -q -m one &&
	git push -q origin main && git vault init >$T/init 2>&1
}

# snap_whole: a snapshot that leads to all there is, as one that was taken
# before there was a remote
snap_whole () {
	git config --rename-section remote.origin away.origin &&
	git vault snapshot -m kept >$T/id 2>$T/said &&
	git config --rename-section away.origin remote.origin
}

# save_whole FILE: a state that keeps its commit, as one that was saved before
# there was a remote
save_whole () {
	git config --rename-section remote.origin away.origin &&
	git vault state save --new --env prod --stack s "$1" >$T/id 2>$T/said &&
	git config --rename-section away.origin remote.origin
}

# holds_back: a snapshot that leads to the secret stays, all else is sent
holds_back () {
	snap_whole &&
	test_expect_code 3 git vault sync >$T/out 2>$T/err &&
	test_grep "^refused  snapshots/$(cat $T/id): not pushed: " $T/out &&
	test_grep "sync --allow" $T/out && test_grep "^pushed  *keyring" $T/out &&
	test_grep ! "$token" $T/out && test_grep ! "$token" $T/err && clean
}

test_expect_success 'a file of a stash' '
	(
		scene && echo "token=$token" >a && git stash -q && holds_back &&
		test_grep "a:1: possible secret (github-pat) in commit" $T/out
	)
'

test_expect_success 'an untracked file of a stash, and an older stash' '
	(
		scene && echo "token=$token" >u && git stash -q -u && holds_back
	) &&
	(
		scene && echo "token=$token" >a && git stash -q &&
		echo two >a && git stash -q && holds_back
	)
'

test_expect_success 'a message, a name and a target of a link on another branch' '
	(
		scene && git checkout -q -b other &&
		git commit -q --allow-empty -m "use $token" &&
		git checkout -q main && holds_back &&
		test_grep "commit message or file name:1:" $T/out
	) &&
	(
		scene && git checkout -q -b other && >$token && git add . &&
		git commit -q -m named && git checkout -q main && holds_back
	) &&
	(
		scene && git checkout -q -b other && ln -s $token l && git add . &&
		git commit -q -m link && git checkout -q main && holds_back
	) &&
	(
		scene && git checkout -q -b other && git update-index --add --cacheinfo \
			160000,$(git rev-parse HEAD),$token && git commit -q -m submodule &&
		git checkout -q main && holds_back
	)
'

# names_back SETUP: what a snapshot's own files are called stays as well
names_back () {
	(
		scene && eval "$1" &&
		git vault snapshot -m kept >$T/id 2>$T/said &&
		test_expect_code 3 git vault sync >$T/out 2>$T/err &&
		test_grep "^refused  snapshots/$(cat $T/id): not pushed: " $T/out &&
		test_grep "sync --allow" $T/out &&
		test_grep ! "$token" $T/err && clean
	)
}

test_expect_success 'names of files that only a snapshot has' '
	names_back ">$token" &&
	names_back "mkdir -p in/x-$token && >in/x-$token/f" &&
	names_back "echo /.env.$token >.gitignore && echo a=b >.env.$token" &&
	names_back ">$token && git add $token && rm $token" &&
	names_back "git init -q $token && git -C $token commit -q --allow-empty -m x" &&
	names_back "git clone -q . in-$token"
'

test_expect_success 'targets of links that only a snapshot has' '
	names_back "ln -s $token l" &&
	names_back "ln -s https://x:$token@example.com/p l" &&
	names_back "ln -s a l && git add l && rm l && ln -s $token l" &&
	names_back "ln -s $token l && git add l && ln -sf a l"
'

test_expect_success 'what only the manifest of a snapshot says' '
	names_back "mkdir x-$token" && names_back "mkdir -p x/$token/y"
'

test_expect_success XATTR 'an extended attribute' '
	names_back "setfattr -n user.token -v $token a" &&
	names_back "setfattr -n user.x -v \"token=$token\" a" &&
	names_back "mkdir e && setfattr -n user.token -v $token e"
'

# base_back SETUP: … also where the commit has them that it was taken on, which
# must not leave, so that it is no parent
base_back () {
	(
		scene && git checkout -q -b other && eval "$1" &&
		git vault snapshot -m kept >$T/id 2>$T/said &&
		test_expect_code 3 git vault sync >$T/out 2>$T/err &&
		test_grep "^refused  snapshots/$(cat $T/id): not pushed: " $T/out &&
		test_grep ! "$token" $T/err && clean
	)
}

test_expect_success 'names of files that its commit has, which is held back' '
	base_back ">$token && git add . && git commit -q -m x" &&
	base_back "mkdir d-$token && >d-$token/f && git add . && git commit -q -m x" &&
	base_back "ln -s $token l && git add . && git commit -q -m x" &&
	base_back ">$token && git add . && git commit -q -m x && echo two >a &&
		git commit -q -a -m y" &&
	base_back ">$token && git add . && git commit -q -m x && git rm -q --cached $token &&
		mkdir d && mv $token d" &&
	base_back "mkdir d-$token && >d-$token/f && git add . && git commit -q -m x &&
		git rm -q d-$token/f && mkdir -p d-$token" &&
	base_back ">$token && git add . && git commit -q -m x && git rm -q $token &&
		>$token && git add $token && rm $token"
'

# scene_of_many: with so many files that a snapshot shares layers with the last
scene_of_many () {
	scene && for n in $(test_seq 30); do echo $n >f$n; done &&
	git add . && git commit -q -m many && git push -q origin main
}

# gone SETUP CHANGE: the snapshot behind the change goes, and nothing of the one
# before it, of which it shares the layers
gone () {
	(
		scene_of_many && eval "$1" && git vault snapshot -m first >$T/first 2>$T/said &&
		eval "$2" && git vault snapshot -m second >$T/id 2>$T/said &&
		echo more >a && git vault snapshot -m third >$T/third 2>$T/said &&
		test_expect_code 3 git vault sync >$T/out 2>$T/err &&
		test_grep "^refused  snapshots/$(cat $T/first): not pushed: " $T/out &&
		test_grep "^pushed .*$(cat $T/id)" $T/out &&
		test_grep "^pushed .*$(cat $T/third)" $T/out && clean
	)
}

test_expect_success 'names that are gone since the last snapshot do not go with the next' '
	gone ">$token" "rm $token" && gone ">$token" "mv $token plain" &&
	gone "mkdir x-$token && >x-$token/f" "rm -r x-$token" &&
	gone "mkdir -p x/$token" "rmdir x/$token" &&
	gone ">$token && git add $token" "git rm -q -f $token" &&
	gone "ln -s a $token" "rm $token" &&
	gone "echo /.env.$token >>.git/info/exclude && echo a=b >.env.$token" \
		"rm .env.$token" &&
	gone ">$token && git add . && git commit -q -m named" \
		"git reset -q --hard HEAD^"
'

test_expect_success 'nor where an older snapshot left them in a layer' '
	(
		scene_of_many && git config --rename-section remote.origin away.origin &&
		>$token && git vault -q snapshot --no-scan >$T/first && rm $token &&
		git vault -q snapshot --no-scan >$T/second &&
		git config --rename-section away.origin remote.origin &&
		test_expect_code 3 git vault sync >$T/out 2>$T/err &&
		test_grep "^refused  snapshots/$(cat $T/first): not pushed: " $T/out &&
		test_grep "^refused  snapshots/$(cat $T/second): not pushed: " $T/out &&
		clean
	)
'

test_expect_success 'a name that is on the server already, or allowed, goes' '
	(
		scene && >$token && git add . && git commit -q -m named &&
		git push -q origin main && echo two >a &&
		git vault snapshot -m kept >$T/id 2>$T/said &&
		git vault sync >$T/out && test_grep "^pushed .*$(cat $T/id)" $T/out
	) &&
	(
		scene && >$token && git vault snapshot -m kept >$T/id 2>$T/said &&
		test_expect_code 3 git vault sync >$T/out 2>$T/err &&
		allow=$(sed -n "s/.*sync --allow \([^ ]*\) .*/\1/p" $T/out) &&
		git vault sync --allow "$allow" origin >$T/out &&
		test_grep "^pushed .*$(cat $T/id)" $T/out
	)
'

test_expect_success 'what a later commit took out, and what came by a merge' '
	(
		scene && git checkout -q -b other && echo "token=$token" >b &&
		git add . && git commit -q -m b && git rm -q b &&
		git commit -q -m gone && git checkout -q main &&
		git merge -q --no-ff -m merged other && git branch -D -q other &&
		holds_back
	)
'

test_expect_success 'the same file on two branches, one of them alone is no way out' '
	(
		scene && for b in x y
		do
			git checkout -q -b $b main && echo $b >c &&
			echo "token=$token" >b && git add . && git commit -q -m $b ||
				return 1
		done &&
		save_whole a &&
		git checkout -q x && git branch -D -q y && holds_back &&
		test_grep "^refused  state/prod/s: not pushed" $T/out
	)
'

test_expect_success 'the commit that a state, and a record, are of' '
	(
		scene && echo "token=$token" >b && git add b && git commit -q -m b &&
		git config --rename-section remote.origin away.origin &&
		git vault state save --new --env prod --stack s a >$T/said 2>&1 &&
		git vault snapshot -m kept >$T/id 2>$T/said &&
		git vault good mark --reason works prod >$T/said 2>&1 &&
		git config --rename-section away.origin remote.origin &&
		holds_back && test_grep "^refused  state/prod/s: not pushed" $T/out &&
		test_grep "^refused  good/prod/1: not pushed" $T/out
	)
'

# leaves STATE: a state of HEAD is saved, names it, does not keep it, and goes
leaves () {
	git vault state save --new --env prod --stack s "$1" >$T/out 2>$T/err &&
	test_grep "possible secret (" $T/err && test_grep ! "$token" $T/err &&
	test_grep "names commit $(git rev-parse --short=12 HEAD) without storing it" $T/err &&
	git cat-file commit refs/vault/state/prod/s >$T/text &&
	test_grep "^Vault-Commit: $(git rev-parse HEAD)$" $T/text &&
	test_grep ! "^parent $(git rev-parse HEAD)$" $T/text &&
	git vault sync --refs "state/*" --refs keyring >$T/out 2>&1 &&
	test_grep "^pushed  *state/prod/s" $T/out && clean
}

test_expect_success 'a state of a commit that must not leave goes without it' '
	(
		scene && echo "token=$token" >b && git add b &&
		git commit -q --no-verify -m b && leaves a
	) &&
	(
		scene && git commit -q --allow-empty -m "use $token" && leaves a
	) &&
	(
		scene && >$token && git add . && git commit -q -m named && leaves a
	) &&
	(
		scene && ln -s $token l && git add . && git commit -q -m link &&
		leaves a
	) &&
	(
		scene && echo "token=$token" >b && git add b &&
		git commit -q --no-verify -m b && git rm -q b &&
		git commit -q -m gone && leaves a
	)
'

test_expect_success 'its next version does, too, and another clone finds it whole' '
	(
		scene && echo "token=$token" >b && git add b &&
		git commit -q --no-verify -m b && leaves a &&
		echo two >a && git vault state save --new --env prod --stack s a 2>$T/err &&
		git vault sync >$T/out 2>&1; test_grep "^pushed  *state/prod/s" $T/out &&
		git vault state show --env prod --stack s >$T/out 2>&1 && clean
	) &&
	rm -rf e && git clone -q srv.git e && cd e &&
	git vault sync >$T/out 2>&1 && git vault state show --env prod --stack s >$T/out 2>&1 &&
	git vault verify --all >$T/out 2>&1 &&
	test_grep ! "applied from" $T/out && echo three >a &&
	git vault state save --new --env prod --stack s a >$T/out 2>$T/err &&
	git vault sync >$T/out 2>&1
'

test_expect_success 'a state of a commit that a remote has keeps it' '
	(
		scene && echo "token=$token" >b && git add b &&
		git commit -q --no-verify -m b && git push -q origin main &&
		git vault state save --new --env prod --stack s a >$T/out 2>$T/err &&
		test_grep ! possible $T/err &&
		git cat-file commit refs/vault/state/prod/s >$T/text &&
		test_grep "^parent $(git rev-parse HEAD)$" $T/text
	)
'

test_expect_success 'git push of them is refused by the hook of a client' '
	(
		scene && git vault hooks install >$T/out && git checkout -q -b other &&
		git commit -q --allow-empty -m "use $token" && save_whole a &&
		git checkout -q main &&
		snap_whole &&
		for spec in "refs/vault/*:refs/vault/*" refs/vault/state/prod/s \
			other "refs/vault/snapshots/*" HEAD:refs/tags/$token --all --mirror
		do
			test_must_fail git push origin $spec 2>$T/err &&
			test_grep "nothing is pushed" $T/err || return 1
		done && clean
	)
'

test_expect_success 'what is allowed goes, and stays allowed' '
	(
		scene && echo "token=$token" >a && git stash -q && holds_back &&
		print=$(sed -n "s/.*--allow \([^ ]*\) .*/\1/p" $T/out) &&
		git vault sync -n >$T/out 2>&1; test_grep "would\|origin" $T/out &&
		test_grep ! "^pushed  *snapshots" $T/out &&
		test_must_fail git vault sync --allow none 2>$T/err &&
		git vault sync --allow $print >$T/out 2>&1 &&
		test_grep "^pushed  *snapshots" $T/out && holds $token &&
		echo "token=$token" >a && git commit -q -a -m again && git stash list &&
		git vault snapshot >$T/said 2>&1 && git vault sync >$T/out 2>&1
	)
'

test_expect_success 'what the remote has is not looked at again' '
	(
		scene && echo "token=$token" >b && git add b &&
		git commit -q --no-verify -m b && git push -q origin main &&
		git vault snapshot >$T/said 2>&1 && git vault sync >$T/out 2>&1 &&
		test_grep "^pushed  *snapshots" $T/out
	)
'

test_expect_success 'under a prefix of a remote, and in a shallow clone' '
	(
		scene && git config vault.origin.prefix refs/heads/vault/ &&
		echo "token=$token" >a && git stash -q && holds_back
	) &&
	(
		scene && echo two >a && git commit -q -a -m two && git push -q origin main
	) &&
	git clone -q --depth 1 "file://$PWD/srv.git" s &&
	(
		cd s && git checkout -q -b other && git commit -q --allow-empty -m $token &&
		git checkout -q main && snap_whole &&
		test_expect_code 3 git vault sync >$T/out 2>&1 && clean
	)
'

test_done
