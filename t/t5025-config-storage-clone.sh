#!/bin/sh
# shellcheck disable=SC2154

test_description='layers that another repository keeps in place of the working tree'
. "$(dirname "$0")/test-lib.sh"

top=$TRASH_DIRECTORY
program=$GIT_VAULT_SRC_DIR/contrib/storage/clone
clone () { sh "$program" "$top/store.git" main "$@"; }

test_expect_success 'set up: a bare repository with layers, and a policy that names it' '
	git init -q --bare "$top/store.git" && test_must_fail clone list 2>err && test_must_fail clone get x 2>err &&
	printf "pool:\n  max: 5 # enough\nname: shop\n" | clone put config/base.yaml --if - >version &&
	printf "pool:\n  max: 50" | clone put config/prod.yaml --if - && cat >.gitvault.yaml <<-END &&
	config:
	  app:
	    layers: [config/base.yaml, "config/{env}.yaml"]
	    storage: [sh, "$program", "$top/store.git", main]
	END
	git add .gitvault.yaml && git commit -q -m policy && git vault policy accept 2>/dev/null &&
	git vault config get --env prod pool.max name >out && test_write_lines 50 shop >expect && test_cmp expect out
'

test_expect_success 'bytes come back as they were, and only the asked version is replaced' '
	printf "a \\\\ \"q\" \$x %%s\r\n\t\303\251\000\n\n" >bytes && clone put "x/od d*.yaml" --if - <bytes >v &&
	clone get "x/od d*.yaml" >out && head -n 1 out >w && test_cmp v w && tail -n +2 out >got && cmp bytes got &&
	clone list >list && test_grep "^$(cat v) x/od d\*.yaml$" list && test_line_count -eq 3 list &&
	echo - >expect && clone get none.yaml >out && test_cmp expect out && clone get x >out && test_cmp expect out &&
	echo new | clone put "x/od d*.yaml" --if - >out && test_cmp expect out &&
	echo new | clone put none.yaml --if "$(cat v)" >out && test_cmp expect out &&
	clone get "x/od d*.yaml" | tail -n +2 >got && cmp bytes got &&
	echo new | clone put "x/od d*.yaml" --if "$(cat v)" >out && clone get "x/od d*.yaml" | tail -n +2 >got &&
	echo new >expect && test_cmp expect got && test_must_fail clone put ../out.yaml --if - <bytes 2>err &&
	test_must_fail clone put config --if - <bytes 2>err && test_path_is_missing "$top/out.yaml"
'

test_expect_success 'set changes one layer, and what is in it stays' '
	git vault config set pool.max 7 && git --git-dir="$top/store.git" show main:config/base.yaml >out &&
	printf "pool:\n  max: 7 # enough\nname: shop\n" >expect && test_cmp expect out &&
	git vault config explain --env prod name >out && test_grep "$(git --git-dir="$top/store.git" rev-parse main:config/base.yaml)" out &&
	git --git-dir="$top/store.git" log --format=%s main >log && test_write_lines "config: put config/base.yaml" >expect &&
	head -n 1 log >first && test_cmp expect first && git --git-dir="$top/store.git" fsck --strict
'

test_expect_success 'several layers are one commit, and --at reads what it had at a time' '
	git --git-dir="$top/store.git" rev-parse main >tip && before=$(git --git-dir="$top/store.git" rev-list --count main) &&
	(GIT_COMMITTER_DATE="@2000000000 +0000" && export GIT_COMMITTER_DATE && git vault config set --env prod pool.max 51 name other) &&
	test "$(git --git-dir="$top/store.git" rev-list --count main)" = $((before + 1)) &&
	git --git-dir="$top/store.git" log -1 --format=%s main >log &&
	echo "config: put config/prod.yaml config/base.yaml" >expect && test_cmp expect log &&
	git vault config get --env prod pool.max name >out && test_write_lines 51 other >expect && test_cmp expect out &&
	(GIT_COMMITTER_DATE="@1999999999 +0000" && export GIT_COMMITTER_DATE && git commit -q --allow-empty -m then) &&
	git vault config get --env prod --at HEAD pool.max name >out && test_write_lines 50 shop >expect && test_cmp expect out &&
	git vault config explain --env prod --at HEAD pool.max >out && test_grep "found: 50" out &&
	test_must_fail clone list --at 2001-01-01T00:00:00Z 2>err && test_grep "has no commit that is as old" err
'

test_expect_success 'a record that was good is compared with the layers of its time' '
	v=$(clone get config/base.yaml | head -n 1) && (GIT_COMMITTER_DATE="@1000000000 +0000" && export GIT_COMMITTER_DATE &&
	git --git-dir="$top/store.git" update-ref refs/heads/main $(git --git-dir="$top/store.git" commit-tree -m old "$(cat tip)^{tree}") ) &&
	git vault snapshot -q && git vault good mark prod && v=$(clone get config/base.yaml | head -n 1) &&
	(GIT_COMMITTER_DATE="@2000000000 +0000" && export GIT_COMMITTER_DATE && echo "pool: {max: 7}" | clone put config/base.yaml --if "$v") &&
	git vault config validate --env prod >out && cat out && test_grep "name: good:prod has this key, and it is not there any more" out
'

test_expect_success 'of writers at the same time one wins, and nothing is lost' '
	clone get config/base.yaml >out && v=$(head -n 1 out) && for i in 1 2 3 4 5 6
	do
		(echo "n: $i" | clone put config/base.yaml --if "$v" >got.$i 2>why.$i || echo failed >>got.$i) &
		(echo "n: $i" | clone put other/$i.yaml --if - >other.$i 2>whyo.$i || echo failed >>other.$i) &
	done && wait && grep -v "^-$" got.? >won && test_line_count -eq 1 won &&
	! grep failed got.? other.? && clone list >list && test "$(grep -c " other/" list)" = 6
'

test_expect_success 'a branch that is checked out is not written to' '
	git init -q "$top/tree" && (cd "$top/tree" && git checkout -q -b main 2>/dev/null; echo a >a && git add a && git commit -q -m a) &&
	echo b | test_must_fail sh "$program" "$top/tree" main put a --if "$(git hash-object -t blob --stdin </dev/null)" 2>err &&
	test_grep "is checked out there" err && sh "$program" "$top/tree" main get a | tail -n 1 >out && echo a >expect && test_cmp expect out
'

test_done
