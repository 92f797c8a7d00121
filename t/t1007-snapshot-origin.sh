#!/bin/sh
# shellcheck disable=SC2154 # lib-take.sh sets them
test_description='meta/origin and the parents: what the repository around was'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-take.sh"

# origin FILE: one text of the last snapshot's meta/origin
origin () {
	git cat-file blob "$snap:meta/origin/$1"
}

parents () {
	git rev-list --no-walk --parents "$snap" | cut -d" " -f2-
}

# sealed PATH: what the file of meta/ was, by the program age alone
sealed () {
	git cat-file blob "$snap:meta/meta-secrets" >../list &&
	object=$(awk -v path="$1" '$1 == "f" && $8 == path { print $7 }' ../list) &&
	key=$(find "$HOME" .git -name "identity*" -type f | head -n 1) &&
	git cat-file blob "$object" | age -d -i "$key" | gzip -dcf
}

test_expect_success 'before the first commit there is no parent and no ref' '
	echo 1 >f && take && git cat-file commit "$snap" >../actual &&
	test_grep ! "^parent" ../actual && origin repository >../actual &&
	test_write_lines "branch refs/heads/main" "object-format sha1" \
		"git-version $(git version | sed "s/^git version //")" >../expect &&
	test_cmp ../expect ../actual &&
	test_must_fail git rev-parse -q --verify "$snap:meta/origin/refs"
'

test_expect_success 'head, branch and upstream' '
	git add f && git commit -q -m one && git init -q --bare ../remote.git &&
	git remote add origin ../remote.git && git push -q -u origin main && take &&
	origin repository >../actual &&
	test_write_lines "head $(git rev-parse HEAD)" "branch refs/heads/main" \
		"upstream origin refs/heads/main" "object-format sha1" \
		"git-version $(git version | sed "s/^git version //")" >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'all refs but ours, with their ids' '
	git tag light && git tag -a -m annotated heavy && git branch other &&
	git notes add -m note && git update-ref refs/vault-remote/origin/x HEAD && take &&
	git for-each-ref --format="%(objectname) %(refname)" | grep -v refs/vault >../expect &&
	origin refs >../actual && test_cmp ../expect ../actual
'

test_expect_success 'a new branch or tag is a change, a fetch is none' '
	take && test "$(field created)" = false && git branch another && take &&
	test "$(field created)" = true && git clone -q ../remote.git ../second &&
	test_commit -C ../second two && git -C ../second push -q origin HEAD:elsewhere &&
	git fetch -q && take && test "$(field created)" = false
'

test_expect_success 'a detached HEAD' '
	git checkout -q --detach && take && origin repository >../actual &&
	test_grep ! "^branch" ../actual && test_grep "^head $(git rev-parse HEAD)" ../actual &&
	git log -1 --format=%B "$snap" >../message &&
	test_grep "^snapshot of a detached HEAD" ../message &&
	test_grep ! "^Vault-Branch" ../message && git checkout -q main
'

test_expect_success 'HEAD alone is the parent where all is pushed' '
	git push -q origin main && git branch -D -q another && take --force &&
	git rev-parse HEAD >../expect && parents >../actual && test_cmp ../expect ../actual
'

test_expect_success 'unpushed branches are parents, those within others are not' '
	git checkout -q -b topic && test_commit topic1 && test_commit topic2 &&
	git branch within HEAD^ && git checkout -q -b side main && test_commit side1 &&
	git checkout -q main && take &&
	test_write_lines "$(git rev-parse HEAD)" "$(git rev-parse side)" \
		"$(git rev-parse topic)" | sort >../expect &&
	parents | tr " " "\n" | sort >../actual && test_cmp ../expect ../actual &&
	test_cmp_rev "$snap^1" HEAD
'

test_expect_success 'what is pushed no longer is one' '
	git push -q origin topic side && take --force && git rev-parse HEAD >../expect &&
	parents >../actual && test_cmp ../expect ../actual
