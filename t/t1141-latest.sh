#!/bin/sh

test_description='latest: whose it is, and which one'
. "$(dirname "$0")/test-lib.sh"

out=$TMPDIR

at () {
	GIT_VAULT_TEST_TIME=$((1793613600 + $1)) && export GIT_VAULT_TEST_TIME
}

# take SECOND [OPTION...]: a snapshot of that second; prints its id
take () {
	at "$1" && shift && git vault -q snapshot --force "$@"
}

# means EXPRESSION ID [WORDS]: it is that one, and these words are told; without
# words nothing is
means () {
	git vault show --json "$1" >"$out/shown" 2>"$out/said" &&
		test_grep "^{\"schema\":1,\"id\":\"$2\"" "$out/shown" &&
		if test -n "$3"
		then
			test_grep "$3" "$out/said"
		else
			test_must_be_empty "$out/said"
		fi
}

test_expect_success 'one of each kind' '
	test_tick && git commit -q --allow-empty -m base && git branch side &&
	main1=$(take 1) && echo a >f && main2=$(take 2) &&
	git switch -q side && side1=$(take 3) && git switch -q main &&
	only=$(take 4 --only f) && safety=$(take 5 --trigger safety)
'

test_expect_success 'it is the own one of this branch, no safety one, none of some files' '
	means latest $main2 && means latest~1 $main1 && means "latest@main" $main2 &&
	means safety $safety && means any:latest $side1 && means "latest@side" $side1 &&
	means "latest@refs/heads/side" $side1 && means "host:$(uname -n)" $side1
'

test_expect_success 'behind the last of this branch come those of others, named' '
	at 10 && means latest~2 $side1 "latest~2 is yours on branch side, 7 seconds old" &&
	test_must_fail git vault show latest~3 2>"$out/err" &&
	test_grep "there are 3, so latest~2 is the oldest" "$out/err"
'

test_expect_success 'a new branch has none of its own' '
	git switch -q -c fresh && means latest $side1 "latest is yours on branch side" &&
	fresh1=$(take 11) && means latest $fresh1 && git switch -q main
'

test_expect_success 'a branch that was renamed is told of by its old name' '
	git branch -m main trunk && means latest $fresh1 "yours on branch fresh" &&
	means "latest@main" $main2 && git branch -m trunk main && means latest $main2
'

test_expect_success 'an amended or rebased commit changes nothing' '
	test_tick && git commit -q --amend --allow-empty -m other && means latest $main2 &&
	git reset -q --hard side && means latest $main2
'

test_expect_success 'on a detached HEAD those of its history come first' '
	git checkout -q --detach side && means latest $fresh1 &&
	tree=$(git write-tree) && other=$(git commit-tree -m root $tree) &&
	git checkout -q --detach $other && means latest $fresh1 "yours on branch fresh" &&
	alone=$(take 12) && means latest $alone && git switch -q main && means latest $main2
'

test_expect_success 'a linked working tree is one of its own' '
	git worktree add -q ../linked side && (
		cd ../linked && means latest $side1 "latest belongs to another of your working trees" &&
		take 13 >"$out/ids" && means latest $(cat "$out/ids") && means any:latest $(cat "$out/ids")
	) && means latest $main2 && means any:latest $(cat "$out/ids") "another of your working trees"
'

test_expect_success 'status and diff go by the same one' '
	at 14 && git vault status --json >"$out/shown" && test_grep "\"last\":\"$main2\"" "$out/shown" &&
	echo x >g && test_expect_code 1 git vault diff --json >"$out/shown" &&
	test_expect_code 1 git vault diff $main2 --json >"$out/said" && test_cmp "$out/said" "$out/shown" && rm g
'

test_expect_success 'list marks it, and what is own' '
	git vault list --json >"$out/shown" && tr "{" "\n" <"$out/shown" | grep "\"latest\":true" >"$out/ids" &&
	test_line_count = 1 "$out/ids" && test_grep "\"id\":\"$main2\"" "$out/ids" &&
	test_grep ! "\"own\":false" "$out/shown"
'

