#!/bin/sh

test_description='which commits changed a key, and names for versions'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

commit () {
	git add . && test_tick && git commit -q -m "$1"
}

# history ARGUMENTS...: the value, layer and summary of each change
history () {
	git vault --json config history "$@" >json &&
	jq -r ".changes[] | [.event, .hidden // .value // \"-\", .file // \"-\", .line, .summary // \"-\"] |
		join(\" \")" json >actual
}

test_expect_success 'set up: changes in both layers, some without an effect' '
	mkdir config && printf "pool: {max: 5}\nname: shop\n" >config/base.yaml && commit base &&
	echo "other: 1" >config/prod.yaml && commit "prod has no pool" &&
	printf "pool: {max: 6}\nname: shop\n" >config/base.yaml && commit "base to 6" &&
	printf "other: 1\npool:\n  max: 50\n" >config/prod.yaml && commit "prod to 50" &&
	printf "pool: {max: 7}\nname: shop\n" >config/base.yaml && commit "base to 7, hidden by prod" &&
	echo notes >README && commit "no layer"
'

test_expect_success 'only what changed the effective value is reported, with the layer' '
	history --env prod pool.max && cat >expect <<-\END &&
	changed 50 config/prod.yaml 3 prod to 50
	changed 6 config/base.yaml 1 base to 6
	set 5 config/base.yaml 1 prod has no pool
	END
	test_cmp expect actual && history pool.max && cat >expect <<-\END &&
	changed 7 config/base.yaml 1 base to 7, hidden by prod
	changed 6 config/base.yaml 1 base to 6
	set 5 config/base.yaml 1 base
	END
	test_cmp expect actual && git vault config history --env prod pool.max >actual &&
	test_grep "^$(git rev-parse --short=8 HEAD~2) .*A U Thor  *50  *config/prod.yaml:3$" actual &&
	test_line_count = 4 actual && history --at HEAD~3 --env prod pool.max && test_line_count = 2 actual &&
	test_expect_code 1 git vault config history --env prod pool.mx 2>err && test_grep "no commit gave .pool.mx. a value in prod" err
'

test_expect_success 'a merge counts for the branch that made the change' '
	git checkout -q -b side HEAD~1 && sed -i "s/max: 50/max: 55/" config/prod.yaml && commit "side to 55" &&
	git checkout -q main && echo more >>README && commit "on main" && test_tick &&
	git merge -q --no-ff -m "merge side" side && history --env prod pool.max &&
	test_grep "^changed 55 config/prod.yaml 3 side to 55$" actual && ! grep merge actual && test_line_count = 4 actual
'

test_expect_success 'what is not committed, removed or unreadable is said' '
	sed -i "/pool/,\$d" config/prod.yaml && commit "no pool in prod" && echo "name: [" >config/prod.yaml &&
	commit broken && echo "name: x" >config/prod.yaml && commit mended &&
	echo "pool: {max: 9}" >>config/prod.yaml && history --env prod pool.max && head -n 4 actual >first && cat >expect <<-\END &&
	changed 9 config/prod.yaml 2 -
	set 7 config/base.yaml 1 mended
	unreadable - - 0 broken
	changed 7 config/base.yaml 1 no pool in prod
	END
	test_cmp expect first && jq -e ".changes[0].commit == null and (.changes[2].why | startswith(\"config/prod.yaml: line 2\"))" json &&
	git rm -q -f config/base.yaml && git checkout -q HEAD config/prod.yaml && commit gone &&
	history --env prod pool.max && head -n 1 actual >first && echo "removed - - 0 gone" >expect && test_cmp expect first &&
	git reset -q --hard HEAD~1
'

test_expect_success 'a set of the policy that moves its layers is followed' '
	git mv config conf && printf "config:\n  app:\n    layers: [conf/base.yaml, \"conf/{env}.yaml\"]\n" >.gitvault.yaml &&
	commit moved && history pool.max && head -n 1 actual >first &&
	echo "changed 7 config/base.yaml 1 base to 7, hidden by prod" >expect && test_cmp expect first &&
	sed -i "s/max: 7/max: 8/" conf/base.yaml && commit "base to 8" && history pool.max && head -n 1 actual >first &&
	echo "changed 8 conf/base.yaml 1 base to 8" >expect && test_cmp expect first
'

test_expect_success 'a secret is not printed, and its change is' '
	echo "password: Qx7-velvet9-tree" >>conf/base.yaml && commit secret && sed -i "s/velvet9/velvet8/" conf/base.yaml &&
	commit "another secret" && history password && git vault config history password >>actual && ! grep velvet actual json &&
	test_grep "^changed <secret> conf/base.yaml 3 another secret$" actual && test_grep "^set <secret>" actual &&
	git vault config history --secrets password >actual && test_grep velvet9 actual
'

test_expect_success 'a version has a name, by which it is read and compared' '
	git vault config tag w48 HEAD~3 2>out && test_grep "is .w48.; to read it: git vault config list --at w48" out &&
	echo 7 >expect && git vault config get --at w48 pool.max >actual && test_cmp expect actual &&
	test_expect_code 1 git vault config diff prod@w48 prod >actual && test_grep "^pool.max  *7  *8" actual &&
	git vault config validate --env prod --at w48 &&
	git cat-file tag refs/vault/config/w48 >tag && test_grep "^tag w48$" tag && git fsck --strict 2>err && ! grep tag err &&
	git vault config tag >actual && test_grep "^w48  *$(git rev-parse --short=8 HEAD~3) .*A U Thor" actual &&
	test_expect_code 128 git vault config tag w48 2>err && test_grep "there is a configuration .w48.*config tag -d w48" err &&
	test_expect_code 128 git vault config tag main 2>err && test_grep "is the name of a commit" err &&
	test_expect_code 129 git vault config tag a/b 2>err && test_expect_code 128 git vault config tag x nowhere 2>err &&
	test_grep ".nowhere. is not a commit" err
'

test_expect_success 'names travel, never change, and hide nothing that Git knows' '
	git init -q --bare $T/server.git && git remote add origin $T/server.git && git push -q origin main &&
	git vault init >/dev/null && git vault sync >out && git clone -q $T/server.git $T/bob && (
		cd $T/bob && git vault init >/dev/null && git vault sync >/dev/null && git vault config get --at w48 pool.max >$T/actual &&
		git vault config tag mine && git vault sync >/dev/null
	) && echo 7 >expect && test_cmp expect $T/actual && git vault sync >/dev/null && git vault config tag >actual &&
	test_grep "^mine " actual && git -C $T/server.git for-each-ref refs/vault/config >refs && test_line_count = 2 refs &&
	git update-ref refs/vault/config/main refs/vault/config/w48 && echo 8 >expect &&
	git vault config get --at main pool.max >actual && test_cmp expect actual &&
	git vault config tag -d main mine && git vault config tag >actual && ! grep mine actual &&
	test_expect_code 128 git vault config tag -d mine 2>err && test_grep "there is no configuration .mine." err
'

test_expect_success 'an environment without a file is named, and is no answer' '
	git init -q typo && cd typo && mkdir config && echo "a: 1" >config/base.yaml && echo "b: 1" >config/prod.yaml &&
	git add . && git commit -q -m a && test_must_fail git vault config history --env prdo a 2>err &&
	test_grep "no file of the environment .prdo" err &&
	test_expect_code 1 git vault config history --env prod c 2>err && test_grep "no commit gave .c. a value" err
'

test_done
