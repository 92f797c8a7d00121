#!/bin/sh

test_description='the hooks of a server refuse what a push must not bring

A bare repository, and pushes to it by path.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-push.sh"

snapshots=refs/vault/snapshots

test_expect_success 'in a bare repository those of a server are installed' '
	push_server srv.git &&
	test_grep "^added *pre-receive$" $T/out &&
	test_grep "^added *post-receive$" $T/out &&
	test_path_is_missing srv.git/hooks/pre-commit &&
	test_path_is_missing srv.git/hooks/update &&
	echo refs/vault/server >expect &&
	git -C srv.git config receive.hideRefs >actual &&
	test_cmp expect actual &&
	git -C srv.git vault hooks install >$T/out &&
	git -C srv.git config --get-all receive.hideRefs >actual &&
	test_cmp expect actual &&
	push_clone "$PWD/srv.git" c
'

# ---- secrets ----

test_expect_success 'a secret is refused: file, line, rule and commit are told' '
	(
		cd c && git checkout -q -b bad &&
		commit_as conf/app.env "x=1" "TOKEN=$token" &&
		bad=$(git rev-parse HEAD) && commit_as a two &&
		refused git push origin bad &&
		test_grep "this push is refused" $T/err &&
		test_grep "conf/app.env:2: github-pat, ghp_.*(40 bytes), in commit $bad" $T/err &&
		test_grep "remove secrets from the commits that add" $T/err
	) && copies
'

test_expect_success 'also where a later commit takes it away again' '
	(
		cd c && git rm -q conf/app.env && git commit -q -m away &&
		refused git push origin bad &&
		refused git push origin bad:main &&
		refused git push origin HEAD:refs/tags/v1
	) && copies
'

test_expect_success 'whole files count, and not the lines that were added' '
	git -C srv.git config vault.receive.secrets ignore &&
	(
		cd c && git checkout -q -b old main &&
		commit_as deploy.sh "token=$other" && taken git push origin old
	) &&
	git -C srv.git config --unset vault.receive.secrets &&
	(
		cd c && echo "# more" >>deploy.sh && git commit -q -a -m more &&
		refused git push origin old &&
		test_grep "deploy.sh:1: github-pat" $T/err
	)
'

test_expect_success 'what is there already is not told again' '
	(
		cd c && taken git push origin origin/old:refs/heads/again &&
		git checkout -q main && git merge -q -m merged origin/old &&
		taken git push origin HEAD:refs/heads/merged
	)
'

test_expect_success 'nor by a tag, a tree or a file that a ref names itself' '
	(
		cd c && git tag -a -m t annotated bad~1 &&
		refused git push origin annotated &&
		test_grep "conf/app.env:2: github-pat" $T/err &&
		blob=$(git rev-parse bad~1:conf/app.env) &&
		refused git push origin $blob:refs/tags/blob &&
		test_grep "refs/tags/blob:2: github-pat" $T/err &&
		git tag -a -m t of-blob $blob && refused git push origin of-blob &&
		refused git push origin bad~1^{tree}:refs/tags/tree &&
		test_grep "conf/app.env:2: github-pat" $T/err
	)
'

test_expect_success 'an archive that was not looked into wholly is told' '
	(
		cd c && git checkout -q main &&
		test_seq 5000 >$T/a && tar -C $T -czf $T/whole.tgz a &&
		head -c 5000 $T/whole.tgz >cut.tgz && git add cut.tgz &&
		git commit -q -m archive &&
		git push origin main:refs/heads/archive >$T/out 2>$T/err &&
		test_grep "not all that is packed in cut.tgz was scanned" $T/err &&
		git push -q origin :refs/heads/archive && git reset -q --hard HEAD~1
	)
'

test_expect_success 'nor below more tags than anybody makes' '
	(
		cd c && git tag -f deep $(git rev-parse bad~1:conf/app.env) &&
		i=0 && while test $i -lt 12
		do
			i=$((i + 1)) && git tag -f -a -m $i deep deep 2>$T/err || exit 1
		done && refused git push origin deep &&
		test_grep "refs/tags/deep:2: github-pat" $T/err
	)
'

test_expect_success 'nor behind what git replace puts in place of a commit' '
	(
		cd c && x=$(git rev-list -n 1 main..bad -- conf/app.env) &&
		y=$(git commit-tree -p main -m clean main^{tree}) &&
		git push -q origin $y:refs/replace/$x &&
		refused git push origin $x:refs/heads/replaced &&
		test_grep "conf/app.env:2: github-pat" $T/err &&
		git push -q origin :refs/replace/$x
	)
'

test_expect_success 'nor in a merge that brings what no parent has' '
	(
		cd c && git checkout -q -b side main && commit_as s s &&
		git checkout -q -b both main && commit_as b b &&
		git merge -q --no-commit side && echo "t=$token" >m &&
		git add m && git commit -q -m merge &&
		refused git push origin both && test_grep "^remote.*m:1: github-pat" $T/err
	)
'

test_expect_success 'nor smuggled in by a vault ref' '
	(
		cd c && git checkout -q bad &&
		ours=$(git commit-tree -p bad~1 -m state -m "Vault-Format: 1" "bad~1^{tree}") &&
		refused git push origin $ours:refs/vault/state/prod/x &&
		test_grep "app.env:2" $T/err &&
		refused git push origin bad && test_grep "app.env:2" $T/err
	)
