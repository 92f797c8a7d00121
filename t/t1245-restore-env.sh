#!/bin/sh

test_description='an environment that is restored alone, and what it would leave dangling'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

# refused COMMAND…: refused with status 1, and nothing was touched
refused () {
	test_list_tree . >$T/before && test_expect_code 1 "$@" >$T/out 2>$T/err &&
	test_list_tree . >$T/after && test_cmp $T/before $T/after
}

test_expect_success 'set up: three environments, a module, a chart, and what came later' '
	mkdir -p modules/net k8s/base k8s/overlays/dev k8s/overlays/prod &&
	echo "variable \"cidr\" {}" >modules/net/main.tf &&
	for e in dev staging prod
	do
		mkdir -p live/$e &&
		test_write_lines "module \"net\" {" "  source = \"../../modules/net\"" \
			"  cidr = var.cidr" "}" "variable \"cidr\" {}" >live/$e/main.tf &&
		echo "cidr = \"10.0.0.0/8\"" >live/$e/terraform.tfvars || return 1
	done &&
	test_write_lines "resources:" "- app.yaml" >k8s/base/kustomization.yaml &&
	test_write_lines "apiVersion: v1" "kind: ConfigMap" "metadata:" "  name: app" \
		>k8s/base/app.yaml &&
	for e in dev prod
	do
		test_write_lines "resources:" "- ../../base" >k8s/overlays/$e/kustomization.yaml || return 1
	done &&
	test_write_lines "locals {" "  key = file(\"gone.pub\")" "}" >live/prod/old.tf &&
	echo note >note && git add . && git commit -q -m one &&
	one=$(git vault snapshot -m one) && one=${one%% *} &&
	git rm -q -r modules live/prod k8s/base && echo later >note && git commit -q -a -m two &&
	echo "# work" >>live/dev/main.tf
'

test_expect_success 'a restore that would tear an environment is refused, with the list' '
	refused git vault restore $one --in-place --env prod &&
	test_write_lines "torn: k8s/overlays/prod/kustomization.yaml:2 kustomize.resource k8s/base" \
		"torn: live/prod/main.tf:2 tf.module modules/net" \
		"dangling before: live/prod/old.tf:2 tf.file live/prod/gone.pub" >$T/expect &&
	test_cmp $T/expect $T/out &&
	test_grep "restoring environment prod alone would leave 2 references dangling, so nothing was changed" $T/err &&
	test_grep "to restore what is missing too: git vault restore $one --in-place --env prod --with-related$" $T/err &&
	test_grep "all the same: git vault restore $one --in-place --env prod --force$" $T/err &&
	refused git vault restore $one --in-place --env prod -n
'

test_expect_success 'the document of a refusal has the same' '
	refused git vault --json restore $one --in-place --env prod &&
	test_grep "\"environment\":\"prod\",\"done\":false,\"torn\":\[{\"path\":\"k8s/overlays/prod/kustomization.yaml\",\"line\":2,\"kind\":\"kustomize.resource\",\"target\":\"k8s/base\"},{" $T/out &&
	test_grep "\"dangling\":\[{\"path\":\"live/prod/old.tf\",\"line\":2,\"kind\":\"tf.file\",\"target\":\"live/prod/gone.pub\"}\]" $T/out &&
	test_grep "\"safety\":null,\"undo\":null" $T/out
'

test_expect_success '--with-related makes it pass, and touches no other environment' '
	paste=$(sed -n "s/.*what is missing too: //p" $T/err) &&
	git vault restore $one --in-place --env prod --with-related -n >$T/out 2>$T/err &&
	test_grep "^related: modules/net/main.tf (tf.module of live/prod/main.tf)$" $T/out &&
	test_grep "^related: k8s/base/app.yaml (kustomize.resource of k8s/base/kustomization.yaml)$" $T/out &&
	test_path_is_missing modules && git vault restore $one --in-place --env prod --with-related >$T/out 2>$T/err &&
	git show HEAD~1:modules/net/main.tf | cmp - modules/net/main.tf &&
	git show HEAD~1:live/prod/main.tf | cmp - live/prod/main.tf &&
	test_grep "^later" note && test_grep "# work" live/dev/main.tf &&
	test_grep "dangling before: live/prod/old.tf:2" $T/out && test_grep ! torn $T/out
'

test_expect_success 'its undo takes back what it brought, and no more' '
	echo "# more" >>live/dev/main.tf && undo=$(sed -n "s/.*undo: //p" $T/err) &&
	(eval "$undo") && test_path_is_missing modules && test_path_is_missing live/prod &&
	test_path_is_missing k8s/base && test_grep "# more" live/dev/main.tf
'

