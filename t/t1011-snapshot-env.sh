#!/bin/sh

test_description='which environments a snapshot is of

They are named where it is taken, or follow from its branch where the policy says
what is deployed from which. By them it is listed, kept, sent and exported.'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

# envs SNAP: what its commit says, in a line
envs () {
	git cat-file commit "refs/vault/snapshots/$1" |
		sed -n "s/^Vault-Env: //p" | tr "\n" " " | sed "s/ $//"
}

# is_of SNAP ENV…
is_of () {
	is_of_=$1 && shift && test "$(envs "$is_of_")" = "$*" || {
		echo "$is_of_ is of '$(envs "$is_of_")', not of '$*'"
		return 1
	}
}

test_expect_success 'by itself it is of none' '
	mkdir -p envs/prod && echo 1 >envs/prod/main.tf && echo 1 >file &&
	git add . && git commit -q -m one && none=$(git vault snapshot) &&
	is_of "$none" && git vault show $none >out && test_grep ! Environment out
'

test_expect_success '--env names it, more than once, too' '
	echo 2 >file && prod=$(git vault snapshot --env prod) &&
	is_of $prod prod && echo 3 >file &&
	both=$(git vault snapshot --env prod --env staging) &&
	is_of $both prod staging && git vault show $both >out &&
	test_grep "^Environments: *prod, staging$" out
'

test_expect_success 'a list is of one' '
	git vault list --env prod --id-only >actual &&
	test_write_lines $both $prod >expect && test_cmp expect actual &&
	git vault list --env staging --id-only >actual &&
	test_write_lines $both >expect && test_cmp expect actual &&
	git vault list --env dev --id-only >actual && test_must_be_empty actual
'

test_expect_success 'where nothing changed, one that says so already is enough' '
	rm -f out actual expect && echo 4 >file &&
	four=$(git vault snapshot --env prod) &&
	again=$(git vault snapshot --env prod) && test $again = $four &&
	again=$(git vault snapshot) && test $again = $four &&
	five=$(git vault snapshot --env staging) && test $five != $four &&
	is_of $five staging
'

test_expect_success 'twice the same is once; what is no name is none' '
	echo 5 >file && id=$(git vault snapshot --env prod --env prod) &&
	is_of $id prod && echo 6 >file &&
	for bad in "" a/b "two words" .. -x
	do
		test_expect_code 129 git vault snapshot --env "$bad" 2>$T/err &&
		test_grep "environment" $T/err || return 1
	done && is_of $(git vault snapshot)
'

test_expect_success 'retention judges each environment apart' '
	git init -q kept && (
		cd kept && for i in 1 2 3
		do
			echo $i >f && git vault snapshot --env prod >>prod &&
			echo $i$i >f && git vault snapshot --env dev >>dev ||
				return 1
		done &&
		git vault prune --keep-last 1 --group-by env >$T/out &&
		git vault list --id-only >$T/actual &&
		cat dev prod | sort -r >all && tail -n 1 dev >$T/expect &&
		tail -n 1 prod >>$T/expect && test_cmp $T/expect $T/actual
	)
'

test_expect_success 'the policy says which a branch is of' '
	git init -q -b main branches && (
		cd branches && cat >.gitvault.yaml <<-\END &&
		environments:
		  prod: {branches: main}
		  staging: {branches: [main, "release/*"]}
		END
		git add . && git commit -q -m one &&
		is_of $(git vault snapshot) prod staging &&
		git checkout -q -b release/7 && is_of $(git vault snapshot) staging &&
		git checkout -q -b other && is_of $(git vault snapshot) &&
		echo 1 >f && is_of $(git vault snapshot --env dev) dev &&
		git checkout -q main && echo 2 >f &&
		is_of $(git vault snapshot --env dev) dev &&
		git checkout -q --detach && echo 3 >f && is_of $(git vault snapshot)
	)
'

test_expect_success 'what is marked for an environment is what is of it' '
	git init -q -b main marked && (
		cd marked && git commit -q --allow-empty -m one && echo 1 >f &&
		none=$(git vault snapshot) && echo 2 >f &&
		prod=$(git vault snapshot --env prod) && echo 3 >f &&
		dev=$(git vault snapshot --env dev) &&
		git vault good mark prod && git vault good mark staging &&
		git vault artifact record --env dev a=sha256:$(printf a |
			sha256sum | cut -d" " -f1) &&
		git vault show good:prod >$T/out &&
		test_grep "^snapshot $prod$" $T/out &&
		git vault show good:staging >$T/out &&
		test_grep "^snapshot $none$" $T/out &&
		git vault artifact find --json a >$T/out &&
		test_grep "\"snapshot\":\"$dev\"" $T/out &&
		git commit -q --allow-empty -m two && echo 4 >f &&
		only=$(git vault snapshot --env dev) && git vault good mark prod &&
		git vault show good:prod >$T/out &&
		test_grep "^snapshot $only$" $T/out
	)
'

test_expect_success 'a policy that cannot be read names none' '
	git init -q -b main broken && (
		cd broken && echo "good: [" >.gitvault.yaml && git add . &&
		git commit -q -m one && is_of $(git vault snapshot --no-scan) &&
		rm .gitvault.yaml && mkdir .gitvault.yaml &&
		is_of $(git vault snapshot --no-scan)
	)
'

test_expect_success SETPRIV 'nor does one that may not be read' '
	mkdir theirs && chown 65534:65534 theirs && (
		cd theirs && test_as_nobody git init -q -b main &&
		echo "environments: { prod: { branches: main } }" >.gitvault.yaml &&
		chmod 600 .gitvault.yaml && id=$(test_expect_code 3 \
			test_as_nobody git -c user.name=n -c user.email=n@example.org \
			vault snapshot --no-scan 2>$T/err) && is_of $id &&
		test_grep "gitvault.yaml is not stored: Permission denied" $T/err
	)
'

test_expect_success 'sync and export of an environment take its snapshots along' '
	git init -q -b main team && git init -q --bare hub && (
		cd team && git commit -q --allow-empty -m one &&
		git remote add origin ../hub && git push -q origin main &&
		echo 1 >f && git vault snapshot --env prod >$T/prod &&
		echo 2 >f && git vault snapshot --env dev >$T/dev &&
		git vault export --only prod $T/bundle &&
		git vault sync --only prod >$T/out
	) && git -C hub for-each-ref --format="%(refname:lstrip=3)" \
		refs/vault/snapshots >$T/actual && test_cmp $T/prod $T/actual &&
	git bundle list-heads $T/bundle >$T/heads &&
	test_grep "snapshots/$(cat $T/prod)" $T/heads &&
	test_grep ! "snapshots/$(cat $T/dev)" $T/heads
'

test_done