'

test_expect_success 'many are counted, and the first ones told' '
	(
		cd c && git checkout -q -b many main &&
		for i in $(test_seq 60)
		do
			echo "token = ghp_$(echo $i | sha256sum | cut -c1-36)"
		done >many.conf && git add many.conf && git commit -q -m many &&
		refused git push origin many &&
		test_grep "many.conf:50: " $T/err &&
		test_grep ! "many.conf:51: " $T/err &&
		test_grep "and 10 more" $T/err
	)
'

test_expect_success 'a clean push is taken, deleted branches and forced ones too' '
	(
		cd c && git checkout -q -b fine main && commit_as f f &&
		taken git push origin fine && test_grep ! "^remote:" $T/err &&
		git commit -q --amend -m g && taken git push -f origin fine &&
		taken git push origin :fine
	)
'

# ---- by whose policy ----

allow="scan:
  allow:
    - path: allowed/**
      reason: samples of the vendor"

test_expect_success 'the policy that comes with a push does not count' '
	(
		cd c && git checkout -q main && commit_as .gitvault.yaml "$allow" &&
		commit_as allowed/x "t=$token" &&
		refused git push origin main && test_grep "allowed/x:1" $T/err &&
		taken git push origin main~1:main
	) && accept_policy srv.git
'

test_expect_success 'the one that was there before does, for new branches that of HEAD' '
	(
		cd c && taken git push origin main:new && taken git push origin main
	)
'

test_expect_success 'one that cannot be read keeps nobody from mending it' '
	(
		cd c && commit_as .gitvault.yaml "scan: [" &&
		taken git push origin main && commit_as b b &&
		taken git push origin main &&
		test_grep "the policy that was there before does not count" $T/err &&
		commit_as .gitvault.yaml "$allow" && taken git push origin main
	)
'

test_expect_success 'nor does one that is no file, or too large' '
	(
		cd c && git checkout -q -b odd main && git rm -q -f .gitvault.yaml &&
		mkdir .gitvault.yaml && commit_as .gitvault.yaml/x x &&
		taken git push origin odd && commit_as b bb &&
		taken git push origin odd &&
		test_grep "the policy that was there before does not count" $T/err &&
		git rm -q -r .gitvault.yaml &&
		head -c 1100000 /dev/zero | tr "\\0" "#" >.gitvault.yaml &&
		git add .gitvault.yaml && git commit -q -m large &&
		taken git push origin odd && git rm -q .gitvault.yaml &&
		git commit -q -m mended && taken git push origin odd &&
		git checkout -q main
	)
'

test_expect_success 'one version is looked at by each of its paths' '
	(
		cd c && git checkout -q -b paths main && mkdir -p docs &&
		commit_as docs/ci.md "TOKEN=$token" && git mv docs/ci.md ci.env &&
		git commit -q -m moved && refused git push origin paths &&
		test_grep "ci.env:1: github-pat" $T/err && git checkout -q main
	)
'

test_expect_success 'a comment that comes with it allows nothing, unless the server says' '
	(
		cd c && git checkout -q -b comment main &&
		commit_as d "t=$token # gitvault:allow github-pat of a test" &&
		refused git push origin comment &&
		test_grep "a comment that comes with it allows nothing here" $T/err &&
		git -C ../srv.git config vault.receive.comments true &&
		taken git push origin comment &&
		git -C ../srv.git config --unset vault.receive.comments
	)
'

test_expect_success 'a policy of the server stands in place of all others' '
	printf "scan:\n  allow:\n    - path: server/*\n      reason: it says so\n" \
		>$T/policy.yaml &&
	git -C srv.git config vault.receive.policy $T/policy.yaml &&
	(
		cd c && git checkout -q -b server main &&
		commit_as server/x "t=$token" && taken git push origin server &&
		commit_as allowed/y "t=$other" &&
		refused git push origin server && test_grep "allowed/y:1" $T/err
	) &&
	rm $T/policy.yaml &&
	(
		cd c && commit_as z z && refused git push origin server &&
		test_grep "vault.receive.policy" $T/err
	) &&
	git -C srv.git config --unset vault.receive.policy
'

test_expect_success 'allowances by fingerprint count where their key is, and else it is told' '
	(
		push_server prints.git && push_clone "$server" prints && cd prints &&
		echo "t=$token" >p.conf &&
		test_expect_code 1 git vault scan -v p.conf >$T/out &&
		print=$(sed -n "s/.*fingerprint //p" $T/out) &&
		commit_as .gitvault.yaml "scan:" "  allow:" \
			"  - fingerprint: $print" "    reason: a sample" \
			"  - path: other/**" "    reason: samples" &&
		taken git push origin main && accept_policy "$server" &&
		git add p.conf && git commit -q -m p &&
		refused git push origin main && test_grep "p.conf:1: " $T/err &&
		test_grep "remote:.*: .* 1 allowance .* of a key that is not here" \
			$T/err &&
		test_grep "allow false alarms by path and rule in .gitvault.yaml" $T/err &&
		git reset -q --hard HEAD~ && commit_as other/x "t=$token" &&
		taken git push origin main && test_grep ! "allowance" $T/err &&
		git -C "$server" fetch -q "$PWD" refs/vault/idkey:refs/vault/idkey &&
		commit_as p.conf "t=$token" && taken git push origin main &&
		commit_as q.conf "t=$other" && refused git push origin main &&
		test_grep "q.conf:1: " $T/err && test_grep ! "a key" $T/err &&
		test_grep "allow false alarms in .gitvault.yaml, by a separate push" $T/err
	)
'

# ---- limits ----

test_expect_success !SANITIZERS 'what takes more than it may is refused with a sentence' '
	git -C srv.git config vault.receive.maxMemory 64k &&
	test_when_finished "git -C srv.git config --unset vault.receive.maxMemory || :" &&
	test_when_finished "git -C srv.git config --unset vault.receive.maxTime || :" &&
	(
		cd c && git checkout -q -B fine main && commit_as f f &&
		refused git push origin fine &&
		test_grep "s vault.receive.maxMemory allows; push fewer commits at" $T/err &&
		test_grep "this push is refused" $T/err
	) &&
	git -C srv.git config --unset vault.receive.maxMemory &&
	git -C srv.git config vault.receive.maxTime soon &&
	(
		cd c && refused git push origin fine &&
		test_grep "vault.receive.maxtime is .soon." $T/err
	) &&
	git -C srv.git config --unset vault.receive.maxTime &&
	(cd c && taken git push origin fine)
'

test_expect_success 'a setting that cannot be read is refused, and not another one' '
	(cd c && git checkout -q -B unread main && commit_as u u) &&
	while read -r key value
	do
		git -C srv.git config vault.receive.$key "$value" &&
		(
			cd c && refused git push origin unread &&
			test_grep "vault.receive.$key is .$value. in git" $T/err
		) && git -C srv.git config --unset vault.receive.$key || return 1
	done <<-\EOF &&
	maxmemory 8 mb
	maxmemory lots
	maxmemory 1x
	maxmemory -5
	maxmemory
	maxmemory 99999999999g
	maxtime
	maxage 3 fortnights
	maxahead -1
	comments ture
	secrets
	EOF
	git -C srv.git config vault.receive.maxMemory 0 &&
	git -C srv.git config vault.receive.comments yes &&
	(cd c && taken git push origin unread && git checkout -q fine) &&
	git -C srv.git config --unset vault.receive.maxMemory &&
	git -C srv.git config --unset vault.receive.comments
'

test_expect_success 'without git-vault the server refuses, unless it is told not to' '
	cp srv.git/hooks/pre-receive $T/hook &&
	sed "s,^program=.*,program=/nowhere/git-vault," $T/hook \
		>srv.git/hooks/pre-receive &&
	(
		cd c && commit_as f2 f2 &&
		PATH=/usr/bin:/bin refused git push origin fine &&
		test_grep "pre-receive: git-vault is not where it was installed" $T/err &&
		git -C ../srv.git config vault.hooksRequired false &&
		PATH=/usr/bin:/bin && taken git push origin fine
	) &&
	git -C srv.git config --unset vault.hooksRequired &&
	cat $T/hook >srv.git/hooks/pre-receive
'

# ---- refs of ours ----

snapshot () {
	git vault snapshot --force --json >$T/json && jq -r .id $T/json
}

# away COMMAND…: as before there was a remote, when nothing is left out of what
# leaves
away () {
	git config --rename-section remote.origin away.origin &&
	"$@" &&
	git config --rename-section away.origin remote.origin
}

test_expect_success 'a snapshot is taken, and there is a receipt' '
	git -C srv.git config vault.receive.name git.example &&
	git clone -q srv.git d &&
	(
		cd d && id=$(snapshot) && echo $id >$T/id &&
		taken git push origin $snapshots/$id &&
		test_grep "1 snapshot received, and written down" $T/err &&
		git -C ../srv.git cat-file -p \
			refs/vault/server/git.example:$(echo $id | cut -c1-6)/$id >actual &&
		sed -n "s/^commit //p" actual >got &&
		git rev-parse $snapshots/$id >expect && test_cmp expect got &&
		test_grep "^time 20..-..-..T..:..:..Z$" actual &&
		test_grep "^pusher ." actual
	) && copies
'

test_expect_success 'what it has in place of a name and looks like a secret is left out, and said' '
	token=ghp_$(printf x | sha256sum | cut -c1-36) &&
	git clone -q --mirror srv.git named.git && cp srv.git/config named.git &&
	cp srv.git/hooks/p*-receive named.git/hooks &&
	git clone -q named.git named &&
	(
		cd named && for name in GL_USERNAME GL_USER GITEA_PUSHER_NAME \
			GL_ID REMOTE_USER
		do
			id=$(snapshot) && taken env $name=$token \
				git push origin $snapshots/$id &&
			test_grep "warning: the receipt does not name the user who pushed: .*{$name} (github-pat)" \
				$T/err && test_grep ! "$token" $T/err &&
			git -C ../named.git cat-file -p \
				refs/vault/server/git.example:$(echo $id | cut -c1-6)/$id >actual &&
			echo "pusher without \${$name} (github-pat)" >expect &&
			sed -n "/^pusher/p" actual >got && test_cmp expect got ||
				return 1
		done &&
		id=$(snapshot) && taken env GL_USERNAME=alice git push origin \
			$snapshots/$id && test_grep ! "does not say" $T/err &&
		git -C ../named.git cat-file -p \
			refs/vault/server/git.example:$(echo $id | cut -c1-6)/$id >actual &&
		test_grep "^pusher alice$" actual
	) && ! grep -rqs "$token" named.git && rm -rf named named.git
'

test_expect_success 'where the server has a key they are signed, as git checks it' '
	ssh-keygen -q -t ed25519 -N "" -C server -f $T/server &&
	GIT_VAULT_IDENTITY=$T/server && export GIT_VAULT_IDENTITY &&
	test_when_finished unset GIT_VAULT_IDENTITY &&
	(
		cd d && id=$(GIT_VAULT_IDENTITY= snapshot) &&
		taken git push origin $snapshots/$id &&
		test_grep "written down, signed" $T/err &&
		echo "server $(cat $T/server.pub)" >$T/signers &&
		git -C ../srv.git -c gpg.ssh.allowedSignersFile=$T/signers \
			verify-commit refs/vault/server/git.example >$T/out 2>&1 &&
		test_grep "Good .git. signature for server" $T/out &&
		test_must_fail git -C ../srv.git \
			-c gpg.ssh.allowedSignersFile=$T/signers \
			verify-commit refs/vault/server/git.example~1
	)
'

test_expect_success 'the next one is behind it on the same chain' '
	(
		cd d && taken git push origin $snapshots/$(snapshot) &&
		git -C ../srv.git rev-list refs/vault/server/git.example >$T/out &&
		test_line_count = 3 $T/out &&
		git -C ../srv.git ls-tree -r refs/vault/server/git.example >$T/out &&
		test_line_count = 3 $T/out
	)
'

test_expect_success 'nobody pushes to the receipts' '
	(
		cd d && test_must_fail git push origin main:refs/vault/server/git.example \
			2>$T/err && test_grep "hidden ref" $T/err &&
		git -C ../srv.git config --unset receive.hideRefs &&
		refused git push origin +main:refs/vault/server/git.example &&
		refused git push origin main:refs/vault/server/mine &&
		test_grep "written by the server alone" $T/err &&
		git -C ../srv.git config receive.hideRefs refs/vault/server &&
		git fetch -q origin "refs/vault/server/*:refs/vault/server/*" &&
		git rev-parse --verify refs/vault/server/git.example
	)
'

test_expect_success 'a snapshot never changes, and goes with a tombstone only' '
	(
		cd d && id=$(cat $T/id) && later=$(snapshot) &&
		refused git push origin +$snapshots/$later:$snapshots/$id &&
		test_grep "it cannot be moved like that by a push" $T/err &&
		refused git push origin :$snapshots/$id &&
		test_grep "only be deleted together with" $T/err &&
		git vault delete $id >$T/out 2>$T/err &&
		taken git push origin :$snapshots/$id refs/vault/deleted &&
		git -C ../srv.git for-each-ref $snapshots/$id >$T/out &&
		test_must_be_empty $T/out
	)
'

test_expect_success 'one that was deleted does not come back' '
	(
		cd d && id=$(cat $T/id) && commit=$(git -C ../srv.git cat-file -p \
			refs/vault/server/git.example:$(echo $id | cut -c1-6)/$id |
			sed -n "s/^commit //p") &&
		refused git push origin $commit:$snapshots/$id &&
		test_grep "it was deleted on 20" $T/err
	)
'

# forge SED: the newest snapshot with its commit changed, at $id, $forged
forge () {
	id=$(snapshot) &&
	git cat-file commit $snapshots/$id | sed "$1" >$T/commit &&
	forged=$(git hash-object -t commit -w $T/commit)
}

test_expect_success 'a time that contradicts itself is refused' '
	(
		cd d && forge "s/^\(author\|committer\) \(.*\) [0-9]* /\1 \2 1500000000 /" &&
		refused git push origin $forged:$snapshots/$id &&
		test_grep "made to look older or younger" $T/err &&
		forge "" &&
		refused git push origin $forged:$snapshots/20200101T000000Z-00000000 &&
		test_grep "it is the snapshot $id" $T/err &&
		refused git push origin $forged:$snapshots/new &&
		test_grep "no name of a snapshot" $T/err &&
		refused git push origin main:$snapshots/20200101T000000Z-00000000
	)
'

test_expect_success 'one of the future is refused, an old one is not, but where it is told to' '
	(
		cd d && now=$(date +%s) &&
		id=$(GIT_VAULT_TEST_TIME=$((now + 7200)) snapshot) &&
		refused git push origin $snapshots/$id &&
		test_grep "correct the clock of the machine that" $T/err &&
		id=$(GIT_VAULT_TEST_TIME=$((now - 3000000)) snapshot) &&
		git -C ../srv.git config vault.receive.maxAge 4w &&
		refused git push origin $snapshots/$id &&
		test_grep "vault.receive.maxAge" $T/err &&
		git -C ../srv.git config --unset vault.receive.maxAge &&
		taken git push origin $snapshots/$id
	)
'

test_expect_success 'commits that come with a snapshot are searched, and so is it' '
	(
		cd d && git checkout -q -b bad && commit_as conf/app.env "x" "y=$token" &&
		git checkout -q main && id=$(away snapshot) &&
		refused git push origin $snapshots/$id &&
		test_grep "conf/app.env:2: github-pat" $T/err &&
		git branch -q -D bad && id=$(snapshot) &&
		echo "t=$other" >$T/file && blob=$(git hash-object -w $T/file) &&
		tree=$(git rev-parse $snapshots/$id:tree) &&
		new=$( (git ls-tree $tree; printf "100644 blob $blob\tzz\n") | git mktree) &&
		root=$(git ls-tree $snapshots/$id | sed "s/$tree/$new/" | git mktree) &&
		forged=$(git cat-file commit $snapshots/$id |
			sed "s/^tree .*/tree $root/" | git hash-object -t commit -w --stdin) &&
		refused git push origin $forged:$snapshots/$id &&
		test_grep "zz:1: github-pat" $T/err &&
		root=$( (git ls-tree $snapshots/$id; printf "100644 blob $blob\tzz\n") |
			git mktree) &&
		forged=$(git cat-file commit $snapshots/$id |
			sed "s/^tree .*/tree $root/" | git hash-object -t commit -w --stdin) &&
		refused git push origin $forged:$snapshots/$id &&
		test_grep "it has something other than tree/, index/" $T/err
	) && copies
