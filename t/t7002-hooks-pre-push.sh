#!/bin/sh

test_description='the hook pre-push searches the commits that the remote has not

A policy that cannot be read loosens nothing. Any other trouble of its own only
stops a push where vault.prePush is strict.'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
token=ghp_$(printf x | sha256sum | cut -c1-36)

# commit FILE TEXT: past pre-commit, as from a clone without hooks
commit () {
	echo "$2" >"$1" && git add "$1" && git commit -q --no-verify -m "$1"
}

# refused ARG…: a push that leaves the remote as it was and tells no value
refused () {
	git --git-dir=../to.git for-each-ref >$T/before &&
	test_must_fail git push -q "$@" 2>$T/err &&
	git --git-dir=../to.git for-each-ref >$T/after &&
	test_cmp $T/before $T/after && test_grep "nothing is pushed" $T/err &&
	test_grep ! "$token" $T/err
}

test_expect_success 'a clean push goes through without a word' '
	git init -q --bare ../to.git && git remote add origin ../to.git &&
	git vault hooks install >$T/out && commit a a && commit b b &&
	git push -q origin HEAD:refs/heads/main 2>$T/err &&
	test_must_be_empty $T/err && git push -q origin HEAD:refs/heads/main
'

test_expect_success 'a secret in a commit that goes out is refused' '
	commit t.yaml "token: $token" && bad=$(git rev-parse --short=10 HEAD) &&
	commit c c && refused origin HEAD:refs/heads/main &&
	test_grep "t.yaml:1: likely: github-pat in commit $bad, fingerprint" $T/err &&
	refused origin HEAD:refs/heads/new
'

test_expect_success 'also where a later commit takes it away' '
	git rm -q t.yaml && git commit -q -m gone &&
	refused origin HEAD:refs/heads/main &&
	test_grep "t.yaml:1: likely" $T/err
'

test_expect_success 'what the remote has already is not told again' '
	git push -q --no-verify origin HEAD:refs/heads/main &&
	commit d d && git push -q origin HEAD:refs/heads/main 2>$T/err &&
	test_must_be_empty $T/err &&
	git push -q origin HEAD:refs/heads/second HEAD~5:refs/heads/third 2>$T/err &&
	test_must_be_empty $T/err
'

test_expect_success 'nor with a tag, a deletion, or by the address alone' '
	git tag -a -m tag v1 && git push -q origin v1 2>$T/err &&
	git tag blob "$(git rev-parse HEAD:a)" && git push -q origin blob 2>>$T/err &&
	git push -q origin :refs/heads/third 2>>$T/err &&
	commit e e && git push -q ../to.git HEAD:refs/heads/main 2>>$T/err &&
	test_must_be_empty $T/err
'

test_expect_success 'a tag of a commit that is nowhere else is searched' '
	git checkout -q --detach && commit u.yaml "token: $token" &&
	git tag -a -m tag v2 && refused origin v2 && git checkout -q main
'

test_expect_success 'a remote that is ahead, by commits that are not here, is none' '
	git clone -q ../to.git ../other 2>$T/err && (
		cd ../other && git checkout -q main && commit z z &&
		git push -q origin HEAD:main
	) && commit f f && git push -q --force origin HEAD:refs/heads/main 2>$T/err &&
	test_must_be_empty $T/err
'

test_expect_success 'another remote has nothing yet, so all is searched' '
	git init -q --bare ../second.git && git remote add second ../second.git &&
	test_must_fail git push -q second main 2>$T/err &&
	test_grep "t.yaml:1: likely" $T/err
'

test_expect_success 'refs of ours are no commits of the project' '
	git init -q ../apart && cd ../apart && git vault hooks install >$T/out &&
	git init -q --bare ../apart.git && commit a a && echo "*.env" >.gitignore &&
	echo "TOKEN=$token" >p.env && git vault snapshot -q >$T/id 2>$T/err &&
	git push -q ../apart.git "refs/vault/snapshots/*:refs/vault/snapshots/*" 2>$T/err &&
	test_must_be_empty $T/err
'

# other NAME: a repository with one commit, and a remote that has it
other () {
	git init -q --bare "../$1.git" && git init -q "../$1" && cd "../$1" &&
		git remote add origin "../$1.git" && commit a a &&
		git vault hooks install >$T/out && git push -q origin main
}

# stays NAME ARG…: a push that is refused and leaves no object there
stays () {
	to=$1 && shift && test_must_fail git push -q "$@" 2>$T/err &&
	test_grep "nothing is pushed" $T/err && test_grep ! "$token" $T/err &&
	git --git-dir="../$to.git" cat-file --batch-all-objects --batch \
		>$T/there && test_grep ! -a "$token" $T/there
}