test_expect_success '--force restores it as it is, and says what dangles' '
	git vault restore $one --in-place --env prod --force >$T/out 2>$T/err &&
	test_grep "^torn: live/prod/main.tf:2 tf.module modules/net$" $T/out &&
	test_grep "2 references dangle, since environment prod was restored alone" $T/err &&
	test_path_is_file live/prod/main.tf && test_path_is_missing modules
'

test_expect_success 'what dangles already, and the snapshot has, is refused, too' '
	refused git vault restore $one --in-place --env prod && test_grep "^torn: live/prod" $T/out &&
	git vault restore $one --in-place --env prod --with-related 2>$T/err &&
	git vault restore $one --in-place --env prod >$T/out 2>$T/err && test_grep ! torn $T/out
'

test_expect_success 'another environment that needs what goes back is torn, too' '
	echo "variable \"range\" {}" >modules/net/main.tf &&
	refused git vault restore $one --in-place --env prod &&
	echo "torn: live/prod/main.tf:3 tf.module modules/net#tf.variable:cidr" >$T/expect &&
	grep "^torn" $T/out >$T/actual && test_cmp $T/expect $T/actual &&
	test_grep "to restore what is missing too" $T/err && cp live/dev/main.tf $T/dev.tf &&
	printf "module \"n\" {\n  source = \"../../modules/net\"\n  range = 1\n}\n" >live/dev/main.tf &&
	refused git vault restore $one --in-place --env prod --with-related &&
	test_grep "restoring environment prod with its related files would leave 1 reference dangling" $T/err &&
	test_grep "^torn: live/dev/main.tf:3 tf.module modules/net#tf.variable:range" $T/out && cp $T/dev.tf live/dev/main.tf &&
	echo "variable \"cidr\" {}" >>modules/net/main.tf &&
	test_write_lines "locals {" "  a = file(\"../prod/new.pub\")" "}" >live/dev/key.tf &&
	echo pub >live/prod/new.pub && git add . && git commit -q -m three &&
	refused git vault restore $one --in-place --env prod --delete &&
	test_grep "^torn: live/dev/key.tf:2 tf.file live/prod/new.pub$" $T/out &&
	test_grep ! "to restore what is missing" $T/err &&
	git vault restore $one --in-place --env prod && test_path_is_file live/prod/new.pub
'

test_expect_success 'a new directory is whole with what is related' '
	refused git vault restore $one --to $T/torn --env prod && test_path_is_missing $T/torn &&
	git vault restore $one --to $T/whole --env prod --with-related &&
	test_path_is_file $T/whole/modules/net/main.tf && test_path_is_missing $T/whole/live/dev &&
	test_path_is_file $T/whole/k8s/base/app.yaml &&
	git clone -q --mirror . $T/bare.git && (
		cd $T/bare.git && test_expect_code 1 git vault restore $one --to $T/no --env prod >$T/out &&
		test_path_is_missing $T/no && git vault restore $one --to $T/yes --env prod --with-related &&
		test_path_is_file $T/yes/modules/net/main.tf
	)
'

test_expect_success 'linked and sparse worktrees decide by their own files' '
	git worktree add -q --detach $T/linked HEAD~1 && (
		cd $T/linked && refused git vault restore $one --in-place --env prod &&
		test_grep "^torn: live/prod/main.tf:2 tf.module modules/net$" $T/out &&
		git vault restore $one --in-place --env prod --with-related && test_path_is_file modules/net/main.tf
	) &&
	git worktree add -q --detach $T/sparse HEAD~2 && (
		cd $T/sparse && git sparse-checkout set live/prod && test_path_is_missing modules &&
		echo "# mine" >>live/prod/main.tf && git vault restore $one --in-place --env prod >$T/out &&
		test_grep ! torn $T/out && test_grep ! mine live/prod/main.tf && test_path_is_missing modules
	)
'

test_expect_success 'the policy says which files an environment has' '
	test_write_lines "environments:" "  prod:" "    paths: [modules/net]" >.gitvault.yaml &&
	git vault policy accept >/dev/null && rm -r modules live/prod &&
	git vault restore $one --in-place --env prod --force 2>$T/err && test_path_is_file modules/net/main.tf &&
	rm .gitvault.yaml
'

test_expect_success 'an environment that the snapshot does not have is named, with those it has' '
	test_expect_code 128 git vault restore $one --in-place --env qa 2>$T/err &&
	test_grep "has no files of an environment .qa.; it has files of dev, staging, prod" $T/err
'

test_expect_success 'options that do not fit' '
	test_expect_code 129 git vault restore $one --in-place --env prod live 2>$T/err &&
	test_expect_code 129 git vault restore $one --in-place --env prod --index 2>$T/err &&
	test_expect_code 129 git vault restore $one --in-place --force 2>$T/err &&
	test_grep "force goes with --env only" $T/err
'

test_done
