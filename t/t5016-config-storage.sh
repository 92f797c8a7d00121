#!/bin/sh
# shellcheck disable=SC2154,SC2034 # lib-serve.sh sets $url, $server

test_description='layers that a program keeps in place of the working tree

The program is the one that is installed for SQLite, and around it what goes wrong:
it is not accepted, says something else, says nothing, or others write, too.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-serve.sh"

command -v sqlite3 >/dev/null || skip_all "sqlite3 is not installed"

top=$TRASH_DIRECTORY
db=$top/config.db
sqlite () { sh "$GIT_VAULT_SRC_DIR/contrib/storage/sqlite" "$db" "$@"; }

# program: a program in front of that for SQLite; `before` is run first
cat >"$top/program" <<END
#!/bin/sh
test ! -f "$top/before" || . "$top/before"
exec sh "$GIT_VAULT_SRC_DIR/contrib/storage/sqlite" "$db" "\$@"
END
chmod +x "$top/program"

# bad TEXT: what the program does first, from now on
bad () { printf "%s\n" "$1" >"$top/before"; }
good () { rm -f "$top/before"; }

test_expect_success 'set up: layers in a database, and none in the working tree' '
	printf "pool:\n  max: 5 # enough\nname: shop\n" | sqlite put config/base.yaml --if - >out &&
	printf "pool:\n  max: 50\n" | sqlite put config/prod.yaml --if - >>out &&
	printf "1\n2\n" >expect && test_cmp expect out &&
	cat >.gitvault.yaml <<-END &&
	config:
	  app:
	    layers: [config/base.yaml, "config/{env}.yaml"]
	    storage: [$top/program]
	    services: [web]
	    rules: [{key: pool.max, at_most: 100}]
	END
	git add .gitvault.yaml && git commit -q -m policy
'

test_expect_success 'the program runs only once the policy is accepted' '
	bad "touch $top/ran" && test_must_fail git vault config get --env prod pool.max 2>err &&
	test_grep "not accepted here.*git vault policy accept" err && test_path_is_missing "$top/ran" &&
	good && git vault policy accept 2>err && git vault config get --env prod pool.max name >out &&
	printf "50\nshop\n" >expect && test_cmp expect out
'

test_expect_success 'another program, or none, is not taken from the branch' '
	cp .gitvault.yaml before.yaml && sed -i "s|/program|/other|" .gitvault.yaml &&
	printf "#!/bin/sh\ntouch %s/ran\n" "$top" >"$top/other" && chmod +x "$top/other" &&
	test_must_fail git vault config get --env prod pool.max 2>err && test_path_is_missing "$top/ran" &&
	test_grep "not accepted here" err && mkdir config && echo "pool: {max: 7}" >config/prod.yaml &&
	grep -v storage before.yaml >.gitvault.yaml && git add config &&
	test_must_fail git vault config get --env prod pool.max 2>err && test_grep "not accepted here" err &&
	git rm -q -f config/prod.yaml && mv before.yaml .gitvault.yaml && git vault config get --env prod pool.max
'

test_expect_success 'a program of the working tree is refused, since each pull changes it' '
	cp .gitvault.yaml before.yaml && sed -i "s|storage: .*|storage: [./program]|" .gitvault.yaml &&
	test_must_fail git vault config list 2>err && test_grep "by its full path, or by a name in PATH" err &&
	sed -i "s|storage: .*|storage: []|" .gitvault.yaml && test_must_fail git vault config list 2>err &&
	test_grep "list of a program and its arguments" err && mv before.yaml .gitvault.yaml
'

test_expect_success 'a failure is the same for all who ask' '
	bad "echo no luck >&2; exit 3" && test_must_fail git vault config validate --all >out 2>err && cat out err >both &&
	test_grep "no luck" both && good && git vault config validate --all
'