test_expect_success 'what git replace shows in place of a commit is not what goes' '
	(
		other graft && commit t.yaml "token: $token" && git rm -q t.yaml &&
		git commit -q -m gone && git replace --graft HEAD &&
		stays graft origin main:new && test_grep "t.yaml:1: likely" $T/err
	)
'

test_expect_success 'an archive that was not looked into wholly is told' '
	(
		other archive &&
		test_seq 5000 >$T/a && tar -C $T -czf $T/whole.tgz a &&
		head -c 5000 $T/whole.tgz >cut.tgz && git add cut.tgz &&
		git commit -q --no-verify -m archive && git push -q origin main 2>$T/err &&
		test_grep "not all that is packed in cut.tgz was scanned" $T/err
	)
'

test_expect_success 'files and trees that a tag names itself are searched' '
	(
		other tags && echo "token: $token" >t.yaml &&
		blob=$(git hash-object -w t.yaml) && git tag blob $blob &&
		stays tags origin blob && test_grep "refs/tags/blob:1: " $T/err &&
		git tag -a -m one of-blob blob 2>$T/err &&
		git tag -a -m two of-tag of-blob 2>$T/err &&
		stays tags origin of-tag && test_grep "refs/tags/of-tag:1: " $T/err &&
		tree=$(printf "100644 blob %s\tin/t.yaml\n" $blob | sed s,in/,, |
			git mktree) && git tag tree $tree &&
		stays tags origin tree && test_grep "t.yaml:1: " $T/err
	)
'

test_expect_success 'what another remote has, this one has not' '
	(
		other public && git init -q --bare ../private.git &&
		git remote add origin/private ../private.git &&
		commit t.yaml "token: $token" &&
		git push -q --no-verify origin/private main &&
		stays public origin main
	)
'

test_expect_success 'nor what is fetched from one place and pushed to another' '
	(
		other upstream && git init -q --bare ../fork.git &&
		commit t.yaml "token: $token" &&
		git push -q --no-verify origin main &&
		git remote set-url --push origin ../fork.git &&
		stays fork origin main &&
		git remote set-url --push origin ./../upstream.git/ &&
		git remote set-url origin ./../upstream &&
		commit b b && git push -q origin main 2>$T/err &&
		test_must_be_empty $T/err
	)
'

test_expect_success 'nor what goes to a second address, or to another in its place' '
	(
		other twice && git init -q --bare ../next.git &&
		commit t.yaml "token: $token" &&
		git push -q --no-verify origin main && commit g g &&
		git remote set-url --add origin ../next.git &&
		test_must_fail git push -q origin main 2>$T/err &&
		test_grep "nothing is pushed" $T/err &&
		test_must_fail git --git-dir=../next.git rev-parse -q --verify main &&
		git remote set-url --delete origin ../next.git &&
		git config url.../next.git.pushInsteadOf "$(git remote get-url origin)" &&
		test_must_fail git push -q origin main 2>$T/err &&
		test_grep "nothing is pushed" $T/err
	)
'

test_expect_success 'nor what the address had when it was another repository' '
	(
		other before && git init -q --bare ../elsewhere.git &&
		commit t.yaml "token: $token" && git rm -q t.yaml &&
		git commit -q -m gone && git push -q --no-verify origin main &&
		git checkout -q -b side && commit s s && git push -q origin side &&
		git push -q origin :side 2>$T/err && git fetch -q &&
		git push -q origin side 2>$T/err && test_must_be_empty $T/err &&
		git --git-dir=../before.git update-ref -d refs/heads/side &&
		git push -q origin side 2>$T/err && test_must_be_empty $T/err &&
		git remote set-url origin ../elsewhere.git &&
		stays elsewhere origin main
	)
'

test_expect_success 'nor by a branch that it never had' '
	(
		other moved && commit t.yaml "token: $token" &&
		git push -q --no-verify origin main &&
		git checkout -q -b feature && commit s s &&
		git init -q --bare ../new.git &&
		git remote set-url origin ../new.git && stays new origin feature &&
		git tag of-it && stays new origin of-it &&
		git remote set-url origin ../moved.git &&
		git push -q origin feature of-it 2>$T/err &&
		test_must_be_empty $T/err
	)
'

test_expect_success 'nor by one that has what only the other address had' '
	(
		other asked && git push -q origin main && git checkout -q -b own &&
		commit t.yaml "token: $token" && git rm -q t.yaml &&
		git commit -q -m gone && git push -q --no-verify origin own &&
		git clone -q --bare -b main --single-branch ../asked.git \
			../its-fork.git && git checkout -q main &&
		git merge -q own && git remote set-url origin ../its-fork.git &&
		test_must_fail git push -q origin main 2>$T/err &&
		test_grep "nothing is pushed" $T/err &&
		git reset -q --hard HEAD~2 && git fetch -q --prune && commit w w &&
		git push -q origin main 2>$T/err && test_must_be_empty $T/err &&
		commit v v && GIT_TRACE=$T/trace git push -q origin main &&
		test_grep "for-each-ref .* refs/remotes/origin/" $T/trace &&
		test_grep ! "ls-remote --refs" $T/trace
	)