test_expect_success 'a restore in place, and another, give the same' '
	test_create_repo ../twice && cd ../twice && echo good >cfg && echo .env >.gitignore &&
	echo A=1 >.env && take 1 && at 2 && echo bad >cfg && rm .env &&
	git vault -q restore latest --in-place && test "$(cat cfg)" = good && at 3 &&
	git vault -q restore latest --in-place && test "$(cat cfg)" = good && at 4 &&
	git vault -q restore latest --to ../out && test "$(cat ../out/cfg)" = good &&
	git vault status >../status && test_grep ! "no snapshot yet" ../status &&
	test "$(cat .env)" = A=1 && git vault -q restore safety --to ../out2 &&
	test "$(cat ../out2/cfg)" = bad
'

test_expect_success 'what only a safety snapshot has is in one' '
	cd ../twice && at 5 && echo B=2 >other.env && echo "*.env" >.gitignore &&
	git vault -q snapshot --trigger safety --force && at 6 && echo C=3 >third.env &&
	git vault status --json >../status &&
	test_grep "\"other.env\",\"change\":\"added\",\"kind\":\"precious\",\"bytes\":4,\"unheld\":false" ../status &&
	test_grep "\"third.env\",\"change\":\"added\",\"kind\":\"precious\",\"bytes\":4,\"unheld\":true" ../status &&
	test_grep "\"precious_unheld\":1," ../status && git vault status >../status &&
	test_grep "1 [a-z]* file is in no snapshot yet" ../status && rm other.env third.env
'

test_expect_success 'a snapshot of what a safety one holds is taken' '
	cd ../twice && at 7 && safe=$(git vault -q snapshot --trigger safety --force) && at 8 &&
	id=$(git vault -q snapshot) && test $id != $safe && at 9 &&
	test "$(git vault -q snapshot)" = $id && test "$(git vault -q snapshot --trigger safety)" = $id
'

# By the same name and mail, on the same machine, with our own as previous.
test_expect_success 'one that says that it is ours is not' '
	cd ../twice && mine=$(git vault list --id-only -n 1) && id=20261231T000000Z-00000001 &&
	git cat-file commit refs/vault/snapshots/$mine |
		sed "s/^Vault-Id: .*/Vault-Id: $id/;s/^Vault-Previous: .*/Vault-Previous: $mine/" >../forged &&
	forged=$(git hash-object -t commit -w ../forged) &&
	git update-ref refs/vault/snapshots/$id $forged && means latest $mine &&
	means any:latest $id "A U Thor.s of " && means latest~1 "$(git vault list --id-only --trigger manual | tail -n 1)" &&
	git update-ref -d refs/vault/snapshots/$id
'

# The clock of this machine went back: ids are what counts, and the own ones.
test_expect_success 'in a clone all are of others, until it takes one' '
	cd ../twice && mine=$(git vault list --id-only -n 1) && git init -q --bare ../o.git && git remote add origin ../o.git && test_tick &&
	git commit -q --allow-empty -m x && git push -q origin main && git vault -q sync &&
	git clone -q ../o.git ../clone && cd ../clone && git vault -q sync &&
	at 20 && means latest $mine "latest is A U Thor.s of $(uname -n), " &&
	test_grep ! "lost the list" "$out/said" && at 3 && own=$(git vault -q snapshot) && means latest $own &&
	test "$(git vault list --id-only -n 1)" = $mine && git vault -q sync && cd ../twice &&
	git vault -q sync && means latest $mine
'

test_expect_success 'a copy of a clone shares what both took before it' '
	cp -a ../clone ../copy && cd ../copy && means latest $own && at 30 && echo c >c &&
	theirs=$(git vault -q snapshot) && means latest $theirs && git vault -q sync &&
	cd ../clone && git vault -q sync && means latest $own && means any:latest $theirs "s of "
'

test_expect_success 'without the list of own ones all are of others, and that is told' '
	cd ../clone && at 31 && mv .git/vault/own ../kept && means latest $theirs "lost the list of its own snapshots" &&
	mv ../kept .git/vault/own && means latest $own
'

test_expect_success 'what secret purge or a reparenting writes anew stays own' '
	test_create_repo ../anew && cd ../anew && echo 1 >f && git add f && test_tick && git commit -q -m 1 &&
	id=$(take 1) && old=$(git rev-parse refs/vault/snapshots/$id) && test_tick &&
	git commit -q --amend -m 2 && git vault -q repair --reparent $id &&
	test "$(git rev-parse refs/vault/snapshots/$id)" != $old && means latest $id
'