'

# of_ours MESSAGE [-p PARENT]: a commit as those of our chains and lists
of_ours () {
	git commit-tree -m "$1" -m "Vault-Format: 1" "$(git mktree </dev/null)" \
		${2:+"$2" "$3"}
}

test_expect_success 'nor does a snapshot, or a record, smuggle something into a branch' '
	(
		cd d && git checkout -q main && id=$(snapshot) &&
		echo "t=$other" >$T/file && blob=$(git hash-object -w $T/file) &&
		leak=$(printf "100644 blob $blob\tzz\n" | git mktree) &&
		text=$(git cat-file commit $snapshots/$id) &&
		tree=$(git rev-parse $snapshots/$id:tree) &&
		meta=$(git rev-parse $snapshots/$id:meta) &&
		root=$(git ls-tree $snapshots/$id | sed "s/$meta/$leak/" | git mktree) &&
		forged=$(echo "$text" | sed "s/^tree .*/tree $root/" |
			git hash-object -t commit -w --stdin) &&
		taken git push origin $forged:$snapshots/$id &&
		refused git push origin $forged:refs/heads/smuggled &&
		top=$(git commit-tree -p $forged -m on $root) &&
		refused git push origin $top:refs/heads/smuggled &&
		test_grep "meta/zz:1: github-pat" $T/err &&
		base=$(echo base | git commit-tree $leak) &&
		root=$(git ls-tree $snapshots/$id | sed "s/$tree/$leak/" | git mktree) &&
		forged=$( (echo "$text" | sed "s/^tree .*/tree $root/" &&
			echo "Vault-Base: $base") | git hash-object -t commit -w --stdin) &&
		refused git push origin $base:refs/vault/locks/x \
			$forged:$snapshots/$(echo $id | sed "s/.\{8\}$/00000000/") &&
		test_grep "zz:1: github-pat" $T/err &&
		root=$( (git ls-tree $snapshots/$id; printf "100644 blob $blob\tzz\n") |
			git mktree) &&
		forged=$(echo "$text" | sed "s/^tree .*/tree $root/" |
			git hash-object -t commit -w --stdin) &&
		git vault good mark --commit $forged smuggled >$T/out 2>&1 &&
		refused git push origin refs/vault/good/smuggled/1 &&
		test_grep "it has something other than tree/, index/" $T/err &&
		git update-ref -d refs/vault/good/smuggled/1
	)