test_expect_success 'explain, render, list and validate read it, with versions' '
	git vault config explain --env prod pool.max >out && test_grep "config/prod.yaml:2 (version 2)  found: 50" out &&
	git vault config explain --env prod pool.max --json >out &&
	jq -r ".layers[].version" out >versions && printf "1\n2\n" >expect && test_cmp expect versions &&
	git vault config render --env prod >out && printf "pool:\n  max: 50\nname: shop\n" >expect && test_cmp expect out &&
	git vault config validate --all && git vault config list --env prod --origin >out &&
	test_grep "config/prod.yaml:2" out && test_must_fail git vault config get --at HEAD name 2>err &&
	test_grep "as of 20.*Z: the database has no past versions; for what it has now, leave out the time" err &&
	test_must_fail git vault config history name 2>err && test_grep "commits did not change them.*git vault audit" err
'

test_expect_success 'a record that was good is not compared where there are no past versions, which is said' '
	git vault snapshot -q -m first && git vault good mark prod &&
	git vault config validate --env prod >out && cat out &&
	test_grep "it was not compared with good:prod: the storage of the set .app. .*no past versions" out &&
	test "$(grep -c "not compared" out)" = 1
'

test_expect_success 'set writes one layer, with its comments, and the audit has keys and no values' '
	git vault config set pool.max 6 && sqlite get config/base.yaml >out &&
	printf "3\npool:\n  max: 6 # enough\nname: shop\n" >expect && test_cmp expect out &&
	git vault audit --json >out && jq -r ".events[0].target" out >target &&
	test_grep -x "config/base.yaml (pool.max [0-9a-f]*>[0-9a-f]*)" target &&
	test_must_fail git vault config set --env prod pool.max 500 && sqlite get config/prod.yaml >out &&
	test_grep "max: 50$" out && git vault config unset --env prod pool.max && git vault config set --layer \
		config/prod.yaml --env prod pool.max 50
'

test_expect_success 'keys of two layers are written together, or not at all' '
	git vault config set --env prod pool.max 61 name two && git vault config get --env prod pool.max name >out &&
	printf "61\ntwo\n" >expect && test_cmp expect out && git vault audit --json >out &&
	jq -r ".events[0,1].target" out | sort >target && test_grep "^config/base.yaml (name " target &&
	test_grep "^config/prod.yaml (pool.max " target && sqlite list >before &&
	bad "test \"\$1\" != put-all || { rm $top/before; printf \"pool: {max: 62}\" |
		sh $GIT_VAULT_SRC_DIR/contrib/storage/sqlite $db put config/prod.yaml --if \"\$5\" >/dev/null; }" &&
	test_must_fail git vault config set --env prod name three pool.max 63 2>err &&
	test_grep "nothing was written: somebody else has changed .config/base.yaml. or a layer set with it" err &&
	git vault config get --env prod pool.max name >out && printf "62\ntwo\n" >expect && test_cmp expect out &&
	bad "test \$1 != put-all || { sh $GIT_VAULT_SRC_DIR/contrib/storage/sqlite $db \"\$@\" >/dev/null; exit 1; }" &&
	git vault config set --env prod name four pool.max 64 && bad "test \$1 != put-all || exit 1" &&
	test_must_fail git vault config set --env prod name five pool.max 65 2>err && test_grep "; nothing was written" err &&
	good && git vault config get --env prod pool.max name >out && printf "64\nfour\n" >expect && test_cmp expect out &&
	git vault config set --env prod name shop pool.max 50
'

test_expect_success 'a new environment is made in the storage, without secrets, and once' '
	printf "pool:\n  max: 3\ndb:\n  host: db.prod.example.org\n  password: Hu9x-kk2-vvTq81z\n" |
		sqlite put config/staging.yaml --if - >out && git vault config new-env qa --like staging >out 2>err &&
	test_grep "created  config/qa.yaml (like config/staging.yaml) in the storage of app" out &&
	test_grep "next: git vault config validate --env qa" err && test_grep "config set --env qa --stdin db.password" err &&
	sqlite get config/qa.yaml | sed 1d >got && printf "pool:\n  max: 3\ndb:\n  host: db.prod.example.org\n" >expect &&
	test_cmp expect got && test_path_is_missing config && git vault config new-env qa --like staging >out &&
	echo "pool: {max: 4}" | sqlite put config/qa.yaml --if "$(sqlite get config/qa.yaml | head -n 1)" &&
	test_must_fail git vault config new-env qa --like staging 2>err && test_grep "config/qa.yaml is there already" err