'

test_expect_success 'all stashes are kept, the older ones too' '
	for i in 1 2 3
	do
		echo stash$i >f && git stash -q || return 1
	done && take && test_write_lines "$(git rev-parse HEAD)" \
		"$(git rev-parse stash@{0})" "$(git rev-parse stash@{1})" \
		"$(git rev-parse stash@{2})" | sort >../expect &&
	parents | tr " " "\n" | sort >../actual && test_cmp ../expect ../actual &&
	old=$(git rev-parse stash@{2}) && git stash clear &&
	git reflog expire --expire=now --all && git gc -q --prune=now &&
	git cat-file -e "$old^2^{tree}"
'

test_expect_success 'a branch or stash that is damaged keeps nothing from being saved' '
	echo s >f && git stash -q && git checkout -q -b broken && test_commit broken1 &&
	git checkout -q main && bad=$(git rev-parse broken) &&
	rm -f ".git/objects/$(echo $bad | cut -c1-2)/$(echo $bad | cut -c3-)" &&
	echo more >>f && take && parents >../actual && test_grep ! "$bad" ../actual &&
	test_grep "$(git rev-parse stash)" ../actual && git update-ref -d refs/heads/broken &&
	git tag -d broken1 && git stash drop -q && git checkout -q f
'

test_expect_success 'a merge, with every commit that is merged' '
	git merge -q --no-commit --no-ff topic && take && origin repository >../actual &&
	test_grep "^operation merge $(git rev-parse topic)$" ../actual && git merge --abort
'

test_expect_success 'a cherry-pick, a revert' '
	echo conflict >side1.t && git add side1.t && git commit -q -m conflict &&
	test_must_fail git cherry-pick side && take && origin repository >../actual &&
	test_grep "^operation cherry-pick $(git rev-parse side)$" ../actual &&
	git cherry-pick --abort && echo changed >side1.t && git commit -qam changed &&
	test_must_fail git revert HEAD^ && take && origin repository >../actual &&
	test_grep "^operation revert $(git rev-parse HEAD^)$" ../actual && git revert --abort
'

test_expect_success 'a rebase, a bisection: lines that stay lines' '
	test_must_fail git rebase side && take && origin repository >../actual &&
	test_grep "^operation rebase$" ../actual && git rebase --abort &&
	git bisect start HEAD HEAD~2 >/dev/null && take && origin repository >../actual &&
	test_grep "^operation bisect$" ../actual && git bisect reset
'

test_expect_success 'the configuration, without what opens doors' '
	git config user.name "A Name" && git config alias.l "log --oneline" &&
	git config remote.a.url "https://user:hunter2@example.com/x.git" &&
	git config remote.b.url "https://ghp_hunter2@example.com/x.git" &&
	git config remote.c.url "ssh://git@example.com/x.git" &&
	git config remote.d.url "git@example.com:x.git" &&
	git config remote.e.url "ssh://user:hunter2@example.com/x" &&
	git config remote.f.pushurl "https://example.com/x?private_token=hunter2&a=b" &&
	git config remote.g.url "https://u:p@ss:hunter2@example.com/x" &&
	git config alias.fetchall "!curl https://u:hunter2@a.example; curl https://v:hunter2@b.example" &&
	git config http.proxy "http://p:hunter2@proxy:3128" &&
	git config http.https://example.com/.extraheader "Authorization: hunter2" &&
	git config http.cookieFile /hunter2 && git config credential.helper "!echo hunter2" &&
	git config url.https://x:hunter2@example.com/.insteadOf https://example.com/ &&
	git config sendemail.smtpPass hunter2 && git config github.token hunter2 &&
	git config vault.apiKey hunter2 && git config my.password hunter2 &&
	git config --add multi.value "two