'

test_expect_success 'chains only grow' '
	(
		cd d && git checkout -q main &&
		one=$(of_ours 1) && two=$(of_ours 2 -p $one) &&
		for ref in secrets/prod state/prod/net audit/host deleted2 marks
		do
			taken git push origin $one:refs/vault/$ref &&
			taken git push origin $two:refs/vault/$ref &&
			refused git push origin +$one:refs/vault/$ref &&
			refused git push origin :refs/vault/$ref &&
			test_grep "refs/vault/$ref: it cannot be deleted by a push; it only grows" \
				$T/err || return 1
		done &&
		refused git push origin main:refs/notes/vault &&
		taken git push origin $one:refs/notes/vault &&
		refused git push origin +main:refs/notes/vault &&
		git fetch -q origin +refs/notes/vault:refs/notes/ours &&
		git notes --ref ours add -m "by hand" HEAD &&
		taken git push origin refs/notes/ours:refs/notes/vault
	)
'

test_expect_success 'what is no note is not taken for one' '
	(
		cd d && top=$(git ls-tree --name-only main | head -n 1) &&
		more=$(git commit-tree -p refs/notes/ours -m on main^{tree}) &&
		refused git push origin $more:refs/notes/vault &&
		test_grep "refs/notes/vault: .$top. in it is neither a note" $T/err
	)