'

test_expect_success 'of two who write at once one wins, and the other is told' '
	bad "test \"\$1\" != put || { rm $top/before; printf \"pool: {max: 9}\" |
		sh $GIT_VAULT_SRC_DIR/contrib/storage/sqlite $db put config/prod.yaml --if \"\$4\" >/dev/null; }" &&
	test_must_fail git vault config set --env prod pool.max 62 2>err &&
	test_grep "nothing was written: somebody else has changed .config/prod.yaml. in the meantime" err &&
	test_path_is_missing "$top/before" && git vault config get --env prod pool.max >out && echo 9 >expect &&
	test_cmp expect out
'

test_expect_success 'twelve writers from two clones: what was acknowledged is there, and nothing else' '
	git clone -q . ../second && (cd ../second && git vault policy accept 2>/dev/null) &&
	for i in 1 2 3 4 5 6
	do
		for in in . ../second
		do
			(cd $in && git vault config set --layer config/base.yaml "k${i}$(basename $in | tr -d .)" $i \
				2>/dev/null && echo "k${i}$(basename $in | tr -d .)" >>"$top/acked") &
		done
	done && wait && sqlite get config/base.yaml | sed -n "s/^\(k[^:]*\):.*/\1/p" | sort >have &&
	sort "$top/acked" >expect && test_cmp expect have && test -s have
'

test_expect_success 'killed at any moment, the layer is the old or the new one' '
	for i in 1 2 3 4 5 6 7 8 9 10 11 12
	do
		"$program_" config set --env prod pool.max $((10 + i)) 2>/dev/null & pid=$! &&
		sleep 0.0$((i / 2)) && kill -KILL $pid 2>/dev/null
		wait $pid 2>/dev/null
		while pgrep -f "config set --env prod pool|$top/program|/sqlite $db" >left
		do
			sleep 0.1
		done
		sqlite get config/prod.yaml | sed 1d >now && test "$(wc -l <now)" -le 2 &&
			grep -q "max: [0-9]*}*$" now || return 1
	done
'