'

test_expect_success 'what is pushed may be called by words with blanks' '
	(
		other blanks && commit "a token.yaml" "token: $token" &&
		stays blanks origin "HEAD^{/a token}:refs/heads/x" &&
		stays blanks origin "HEAD^{/a token}:refs/heads/x" main:y &&
		test_must_fail git -c vault.prePush=strict push -q origin \
			"HEAD^{/a token}:refs/heads/x" 2>$T/err &&
		test_grep "possible secret" $T/err &&
		commit "$(printf "of two\n\nlines")" e &&
		stays blanks origin "HEAD^{/$(printf "two\n\nlines")}:refs/heads/x" &&
		echo "a line that is none" >$T/line &&
		test_must_fail git -c vault.prePush=strict vault hooks run -- \
			pre-push origin ../blanks.git <$T/line 2>$T/err &&
		test_grep "s report of the push is not" $T/err
	)
'

test_expect_success 'a name of ours on one side hides no commit of the project' '
	(
		other named && git checkout -q -b side && commit t.yaml "token: $token" &&
		git checkout -q main &&
		git config --rename-section remote.origin away.origin &&
		git vault snapshot -q &&
		git config --rename-section away.origin remote.origin &&
		snapshot=$(git for-each-ref --format="%(refname)" \
			refs/vault/snapshots/) &&
		git branch -q -D side &&
		stays named origin "$snapshot^2:refs/heads/rescued" &&
		stays named origin "$snapshot^2:refs/vault/x" &&
		stays named origin "$snapshot:$snapshot" &&
		git update-ref refs/vault-remote/far/snapshots/x $snapshot &&
		stays named origin refs/vault-remote/far/snapshots/x:$snapshot &&
		git vault good mark --commit "$snapshot^2" x >$T/out 2>&1 &&
		stays named origin refs/vault/good/x/1
	)
'

test_expect_success 'a hook of before that pushes on has that searched, too' '
	(
		other first && git init -q --bare ../on.git &&
		git remote add on ../on.git && git vault hooks uninstall >$T/out &&
		printf "#!/bin/sh\ntest \"\$1\" = on || git push -q on main\n" \
			>.git/hooks/pre-push && chmod +x .git/hooks/pre-push &&
		git vault hooks install >$T/out && commit b b &&
		git push -q origin main 2>$T/err &&
		git --git-dir=../on.git rev-parse -q --verify main >$T/out &&
		commit t.yaml "token: $token" && stays on origin main &&
		stays first origin main
	)
'

test_expect_success 'what such a hook has left running has what it pushes searched' '
	gone=$(sh -c "echo \$\$") &&
	(
		cd ../first && commit left.yaml "token: $token" &&
		export GIT_VAULT_HOOK GIT_VAULT_HOOK_FOR GIT_VAULT_HOOK_PID &&
		GIT_VAULT_HOOK="pre-push $PWD" GIT_VAULT_HOOK_PID=$gone &&
		GIT_VAULT_HOOK_FOR="on ../on.git" && stays on on main
	)
'

test_expect_success 'what a hook of before reads must be there for ours as well' '
	(
		cd ../first && test_must_fail .git/hooks/pre-push origin ../first.git \
			<&- 2>$T/err && test_grep "its input cannot be read" $T/err
	)
'

# a policy that cannot be read
break_policy () {
	echo "scan: [" >.gitvault.yaml
}

test_expect_success 'a policy that cannot be read is told, and loosens nothing' '
	commit g g && break_policy &&
	git push -q origin HEAD:refs/heads/main 2>$T/err &&
	test_grep "gitvault.yaml.*by the built-in rules alone" $T/err &&
	commit leak.yaml "token: $token" && tip=$(git rev-parse HEAD) &&
	for text in "scan: [" "nosuch: 1" "scan: 7" "scan: {allow: yes}" "{" \
		"scan: {rules: [{id: x, regex: \"(\"}]}" "- a" "$(printf "a\001b")"
	do
		echo "$text" >.gitvault.yaml &&
		test_must_fail git push -q origin HEAD:refs/heads/leak 2>$T/err &&
		test_grep "leak.yaml:1: .*github-pat" $T/err || return 1
	done
'