'

test_expect_success 'locks are taken and given back, records of what was good stay' '
	(
		cd d && lock=$(echo "{\"ID\": \"1\"}" | git hash-object -w --stdin) &&
		more=$(echo "{\"ID\": \"2\"}" | git hash-object -w --stdin) &&
		taken git push origin $lock:refs/vault/locks/prod/net &&
		refused git push origin +$more:refs/vault/locks/prod/net &&
		test_grep "locks are taken and released, never changed:" $T/err &&
		taken git push origin :refs/vault/locks/prod/net &&
		for odd in main main^{tree} $(echo "{}" | git hash-object -w --stdin)
		do
			refused git push origin $odd:refs/vault/locks/prod/net &&
			test_grep "the pushed object is not a record" $T/err || return 1
		done &&
		good=refs/vault/good/prod &&
		git vault good mark -q prod && taken git push origin $good/1 &&
		refused git push origin :$good/1 &&
		refused git push origin +main:$good/1 &&
		test_grep "known-good records are never changed nor deleted:" $T/err &&
		report=$(git commit-tree -m drill -m "Vault-Format: 1" \
			"$(git mktree </dev/null)") &&
		taken git push origin $report:refs/vault/reports/drill/1 &&
		refused git push origin :refs/vault/reports/drill/1 &&
		test_grep "are never changed nor deleted" $T/err &&
		git checkout -q -b hidden && commit_as hidden "t=$token" &&
		away git vault good mark -q prod && refused git push origin $good/2 &&
		test_grep "hidden:1: github-pat" $T/err &&
		git checkout -q main && git branch -q -D hidden &&
		git update-ref -d $good/2 && id=$(snapshot) &&
		git vault good mark -q prod &&
		taken git push origin $snapshots/$id $good/2
	)
