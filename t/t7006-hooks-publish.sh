#!/bin/sh
# shellcheck disable=SC2154

test_description='vault.prePush=publish: the hook pre-push brings the vault along

Its own troubles stop no push unless strict stands with it, and it asks nobody.'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
token=ghp_$(printf x | sha256sum | cut -c1-36)

# commit FILE TEXT: past pre-commit
commit () {
	echo "$2" >"$1" && git add "$1" && git commit -q --no-verify -m "$1"
}

# theirs: what the remote has of the vault
theirs () {
	git --git-dir=../to.git for-each-ref --format='%(refname)' refs/vault
}

# snap: a snapshot of what there is; its id
snap () {
	test_tick && git vault -q snapshot --force 2>$T/err.snap
}

# alone COMMAND…: run it as before there was a remote, when a version of a state
# keeps its commit as a parent whatever that holds
alone () {
	git config --rename-section remote.origin was.origin && "$@"
	code=$?
	git config --rename-section was.origin remote.origin && return $code
}

test_expect_success 'a push takes nothing of the vault along by itself' '
	git init -q --bare ../to.git && git remote add origin ../to.git &&
	git vault init -q 2>$T/err && git vault hooks install >$T/out && commit a a &&
	snap >$T/one && git push -q origin HEAD:refs/heads/main 2>$T/err &&
	theirs >$T/out && test_must_be_empty $T/out && test_must_be_empty $T/err
'

test_expect_success 'with publish it does, and says so in a line' '
	git config vault.prePush publish && commit b b &&
	git push -q origin HEAD:refs/heads/main 2>$T/err &&
	theirs >$T/out && test_grep "snapshots/$(cat $T/one)" $T/out &&
	test_grep refs/vault/keyring $T/out && test_line_count -eq 1 $T/err &&
	test_grep "[1-9][0-9]* refs of the vault went to .origin." $T/err &&
	git --git-dir=../to.git rev-parse refs/heads/main >$T/there &&
	git rev-parse HEAD >$T/here && test_cmp $T/here $T/there
'

test_expect_success 'without a word where there is nothing new, and in a push of nothing' '
	commit c c && git push -q origin HEAD:refs/heads/main 2>$T/err &&
	test_must_be_empty $T/err && snap >$T/two && git push -q origin HEAD:refs/heads/main 2>$T/err &&
	theirs >$T/out && test_grep "snapshots/$(cat $T/two)" $T/out &&
	test_line_count -eq 1 $T/err
'

test_expect_success 'it never runs itself, nor a hook that was there before' '
	printf "#!/bin/sh\ncat >/dev/null\necho x >>$T/runs\n" \
		>.git/hooks/pre-push.before-vault &&
	chmod +x .git/hooks/pre-push.before-vault && snap >$T/three && commit d d &&
	git push -q origin HEAD:refs/heads/main 2>$T/err && theirs >$T/out &&
	test_grep "snapshots/$(cat $T/three)" $T/out &&
	test_line_count -eq 1 $T/runs && rm .git/hooks/pre-push.before-vault
'

test_expect_success 'nor with a snapshot what was kept from being pushed' '
	git checkout -q -b wip && commit w.yaml "token: $token" &&
	test_must_fail git push -q origin wip 2>$T/err &&
	alone git vault state save --new --env prod --stack wip w.yaml >$T/out 2>\&1 &&
	snap >$T/wip &&
	git checkout -q main && theirs >$T/before && commit m m &&
	git push -q origin main 2>$T/err &&
	test_grep "1 ref of the vault did not go to .origin." $T/err &&
	test_grep ! "$token" $T/err &&
	theirs >$T/after && test_grep ! state/prod/wip $T/after &&
	test_grep "$(cat $T/wip)" $T/after &&
	git config vault.prePush publish,strict && commit n n &&
	test_must_fail git push -q origin main 2>$T/err &&
	test_grep "nothing is pushed" $T/err &&
	git --git-dir=../to.git cat-file --batch-all-objects --batch >$T/there &&
	test_grep ! -a "$token" $T/there && git config vault.prePush publish &&
	git update-ref -d refs/vault/state/prod/wip && git branch -q -D wip &&
	git push -q origin main 2>$T/err && test_grep ! "did not go" $T/err
'

test_expect_success 'nothing goes where the search finds a secret' '
	snap >$T/four && commit t.yaml "token: $token" &&
	test_must_fail git push -q origin HEAD:refs/heads/main 2>$T/err &&
	theirs >$T/out && test_grep ! "snapshots/$(cat $T/four)" $T/out &&
	git reset -q --hard HEAD~1