lines" && take --force && origin config >../actual &&
	test_grep ! hunter2 ../actual &&
	test_grep "^user.name=A Name$" ../actual &&
	test_grep ! "^alias" ../actual &&
	test_grep "^remote.a.url=https://example.com/x.git$" ../actual &&
	test_grep "^remote.b.url=https://example.com/x.git$" ../actual &&
	test_grep "^remote.c.url=ssh://git@example.com/x.git$" ../actual &&
	test_grep "^remote.d.url=git@example.com:x.git$" ../actual &&
	test_grep "^remote.e.url=ssh://example.com/x$" ../actual &&
	test_grep "^remote.f.pushurl=https://example.com/x$" ../actual &&
	test_grep "^remote.g.url=https://example.com/x$" ../actual &&
	test_grep ! "^multi" ../actual &&
	sealed origin/settings >../actual && test_grep ! hunter2 ../actual &&
	test_grep "^alias.l=log --oneline$" ../actual &&
	test_grep "^multi.value=\"two\\\\nlines\"$" ../actual
'

test_expect_success 'nothing secret stands anywhere in the snapshot' '
	for o in $(git rev-list --objects --no-walk "$snap" | cut -d" " -f1)
	do
		git cat-file -p $o >../object && test_grep ! -a hunter2 ../object || return 1
	done && git config --remove-section url.https://x:hunter2@example.com/
'

test_expect_success 'the user'\''s own configuration is not the repository'\''s' '
	git config --global my.global yes && take --force && origin config >../actual &&
	test_grep ! my.global ../actual
'

test_expect_success 'hooks are kept, samples are not' '
	mkdir -p .git/hooks && printf "#!/bin/sh\nexit 0\n" >.git/hooks/pre-push &&
	chmod +x .git/hooks/pre-push && >.git/hooks/commit-msg.sample &&
	mkdir .git/hooks/dir && ln -s /nonexistent .git/hooks/dangling && take --force &&
	git ls-tree "$snap:meta/origin/hooks" >../actual && test_line_count = 1 ../actual &&
	test_grep "^100755 .*pre-push$" ../actual && origin hooks/pre-push >../actual &&
	test_grep "^GITVAULT.file:" ../actual && sealed origin/hooks/pre-push >../actual &&
	test_cmp .git/hooks/pre-push ../actual && rm -r .git/hooks && take --force
'

test_expect_success 'nested repositories with their commits, odd names quoted' '
	test_create_repo "odd
name" && test_commit -C "odd
name" x && test_create_repo sub && test_commit -C sub y && take &&
	origin submodules >../actual && test_write_lines \
		"$(git -C "odd
name" rev-parse HEAD) \"odd\\nname\"" "$(git -C sub rev-parse HEAD) sub" |
		sort >../expect && sort ../actual >../sorted && test_cmp ../expect ../sorted
'

test_expect_success 'the order of names in meta/ is git'\''s' '
	git fsck --full --strict --no-reflogs &&
	git ls-tree --name-only "$snap:meta/origin" >../actual &&
	test_write_lines config refs repository settings submodules >../expect &&
	test_cmp ../expect ../actual
'

test_expect_success 'a linked worktree: its own HEAD, the refs of all' '
	git worktree add -q ../linked -b linked && cd ../linked && echo l >l && take &&
	origin repository >../actual && test_grep "^branch refs/heads/linked$" ../actual &&
	git cat-file -e "$snap:tree/l" && test_path_is_file \
		"$(git rev-parse --git-path vault/index)" && take &&
	test "$(field created)" = false && cd ../trash && take &&
	test_must_fail git cat-file -e "$snap:tree/l"
'

test_expect_success 'what hooks install sets is no setting to keep' '
	test_create_repo driver && (
		cd driver && test_commit one && git vault hooks install >.git/out &&
		git config merge.git-vault.driver && git vault snapshot >.git/id &&
		test_must_fail git cat-file -e \
			refs/vault/snapshots/$(cat .git/id):meta/origin/settings &&
		test_must_fail git rev-parse -q --verify refs/vault/keyring
	)
'

test_done