'

test_expect_success 'what is none of ours has no name of ours' '
	(
		cd d && git tag -a -m good v1 main && v1=$(git rev-parse v1) &&
		none=$(git commit-tree -m none main^{tree}) &&
		for ref in secrets/dev audit/other state/dev/net
		do
			refused git push origin $none:refs/vault/$ref &&
			test_grep "refs/vault/$ref: its newest commit has no trailer" \
				$T/err || return 1
		done &&
		two=$(git -C ../srv.git rev-parse refs/vault/marks) &&
		refused git push origin \
			$(git commit-tree -p $two -m 3 main^{tree}):refs/vault/marks &&
		test_grep "refs/vault/marks: its newest commit has no trailer" $T/err &&
		refused git push origin main:refs/vault/good/prod/9 &&
		test_grep "is a commit where a tag must be" $T/err &&
		refused git push origin $v1:refs/vault/good/prod/9 &&
		for name in prod-x prod/x prod/09 prod/9/1
		do
			refused git push origin \
				refs/vault/good/prod/1:refs/vault/good/$name &&
			test_grep "a record is called refs/vault/good/ENV/NUMBER" $T/err ||
				return 1
		done &&
		refused git push origin refs/vault/good/prod/1:refs/vault/good/dev/1 &&
		test_grep "those of another environment" $T/err
	)
'

test_expect_success 'nor one that is not known here, unless a newer one may have made it' '
	(
		cd d && blob=$(echo x | git hash-object -w --stdin) && one=$(of_ours new) &&
		none=$(git commit-tree -p $one -m none main^{tree}) &&
		for ref in foo snapshot/x goods/prod/1 states/a
		do
			for what in main v1 $blob
			do
				refused git push origin $what:refs/vault/$ref &&
				test_grep "refs/vault/$ref: git vault does not know a ref of this name" \
					$T/err || return 1
			done &&
			taken git push origin $one:refs/vault/$ref &&
			refused git push origin $none:refs/vault/$ref &&
			refused git push origin :refs/vault/$ref &&
			test_grep "refs/vault/$ref: it cannot be deleted by a push" $T/err &&
			git -C ../srv.git update-ref refs/vault/$ref main &&
			refused git push origin +main~:refs/vault/$ref &&
			taken git push origin :refs/vault/$ref || return 1
		done
	)
'

test_expect_success 'nothing stands where notes are fetched to' '
	(
		cd d && why="notes are in refs/notes/vault" &&
		for ref in refs/vault/notes refs/vault/notes/vault refs/vault/notes/vault/x
		do
			refused git push origin main:$ref &&
			test_grep "$ref: it cannot be created .*$why" $T/err &&
			git -C ../srv.git update-ref $ref main &&
			taken git push origin :$ref && why="collides with a folder of vault refs" || return 1
		done
	)
'

test_expect_success 'nor where no ref of the vault could be made beside it' '
	git init -q --bare new.git && git -C new.git vault hooks install >out &&
	event=$(git -C new.git for-each-ref --format="%(refname)") &&
	git -C new.git update-ref -d $event &&
	(
		cd d && why="collides with a folder of vault refs" &&
		for ref in vault/snapshots vault/good vault/state vault/secrets \
			vault/locks vault/probe vault/audit notes/vault/x \
			vault/keyring/x vault/marks/x/y vault/deleted/x vault/idkey/x
		do
			test_must_fail git push ../new.git main:refs/$ref 2>$T/err &&
			test_grep "refs/$ref: it cannot be created by a push; .*$why" \
				$T/err &&
			git -C ../new.git fetch -q ../d main:refs/$ref &&
			git push -q ../new.git :refs/$ref || return 1
		done
	)
'

test_expect_success 'one push is told all its faults, and what is allowed may be forced' '
	(
		cd d && one=$(of_ours other) &&
		git fetch -q ../c bad && bad=$(git rev-parse FETCH_HEAD) &&
		refused git push origin :refs/vault/secrets/prod \
			+$one:refs/vault/state/prod/net $bad:refs/heads/bad &&
		test_grep "refs/vault/secrets/prod: " $T/err &&
		test_grep "refs/vault/state/prod/net: " $T/err &&
		test_grep "conf/app.env:2: " $T/err &&
		git -C ../srv.git config vault.receive.allowRewrite "refs/vault/secrets/*" &&
		taken git push origin +$one:refs/vault/secrets/prod &&
		refused git push origin +$one:refs/vault/state/prod/net &&
		git -C ../srv.git config --unset vault.receive.allowRewrite
	)