test_expect_success 'nor does one that is no file, or what was allowed here' '
	rm .gitvault.yaml && mkdir .gitvault.yaml && : >.gitvault.yaml/f &&
	test_must_fail git push -q origin HEAD:refs/heads/leak 2>$T/err &&
	test_grep "github-pat" $T/err && rm -r .gitvault.yaml &&
	ln -s loop .gitvault.yaml && ln -s .gitvault.yaml loop &&
	test_must_fail git push -q origin HEAD:refs/heads/leak 2>$T/err &&
	test_grep "github-pat" $T/err && rm .gitvault.yaml loop &&
	mkdir -p .git/vault && echo "no fingerprint" >.git/vault/allowed &&
	test_must_fail git push -q origin HEAD:refs/heads/leak 2>$T/err &&
	test_grep "github-pat" $T/err && rm .git/vault/allowed &&
	test "$tip" = "$(git rev-parse HEAD)" && git reset -q --hard HEAD~1 &&
	break_policy
'

test_expect_success 'but not with vault.prePush=strict' '
	commit h h && git config vault.prePush strict &&
	test_must_fail git push -q origin HEAD:refs/heads/main 2>$T/err &&
	test_grep "nothing is pushed, since it could not be searched" $T/err &&
	git config --unset vault.prePush && rm .gitvault.yaml &&
	test_might_fail git rm -q --cached .gitvault.yaml
'

# the program is one that ends so
crash () {
	printf "#!/bin/sh\nkill -SEGV \$\$\n" >"$T/crash" && chmod +x "$T/crash" &&
	sed "s|^program=.*|program=$T/crash|" ".git/hooks/$1" >"$T/hook" &&
	cat "$T/hook" >".git/hooks/$1"
}

test_expect_success 'what git replace shows in place of a commit or a file hides nothing' '
	git checkout -q -b replaced origin/main && echo clean >clean &&
	git add clean && git commit -q --no-verify -m clean && clean=$(git rev-parse HEAD) &&
	commit k.yaml "token: $token" && bad=$(git rev-parse HEAD) &&
	blob=$(git rev-parse HEAD:k.yaml) && tree=$(git rev-parse HEAD^{tree}) &&
	for pair in "$bad $clean" "$blob $(git rev-parse HEAD:clean)" \
		"$tree $(git rev-parse $clean^{tree})"
	do
		git replace -f $pair && refused origin HEAD:refs/heads/replaced &&
		refused origin HEAD:refs/heads/replaced "refs/replace/*:refs/replace/*" &&
		git replace -d ${pair% *} >$T/out || return 1
	done && git replace $clean $bad && refused origin "refs/replace/*:refs/replace/*" &&
	git push -q origin $clean:refs/heads/clean 2>$T/err && git replace -d $clean &&
	git push -q origin :refs/heads/clean && git checkout -q main
'

test_expect_success 'a program that crashes stops no push either, nor a checkout' '
	for hook in pre-push post-checkout pre-commit
	do
		crash $hook || return 1
	done &&
	commit i i && git push -q origin HEAD:refs/heads/main &&
	git checkout -q -b crashed && commit j j &&
	test_must_fail git -c vault.prePush=strict push -q origin HEAD:refs/heads/j &&
	printf "#!/bin/sh\ncat >/dev/null\n" >.git/hooks/pre-push.before-vault &&
	chmod +x .git/hooks/pre-push.before-vault &&
	git push -q origin HEAD:refs/heads/j &&
	test_must_fail git -c vault.prePush=strict push -q origin HEAD:refs/heads/k &&
	test_must_fail git commit -q --allow-empty -m no &&
	git checkout -q main && rm .git/hooks/pre-push.before-vault &&
	git vault hooks install >$T/out && test_grep "added *pre-push" $T/out
'

test_expect_success 'what git would never say is no reason to refuse' '
	echo garbage | git vault hooks run -- pre-push origin x 2>$T/err &&
	test_grep "s report of the push is not" $T/err &&
	printf "" | git vault hooks run -- pre-push origin x 2>$T/err &&
	test_must_be_empty $T/err &&
	test_expect_code 129 git vault hooks run pre-push 2>$T/err
'

test_expect_success 'a word that vault.prePush has not stops each push' '
	commit odd odd && for word in strct "publish strct"
	do
		test_must_fail git -c "vault.prePush=$word" push -q origin \
			HEAD:refs/heads/odd 2>$T/err &&
		test_grep "nothing is pushed: vault.prePush has .strct." $T/err ||
			return 1
	done && git -c vault.prePush=Strict push -q origin HEAD:refs/heads/odd
'

test_expect_success 'of a blob that is pushed by itself no commit is told' '
	git tag alone $(echo "token: $token" | git hash-object -w --stdin) &&
	test_must_fail git push -q origin alone 2>$T/err &&
	test_grep "alone:1: likely: github-pat" $T/err &&
	test_grep ! "in commit [0-9]" $T/err && git tag -d alone
'

test_done