test_expect_success 'a layer that changes while it is read is read as one moment has it' '
	bad "case \$1,\$2 in get,config/base.yaml) rm $top/before; printf \"pool: {max: 77}\" |
		sh $GIT_VAULT_SRC_DIR/contrib/storage/sqlite $db put config/prod.yaml --if \\
		\$(sh $GIT_VAULT_SRC_DIR/contrib/storage/sqlite $db get config/prod.yaml | head -n 1) >/dev/null;; esac" &&
	git vault config get --env prod pool.max >out && echo 77 >expect && test_cmp expect out &&
	bad "case \$1,\$2 in get,config/prod.yaml) rm $top/before; for k in base prod; do
		sh $GIT_VAULT_SRC_DIR/contrib/storage/sqlite $db get config/\$k.yaml >$top/v; { sed 1d $top/v; echo; echo \"#\"; } |
		sh $GIT_VAULT_SRC_DIR/contrib/storage/sqlite $db put config/\$k.yaml --if \$(head -n 1 $top/v) >/dev/null;
		done;; esac" && test_must_fail git vault config get --env prod pool.max 2>err &&
	test_grep "somebody changes it at this moment; run the command again" err &&
	git vault config get --env prod pool.max
'

# says TEXT WORDS: the program prints it, and the command fails with these words
says () {
	bad "$1" && test_must_fail git vault config get --env prod pool.max >out 2>err && cat err &&
		test_grep "$2" err && test_must_be_empty out
}

test_expect_success 'whatever else the program does is a failure that says what' '
	says "echo no such host >&2; exit 7" "cannot list its keys: no such host" &&
	says "exit 1" "cannot list its keys" && says "echo config/prod.yaml; exit" "a line has no version" &&
	says "echo 1 ../x; exit" "a key is no path" && says "echo 1 -x; exit" "a key is no path" &&
	says "echo 1 a; echo 2 a; exit" "a key is there twice" && says "yes; exit" "its answer is too large" &&
	says "test \$1 = list || exit 0" "cannot get .config/base.yaml.: its answer does not begin with a version" &&
	says "test \$1 = list || { echo; exit; }" "does not begin with a version" &&
	says "test \$1 = list || { echo -; exit; }" "somebody changes it" &&
	says "test \$1 = list || { echo lost >&2; exit 1; }" "cannot get .config/base.yaml.: lost" &&
	says "kill -SEGV \$\$" "cannot list its keys" && good &&
	chmod -x "$top/program" && test_must_fail git vault config get --env prod pool.max 2>err &&
	chmod +x "$top/program" && test_grep "program) cannot list its keys" err
'

test_expect_success 'one that never answers is ended after 10 seconds, with all that it started' '
	bad "trap \"\" TERM; sleep 67.$$ & sleep 67.$$" && began=$(date +%s) &&
	test_must_fail git vault config get --env prod pool.max 2>err && took=$(($(date +%s) - began)) &&
	test_grep "no answer within 10 seconds" err && test $took -ge 9 && test $took -lt 30 &&
	test_must_fail pgrep -f "^sleep 67.$$\$" && good
'

test_expect_success 'a write without an answer: it is looked up whether it was made' '
	bad "test \$1 != put || { sh $GIT_VAULT_SRC_DIR/contrib/storage/sqlite $db \"\$@\" >/dev/null; exit 1; }" &&
	git vault config set --env prod pool.max 31 && bad "test \$1 != put || { echo full >&2; exit 1; }" &&
	test_must_fail git vault config set --env prod pool.max 32 2>err &&
	test_grep "cannot write .config/prod.yaml.: full; nothing was written" err && good &&
	git vault config get --env prod pool.max >out && echo 31 >expect && test_cmp expect out
'

test_expect_success 'a secret is never on a command line' '
	bad "printf \"%s\n\" \"\$*\" >>$top/words" && secret=$(printf "%s_%s" ghp 16C7e42F292c6912E7710c838347Ae178B4a) &&
	printf "%s" $secret | git vault config set --stdin --layer config/base.yaml token && good &&
	sqlite get config/base.yaml >out && test_grep $secret out && test_grep "^put config/base.yaml --if " "$top/words" &&
	! grep $secret "$top/words" && test_must_fail git vault config get token >out && test_must_be_empty out
'

test_expect_success 'rules of access hold, and an approval cannot be given' '
	cat >>.gitvault.yaml <<-\END &&
	access:
	  rules: [{keys: [pool.max], roles: [owner], approvals: 1}]
	END
	git commit -q -a -m rules && git vault policy accept 2>/dev/null &&
	test_must_fail git vault config set --env prod pool.max 33 2>err && cat err &&
	test_grep "rules of access refuse this change" err && git vault config get --env prod pool.max >out &&
	test_cmp expect out && git reset -q --hard HEAD~1 && git vault policy accept 2>/dev/null
'

test_expect_success 'serve reads it, sees a change, and answers with the last good one without it' '
	serve_or_skip && serve_as="config serve" && serve_start . && ask /v1/config/prod/web/pool.max &&
	test_grep 31 got && sqlite get config/prod.yaml >v && printf "pool: {max: 88}" |
		sqlite put config/prod.yaml --if $(head -n 1 v) && for i in $(test_seq 150)
	do
		ask /v1/config/prod/web/pool.max && grep -q 88 got && break
		sleep 0.1
	done && test_grep 88 got && test -z "$(header X-Vault-Stale)" && bad "echo gone >&2; exit 1" && for i in $(test_seq 150)
	do
		ask /v1/config/prod/web/pool.max && test "$(header X-Vault-Stale)" = tree && break
		sleep 0.1
	done && test "$(header X-Vault-Stale)" = tree && test_grep 88 got && test_grep "cannot list its keys: gone" log &&
	good && for i in $(test_seq 150)
	do
		ask /v1/config/prod/web/pool.max && test -z "$(header X-Vault-Stale)" && break
		sleep 0.1
	done && test -z "$(header X-Vault-Stale)" && test_grep 88 got && serve_stop
'

test_done