'

test_expect_success 'of a keyring no older version is taken, and no unsigned one' '
	ssh-keygen -q -t ed25519 -N "" -C bob -f $T/bob &&
	(
		cd d && ref=refs/vault/keyring &&
		git commit-tree -m x $(git mktree </dev/null) >$T/none &&
		refused git push origin $(cat $T/none):$ref &&
		test_grep "$ref: a commit of it holds no keyring" $T/err &&
		taken git push origin $ref && one=$(git rev-parse $ref) &&
		git vault key add --name bob "$(cat $T/bob.pub)" >$T/out 2>&1 &&
		taken git push origin $ref && two=$(git rev-parse $ref) &&
		refused git push origin +$one:$ref &&
		old=$(git commit-tree -p $two -m old $one^{tree}) &&
		refused git push origin $old:$ref &&
		test_grep "its version 1 is older than version 2, which is here" $T/err &&
		tree=$(git ls-tree $two | grep -v keyring.sig | git mktree) &&
		unsigned=$(git commit-tree -p $two -m unsigned $tree) &&
		refused git push origin $unsigned:$ref &&
		test_grep "is not signed" $T/err &&
		forged=$(git cat-file blob $two:keyring | sed "s/bob/eve/" |
			git hash-object -w --stdin) &&
		tree=$(git ls-tree $two |
			sed "s/$(git rev-parse $two:keyring)/$forged/" | git mktree) &&
		forged=$(git commit-tree -p $two -m forged $tree) &&
		refused git push origin $forged:$ref &&
		test_grep "$ref: .*signature" $T/err &&
		again=$(git commit-tree -p $two -m again $two^{tree}) &&
		refused git push origin $again:$ref &&
		test_grep "its version 2 differs from the one here" $T/err &&
		tree=$(git ls-tree $two | grep -v idkey | git mktree) &&
		test $tree != $(git rev-parse $two^{tree}) &&
		less=$(git commit-tree -p $two -m less $tree) &&
		refused git push origin $less:$ref &&
		test_grep "its version 2 differs from the one here" $T/err
	) && copies
'

test_expect_success 'the key in clear may go where there is a keyring, and not before' '
	push_server second.git &&
	(
		cd d && one=$(of_ours 1) &&
		git remote add second ../second.git &&
		refused git push second main:refs/vault/idkey &&
		test_grep "its newest commit has no trailer Vault-Format," $T/err &&
		git --git-dir=../second.git fetch -q ../d main:refs/vault/idkey &&
		taken git push second :refs/vault/idkey &&
		taken git push second $one:refs/vault/idkey &&
		refused git push second :refs/vault/idkey &&
		test_grep "nothing else has this key" $T/err &&
		taken git push second refs/vault/keyring :refs/vault/idkey
	)
'

# ---- after the push ----

test_expect_success 'where nobody looked before, what came is told after' '
	git -C srv.git vault hooks uninstall --only pre-receive >$T/out &&
	(
		cd c && git checkout -q bad~1 && git branch -f late &&
		taken git push origin late &&
		test_grep "this push was accepted, but it has" $T/err &&
		test_grep "conf/app.env:2: github-pat" $T/err &&
		test_grep ! "$token" $T/err &&
		git branch -f late bad && taken git push origin late &&
		test_grep ! "conf/app.env" $T/err
	) &&
	git init -q --bare many.git && git -C many.git fetch -q ../c late &&
	tip=$(git -C many.git rev-parse FETCH_HEAD) &&
	test_seq 30000 | sed "s|.*|$(echo $tip | tr 0-9a-f 0) $tip refs/tags/v$(
		printf %0100d 1)-&|" >lines &&
	sed "s/^0* \(.*\) \(.*\)/create \2 \1/" lines |
		git -C many.git update-ref --stdin &&
	git -C many.git vault hooks run -- post-receive <lines 2>$T/err &&
	test_grep "conf/app.env:2: github-pat" $T/err &&
	git -C srv.git vault hooks install >$T/out &&
	git -C srv.git config vault.receive.secrets warn &&
	(
		cd c && git checkout -q -b warn main && commit_as w "t=$token" &&
		taken git push origin warn && test_grep "w:1: github-pat" $T/err
	) &&
	git -C srv.git config --unset vault.receive.secrets
'

test_expect_success !SANITIZERS 'what fails after a push is told, and written down on the server' '
	git -C srv.git vault hooks uninstall --only pre-receive >$T/out &&
	git -C srv.git config vault.receive.maxMemory 64k &&
	test_when_finished "git -C srv.git config --unset vault.receive.maxMemory || :" &&
	test_when_finished "git -C srv.git vault hooks install >$T/out" &&
	(
		cd c && git checkout -q -b unseen main && commit_as u u &&
		taken git push origin unseen &&
		test_grep "this push was taken, and not looked at" $T/err
	) &&
	test_grep "^20..-..-..T.* this push was taken, and not looked at" \
		srv.git/vault/receive.log &&
	git -C srv.git config --unset vault.receive.maxMemory &&
	ref=refs/vault/server/git.example && was=$(git -C srv.git rev-parse $ref) &&
	git -C srv.git update-ref $ref $(echo x | git -C srv.git hash-object -w --stdin) &&
	(
		cd d && taken git push origin $snapshots/$(snapshot) &&
		test_grep "no receipt was written of 1 snapshot that came" $T/err
	) &&
	test_grep "no receipt was written" srv.git/vault/receive.log &&
	git -C srv.git update-ref $ref $was
