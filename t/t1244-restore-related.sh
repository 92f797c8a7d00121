#!/bin/sh

test_description='files that belong together with those that are restored'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

# A snapshot, and after it another interface of a module and of who calls it.
test_expect_success 'set up: an environment, a module, and a later change of both' '
	mkdir -p modules/net live/dev live/prod "odd dir" &&
	echo "variable \"cidr\" {}" >modules/net/main.tf &&
	for e in dev prod
	do
		test_write_lines "module \"net\" {" "  source = \"../../modules/net\"" \
			"  cidr = var.cidr" "}" >live/$e/main.tf &&
		echo "variable \"cidr\" {}" >live/$e/vars.tf || return 1
	done &&
	echo alone >"odd dir/note" && git add . && git commit -q -m one &&
	one=$(git vault snapshot -m one) && one=${one%% *} &&
	echo "variable \"range\" {}" >modules/net/main.tf &&
	sed "s/cidr = var.cidr/range = var.range/" live/prod/main.tf >new && mv new live/prod/main.tf &&
	echo "variable \"range\" {}" >live/prod/vars.tf && echo other >"odd dir/note"
'

test_expect_success 'a restore of a path names what belongs with it, with a command to paste' '
	git vault restore $one --in-place live/prod/main.tf >$T/out 2>$T/err &&
	test_grep "2 files that belong with this path also differ from the snapshot: live/prod/vars.tf (tf.ref), modules/net/main.tf (tf.module)" $T/err &&
	paste=$(sed -n "s/.*to restore them too: //p" $T/err) &&
	test "$paste" = "git vault restore $one --in-place --with-related -- live/prod/main.tf" &&
	test_grep range modules/net/main.tf && (eval "$paste") >$T/out 2>$T/err &&
	git diff --exit-code -- live modules && test_grep ! "belong" $T/err &&
	test_grep "^other" "odd dir/note"
'

test_expect_success 'its undo takes back all of it' '
	undo=$(sed -n "s/.*undo: //p" $T/err) && (eval "$undo") 2>$T/err &&
	test_grep range modules/net/main.tf && test_grep "variable .range" live/prod/vars.tf &&
	test_grep "var.cidr" live/prod/main.tf && test_grep "^other" "odd dir/note"
'

test_expect_success 'so it does where a path was not there' '
	mv live/prod ../gone && git vault restore $one --in-place live/prod odd* 2>$T/err &&
	undo=$(sed -n "s/.*undo: //p" $T/err) && test_path_is_file live/prod/main.tf &&
	(eval "$undo") 2>$T/err && test_path_is_missing live/prod && test_grep "^other" "odd dir/note" &&
	git vault restore $one --in-place live/prod 2>$T/err && git vault undo -y &&
	test_path_is_missing live/prod && mv ../gone live/prod &&
	test_expect_code 128 git vault restore $one --in-place --delete live/none 2>$T/err &&
	test_grep "holds nothing that matches .live/none" $T/err
'

test_expect_success 'what is as it shall be pulls nothing after it' '
	git vault restore $one --in-place -n --with-related live/prod/vars.tf >$T/out 2>$T/err &&
	test_grep "^M live/prod/vars.tf$" $T/out && test_grep ! modules $T/out &&
	test_grep ! "^related" $T/out
'

test_expect_success 'a path that does not differ has what it depends on, at any distance' '
	git vault restore $one --in-place -n --with-related live/prod/main.tf >$T/out 2>$T/err &&
	test_grep "^M live/prod/vars.tf$" $T/out && test_grep "^M modules/net/main.tf$" $T/out &&
	test_grep "^related: modules/net/main.tf (tf.module of live/prod/main.tf)$" $T/out &&
	test_grep ! live/dev $T/out && test_grep range modules/net/main.tf &&
	echo "# later" >>live/dev/main.tf &&
	git vault restore $one --in-place -n --with-related live/prod >$T/out 2>$T/err &&
	test_grep "^related: live/dev/main.tf (tf.module on modules/net/main.tf)$" $T/out &&
	git checkout -q live/dev
'

test_expect_success 'the document has the list, for pathspecs of git, too' '
	git vault --json restore $one --in-place -n ":(glob)live/prod/m*.tf" >$T/json 2>$T/err &&
	test_grep "\"related\":\[{\"path\":\"live/prod/vars.tf\",\"kind\":\"tf.ref\",\"of\":\"live/prod/main.tf\",\"needed\":true,\"line\":3,\"restored\":false}," $T/json &&
	test_grep "\"related_cut\":false" $T/json &&
	git vault --json restore $one --in-place -n --with-related live/prod/main.tf >$T/json &&
	test_grep "\"path\":\"modules/net/main.tf\",\"kind\":\"tf.module\",\"of\":\"live/prod/main.tf\",\"needed\":true,\"line\":2,\"restored\":true" $T/json &&
	git vault --json restore $one --in-place -n >$T/json && test_grep ! related $T/json
'

test_expect_success 'what is related to nothing says nothing' '
	git vault restore $one --in-place "odd dir" >$T/out 2>$T/err && test_grep ! belong $T/err &&
	test_grep "^alone" "odd dir/note"
'

test_expect_success 'a new directory gets what the path needs, also from a bare repository' '
	git vault restore $one --to $T/alone live/prod/main.tf 2>$T/err && test_grep ! belong $T/err &&
	test_path_is_missing $T/alone/modules &&
	git vault restore $one --to $T/all --with-related live/prod/main.tf &&
	test_path_is_file $T/all/modules/net/main.tf && test_path_is_file $T/all/live/prod/vars.tf &&
	test_path_is_file $T/all/live/dev/main.tf &&
	git clone -q --mirror . $T/bare.git &&
	git -C $T/bare.git vault restore $one --to $T/bare --with-related live/prod/main.tf &&
	test_path_is_file $T/bare/modules/net/main.tf
'

test_expect_success 'a linked worktree and a sparse one have the same' '
	git worktree add -q $T/linked HEAD && (
		cd $T/linked && echo "variable \"range\" {}" >modules/net/main.tf &&
		git vault restore $one --in-place live/prod/main.tf 2>$T/err &&
		test_grep "1 file that belongs with this path also differs from the snapshot: modules/net/main.tf (tf.module)" $T/err &&
		git checkout -q . && git sparse-checkout set live/prod 2>/dev/null &&
		test_path_is_missing modules/net && git vault restore $one --in-place live/prod/main.tf 2>$T/err &&
		test_grep ! "belong" $T/err
	)
'

test_expect_success 'without a path there is nothing to be related to' '
	test_expect_code 129 git vault restore $one --in-place --with-related 2>$T/err &&
	test_grep "with-related goes with" $T/err
'

test_done