'

test_expect_success 'by an address that is no remote nothing goes' '
	commit e e && git push -q ../to.git HEAD:refs/heads/main 2>$T/err &&
	test_must_be_empty $T/err && theirs >$T/out &&
	test_grep ! "snapshots/$(cat $T/four)" $T/out
'

# refuses <<words: the remote takes no refs of ours
refuses () {
	cat >../to.git/hooks/update <<-\EOF && chmod +x ../to.git/hooks/update
	#!/bin/sh
	case $1 in
	refs/vault/*) echo "not here" >&2 && exit 1 ;;
	esac
	EOF
}

test_expect_success 'what the remote refuses stops no push, and is told in a line' '
	refuses && commit f f && git push -q origin HEAD:refs/heads/main 2>$T/err &&
	test_line_count -eq 1 $T/err &&
	test_grep "[1-9][0-9]* refs* of the vault did not go to .origin.;.*git vault sync" $T/err &&
	git --git-dir=../to.git rev-parse refs/heads/main >$T/there &&
	git rev-parse HEAD >$T/here && test_cmp $T/here $T/there
'

test_expect_success 'but with strict it does' '
	git config vault.prePush "strict publish" && commit g g &&
	test_must_fail git push -q origin HEAD:refs/heads/main 2>$T/err &&
	test_grep "nothing is pushed.*vault.*strict" $T/err &&
	git --git-dir=../to.git rev-parse refs/heads/main >$T/there &&
	test_cmp $T/here $T/there && rm ../to.git/hooks/update &&
	git push -q origin HEAD:refs/heads/main 2>$T/err && theirs >$T/out &&
	test_grep "snapshots/$(cat $T/four)" $T/out
'

test_expect_success 'strict is seen beside publish by the hook, where the program crashes' '
	cp .git/hooks/pre-push $T/kept && printf "#!/bin/sh\nkill -SEGV \$\$\n" >$T/crash &&
	chmod +x $T/crash && sed "s|^program=.*|program=$T/crash|" $T/kept \
		>.git/hooks/pre-push && commit h h &&
	test_must_fail git push -q origin HEAD:refs/heads/main 2>$T/err &&
	git config vault.prePush publish,strict &&
	test_must_fail git push -q origin HEAD:refs/heads/main 2>$T/err &&
	git config vault.prePush publish &&
	git push -q origin HEAD:refs/heads/main 2>$T/err &&
	cat $T/kept >.git/hooks/pre-push
'

test_expect_success 'what the remote has more of is told, and stops nothing' '
	git clone -q ../to.git ../other 2>$T/err.clone && (
		cd ../other && git vault sync >$T/out 2>$T/err.sync &&
		git vault -q tag "$(cat $T/one)" theirs && git vault sync >$T/out 2>&1
	) && git vault -q tag "$(cat $T/two)" ours && commit i i &&
	git push -q origin HEAD:refs/heads/main 2>$T/err &&
	test_line_count -eq 1 $T/err && test_grep "was not published" $T/err &&
	git vault -q sync >$T/out 2>&1
'

test_expect_success 'a remote that hangs holds a push up for a bounded time' '
	cat >../to.git/hooks/update <<-EOF && chmod +x ../to.git/hooks/update &&
	#!/bin/sh
	case \$1 in
	refs/vault/*) echo \$\$ >"$T/hangs" && exec sleep 300 ;;
	esac
	EOF
	snap >$T/five && commit j j && git config vault.prePushTimeout 1 &&
	begin=$(date +%s) && git push -q origin HEAD:refs/heads/main 2>$T/err &&
	end=$(date +%s) && test $((end - begin)) -lt 60 &&
	test_line_count -eq 1 $T/err && test_grep "was not published.* has 1 s .*took too long" $T/err &&
	git --git-dir=../to.git rev-parse refs/heads/main >$T/there &&
	git rev-parse HEAD >$T/here && test_cmp $T/here $T/there &&
	i=0 && while kill -0 "$(cat $T/hangs)" 2>$T/out
	do
		i=$((i + 1)) && test $i -lt 100 && sleep 0.1 || return 1
	done &&
	rm ../to.git/hooks/update && git config --unset vault.prePushTimeout
'

test_expect_success 'that the remote has lost of a chain what it gets again is said' '
	chain=$(git --git-dir=../to.git for-each-ref --format="%(refname)" refs/vault/audit) &&
	test "$(echo "$chain" | wc -l)" = 1 && git vault -q good mark prod &&
	commit u u && git push -q origin HEAD:refs/heads/main && tip=$(git rev-parse $chain) &&
	git --git-dir=../to.git update-ref $chain $tip~1 && commit v v &&
	git push -q origin HEAD:refs/heads/main 2>$T/err &&
	test_grep "^git-vault: warning: the remote .origin. had the audit chain" $T/err &&
	test $tip = "$(git --git-dir=../to.git rev-parse $chain)"
'

test_expect_success 'a time that is none is told once, and what is by itself is taken' '
	for bad in 2min 0 -5 ""
	do
		commit "t$bad" t && git config vault.prePushTimeout "$bad" &&
		git push -q origin HEAD:refs/heads/main 2>$T/err &&
		test_grep -c "warning: vault.prePushTimeout is .$bad., which is no" $T/err \
			>$T/n && test "$(cat $T/n)" = 1 || return 1
	done && git config --unset vault.prePushTimeout
'

test_expect_success 'the next one brings what that one had not' '
	find ../to.git -name "*.lock" >$T/locks && test_must_be_empty $T/locks &&
	commit k k && git push -q origin HEAD:refs/heads/main 2>$T/err &&
	theirs >$T/out && test_grep "snapshots/$(cat $T/five)" $T/out
'

test_expect_success 'nor what the address had when it was another repository' '
	git init -q --bare ../old.git && git init -q --bare ../new.git &&
	git init -q ../moved && (
		cd ../moved && git remote add origin ../old.git &&
		git vault init -q && commit a a && git checkout -q -b side &&
		commit w.yaml "token: $token" && alone git vault state save --new --env p --stack s w.yaml >$T/out 2>\&1 &&
		git checkout -q main && git push -q origin main side &&
		git vault hooks install >$T/out && git vault -q sync &&
		git config vault.prePush publish &&
		git remote set-url origin ../new.git && commit b b &&
		git push -q origin main 2>$T/err &&
		test_grep "1 ref of the vault did not go to .origin." $T/err &&
		git --git-dir=../new.git for-each-ref >$T/out &&
		test_grep keyring $T/out && test_grep ! state/ $T/out && git update-ref -d refs/vault/state/p/s &&
		git push -q origin main:again 2>$T/err &&
		test_grep ! "did not go" $T/err
	)
'

test_expect_success 'nor what fetches came from, where pushes go elsewhere' '
	git init -q --bare ../from.git && git init -q --bare ../mirror.git &&
	git init -q ../apart && (
		cd ../apart && git remote add origin ../from.git &&
		git vault init -q && commit a a && git checkout -q -b side &&
		commit w.yaml "token: $token" && alone git vault state save --new --env p --stack s w.yaml >$T/out 2>\&1 &&
		git checkout -q main && test_expect_code 3 git vault -q sync &&
		git vault hooks install >$T/out &&
		git remote set-url --push origin ../mirror.git &&
		git config vault.prePush publish &&
		git push -q origin main 2>$T/err &&
		test_grep "1 ref of the vault did not go to .origin." $T/err &&
		git --git-dir=../mirror.git for-each-ref >$T/out &&
		test_grep keyring $T/out && test_grep ! state/ $T/out &&
		git --git-dir=../mirror.git rev-parse -q --verify main
	)
'

test_expect_success 'nor where the new address has all branches, and nothing of the vault' '
	git init -q --bare ../first.git && git init -q ../copied && (
		cd ../copied && git remote add origin ../first.git &&
		git vault init -q && commit a a && git push -q origin main &&
		git checkout -q -b side && commit w.yaml "token: $token" &&
		alone git vault state save --new --env p --stack s w.yaml >$T/out 2>\&1 && git checkout -q main &&
		test_expect_code 3 git vault -q sync &&
		git fetch -q && git vault hooks install >$T/out &&
		git clone -q --bare ../first.git ../second.git &&
		git remote set-url origin ../second.git &&
		git config vault.prePush publish && for n in 1 2
		do
			commit b $n && git push -q origin main 2>$T/err &&
			test_grep "1 ref of the vault did not go to .origin." $T/err &&
			git fetch -q --no-prune origin \
				"+refs/heads/*:refs/remotes/origin/*" ||
				exit 1
		done && git --git-dir=../second.git for-each-ref >$T/out &&
		test_grep keyring $T/out && test_grep ! state/ $T/out
	)
'

test_done