'

test_expect_success 'what the user had hidden stays so when they are taken out' '
	git init -q --bare own.git && git -C own.git config receive.hideRefs refs/vault/server &&
	cp own.git/config expect && git -C own.git vault hooks install >$T/out &&
	test_cmp expect own.git/config && git -C own.git vault hooks install >$T/out &&
	git -C own.git vault hooks uninstall >$T/out && test_cmp expect own.git/config &&
	git -C own.git config --unset receive.hideRefs && cp own.git/config expect &&
	git -C own.git vault hooks install >$T/out && git -C own.git vault hooks install >$T/out &&
	git -C own.git vault hooks uninstall --only pre-receive >$T/out &&
	echo refs/vault/server >$T/hidden &&
	git -C own.git config --get-all receive.hideRefs >actual && test_cmp $T/hidden actual &&
	git -C own.git vault hooks uninstall >$T/out && test_cmp expect own.git/config &&
	git -C own.git vault hooks install >$T/out &&
	git -C own.git config --unset receive.hideRefs &&
	git -C own.git vault hooks uninstall >$T/out && test_cmp expect own.git/config
'

test_expect_success 'hooks that were there run first, and count' '
	git -C srv.git vault hooks uninstall >$T/out &&
	test_must_fail git -C srv.git config receive.hideRefs &&
	cat >srv.git/hooks/pre-receive <<-\END &&
	#!/bin/sh
	cat >"$GIT_DIR/seen"
	test ! -f "$GIT_DIR/closed" || { echo closed today; exit 1; }
	END
	chmod +x srv.git/hooks/pre-receive &&
	git -C srv.git vault hooks install >$T/out &&
	(
		cd c && git checkout -q -b chained main && commit_as ch ch &&
		taken git push origin chained &&
		test_grep refs/heads/chained ../srv.git/seen &&
		commit_as ch "t=$token" &&
		test_must_fail git push origin chained 2>$T/err &&
		test_grep "ch:1: github-pat" $T/err &&
		git reset -q --hard HEAD~1 && commit_as ch2 ch &&
		touch ../srv.git/closed &&
		test_must_fail git push origin chained 2>$T/err &&
		test_grep "closed today" $T/err
	)
'

test_expect_success 'a branch does not go to what was found bad, until it is good again' '
	rm -f srv.git/closed srv.git/hooks/pre-receive.before-vault &&
	(
		cd c && git checkout -q -b deploy main && commit_as d one &&
		git fetch -q origin refs/vault/keyring:refs/vault/keyring &&
		taken git push origin deploy && commit_as d two &&
		git vault good mark stage --status verified >$T/out &&
		git vault good revoke stage 1 --reason "lost orders" >$T/out &&
		taken git push origin "refs/vault/good/stage/*:refs/vault/good/stage/*" &&
		refused git push origin deploy &&
		test_grep "refs/heads/deploy: commit .* was revoked for stage by record 2: lost orders" $T/err &&
		test_grep "good mark --reason TEXT --commit [0-9a-f]* stage" $T/err &&
		test_grep ! "possible secret" $T/err &&
		taken git push origin HEAD:refs/heads/look-into-it &&
		git vault good mark stage --status verified --reason mended >$T/out &&
		taken git push origin "refs/vault/good/stage/*:refs/vault/good/stage/*" &&
		taken git push origin deploy
	)
'

test_expect_success 'update does nothing, and says nothing' '
	git -C srv.git vault hooks run -- update refs/heads/main 0 0 >$T/out 2>&1 &&
	test_must_be_empty $T/out
'

# What sync does where the hook refuses one snapshot of several, and how that one
# is freed: by reparent, once its commit is in no branch any more.
test_expect_success JQ 'a snapshot of a refused commit is refused alone, until that is let go of' '
	push_server team.git && push_clone "$PWD/team.git" team &&
	(
		cd team && commit_as app.env "TOKEN=$token" &&
		bad=$(git rev-parse HEAD) && id=$(away snapshot) &&
		git reset -q --hard HEAD^ && commit_as b two && git push -q &&
		clean=$(snapshot) &&
		test_expect_code 3 git vault sync --refs snapshots/$id >$T/out 2>$T/err &&
		print=$(sed -n "s/.*--allow \([^ ]*\) .*/\1/p" $T/out) &&
		test_expect_code 3 git vault sync --allow $print >$T/out 2>$T/err &&
		test_grep "^refused  snapshots/$id: .*hook declined" $T/out &&
		test_grep "github-pat" $T/out && test_grep ! "$token" $T/out &&
		test_grep ! "$token" $T/err &&
		test_grep "repair --reparent [0-9]" $T/err &&
		test_grep "^pushed   snapshots/$clean$" $T/out &&
		test_grep "^pushed   secrets/shared$" $T/out &&
		git vault repair --reparent --all-of "$bad" >$T/out 2>$T/err &&
		test_grep "1 secret is encrypted in what was staged" $T/err &&
		git vault sync >$T/out 2>$T/err &&
		test_grep ! "repair --reparent" $T/err &&
		test_grep "^pushed   snapshots/$id$" $T/out &&
		git -C ../team.git cat-file --batch-all-objects --batch >$T/all &&
		test_grep ! "$token" $T/all && git vault verify --all
	) && copies
'

test_done