test_expect_success 'what is no such expression is read as before' '
	cd ../anew && id=$(take 2) && git tag latest-1 && git tag safety-net && git tag "host" &&
	for name in latest-1 safety-net host
	do
		git vault show --json $name >"$out/shown" 2>"$out/said" && test_grep "$id" "$out/shown" || return 1
	done && test_must_fail git vault show host:nowhere 2>"$out/err" && test_grep "none was taken on that host" "$out/err" &&
	test_must_fail git vault show latest@nowhere 2>"$out/err" && test_grep "none was taken on that branch" "$out/err" &&
	test_must_fail git vault show safety 2>"$out/err" && test_grep "there is no safety snapshot" "$out/err" &&
	test "$(git vault cat "host:$(uname -n):f")" = 1 &&
	test "$(git vault cat any:latest:f)" = 1
'

# a clock that is ahead, or that was set back, decides nothing
test_expect_success 'what was taken last is latest, whatever the clock said' '
	git init -q back && (
		cd back && test_tick && git commit -q --allow-empty -m base &&
		first=$(take 100000) && ahead=$(take 900000) &&
		echo 1 >f && second=$(take 200000) && echo 2 >f && third=$(take 300000) &&
		means latest $third && means latest~1 $second && means latest~2 $ahead &&
		means latest~3 $first && means "latest@main" $third &&
		git vault -q status >"$out/status" && test_grep "$third" "$out/status" &&
		echo 3 >f && git vault -q restore latest --in-place >/dev/null 2>&1 &&
		test "$(cat f)" = 2 &&
		safety=$(take 250000 --trigger safety) && means safety $safety &&
		means latest $third && git vault -q delete $ahead &&
		means latest $third && means latest~1 $second &&
		git switch -q -c other && means latest $third "yours on branch main" &&
		there=$(take 150000) && means latest $there && git switch -q main &&
		means latest $third && late=$(take 950000) && means latest $late &&
		means latest~1 $third && means any:latest $late
	)
'

test_expect_success 'of others, what a person took comes before hooks and pipelines' '
	git init -q --bare team.git && git init -q team && (
		cd team && git remote add origin ../team.git && test_tick &&
		git commit -q --allow-empty -m base && git push -q origin main &&
		elses=$(take 1 --env x --trigger ci) && git switch -q -c side && side=$(take 2) &&
		git switch -q main && mine=$(take 3) && hook=$(take 4 --trigger hook) &&
		ci=$(take 5 --trigger ci) && means latest $ci && means latest~1 $hook &&
		git vault -q sync && git clone -q ../team.git ../joined && cd ../joined &&
		git vault -q sync && at 6 && means latest $mine "latest is A U Thor.s of" &&
		means "latest@main" $mine "A U Thor" && means latest~1 $ci "A U Thor" &&
		means latest~2 $hook "A U Thor" && means latest~3 $elses "A U Thor" &&
		means latest~4 $side "A U Thor" && means any:latest $ci "A U Thor" &&
		means "host:$(uname -n)" $ci && git switch -q --detach &&
		means latest $mine "A U Thor" && git switch -q -c new &&
		means latest $mine "on branch main" && own=$(take 7 --trigger hook) &&
		means latest $own
	)
'

# A pipeline took the newest, of a checkout without what only people have.
test_expect_success 'restore any:latest says what somebody else has more' '
	test_create_repo more && (
		cd more && echo "*.env" >.gitignore && echo x >x && git add . && git commit -q -m one &&
		echo A=1 >a.env && echo B=1 >b.env && git vault -q snapshot >../id && rm a.env b.env &&
		git checkout -q -b ci && echo y >y && git vault -q snapshot --force >../ci &&
		git vault restore any:latest --to ../into 2>../err &&
		test_grep "$(sed "s/.*-//" ../id) of A U Thor, .* on branch main, has 2 files that this snapshot and Git lack, such as a.env" ../err &&
		sed -n "s/^git-vault: hint: git vault restore/restore/p" ../err >../command && test_line_count = 1 ../command &&
		(eval "git vault -q $(cat ../command)") && test_path_is_file a.env && test_path_is_file b.env &&
		git vault -q snapshot --force >../ci && git vault restore any:latest --to ../into2 2>../err &&
		test_grep ! "has .* that this snapshot" ../err
	)
'

test_done
