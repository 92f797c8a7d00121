#!/bin/sh

test_description='what depends on what in infrastructure code'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR

# The targets of all edges of a kind in the last document.
targets () {
	tr "{" "\n" <$T/json | grep "\"kind\":\"$1\"" | sed "s/.*\"to\":\"\([^\"]*\)\".*/\1/" |
	grep -v "^\"" | sort
}

test_expect_success 'a repository without code has no graph' '
	git vault graph >$T/out && test_grep "no infrastructure code" $T/out &&
	git vault --json graph >$T/json && test_grep "\"nodes\":\[\],\"edges\":\[\]" $T/json
'

test_expect_success 'the summary has components, kinds, what is missing, and circles' '
	mkdir -p modules/net live/dev live/prod &&
	test_write_lines "variable \"cidr\" {}" "resource \"aws_vpc\" \"main\" {" \
		"  cidr_block = var.cidr" "}" >modules/net/main.tf &&
	for e in dev prod
	do
		test_write_lines "module \"net\" {" "  source = \"../../modules/net\"" \
			"  cidr = var.cidr" "}" "variable \"cidr\" {}" "locals {" \
			"  key = file(\"\${path.module}/key.pub\")" \
			"  log = file(\"dist/log.zip\")" "}" >live/$e/main.tf &&
		echo "cidr = 1" >live/$e/terraform.tfvars && mkdir live/$e/dist &&
		truncate -s 2M live/$e/dist/log.zip || return 1
	done &&
	test_write_lines "locals {" "  a = local.b" "  b = local.a" "}" >circle.tf &&
	echo pub >live/dev/key.pub && echo pub >live/prod/keys.pub && echo dist/ >.gitignore &&
	git add . && git commit -q -m one && git vault graph >$T/out &&
	test_grep "^prod  *terraform  *live/prod  *2  *5  *1" $T/out &&
	test_grep "^tf.module  *3" $T/out &&
	test_grep "live/prod/main.tf:7: tf.file live/prod/key.pub; nearest: live/prod/keys.pub" $T/out &&
	test_grep "circle.tf#tf.local:a -> circle.tf#tf.local:b -> circle.tf#tf.local:a" $T/out &&
	git vault graph --env dev >$T/out && test_grep ! missing $T/out &&
	test_grep "^dev " $T/out && test_grep ! "^prod " $T/out
'

test_expect_success 'a component with files of several environments is of none' '
	mkdir -p charts/app && echo "name: app" >charts/app/Chart.yaml &&
	for e in values values-dev values-prod
	do
		echo "a: 1" >charts/app/$e.yaml || return 1
	done &&
	git vault graph >$T/out && test_grep "^-  *chart  *charts/app  *4  *2" $T/out &&
	rm -r charts
'

test_expect_success 'a path shows what it depends on, and what uses it' '
	git vault graph --path live/prod/main.tf >$T/out &&
	test_grep "^live/prod/main.tf:2  *tf.module  *modules/net$" $T/out &&
	test_grep "tf.file  *live/prod/dist.* (ignored, not stored)$" $T/out &&
	test_grep "^live/prod/terraform.tfvars:1 .*tf.var_file  *cidr$" $T/out &&
	test_grep ! modules/net/main.tf $T/out &&
	git vault graph --path modules --reverse >$T/out && test_grep "^live/dev/main.tf:2" $T/out &&
	(cd live/prod && git vault graph --path main.tf --depth 0) >$T/out &&
	test_grep "^modules/net/main.tf:3  *tf.ref  *modules/net/main.tf:1 cidr$" $T/out &&
	test_expect_code 128 git vault graph --path live/prod/mani.tf 2>$T/err &&
	test_grep "did you mean .live/prod/main.tf" $T/err &&
	test_expect_code 128 git vault graph --env qa 2>$T/err && test_grep "no environment .qa.; to list" $T/err
'

test_expect_success 'the document has ids, lines and what is not stored' '
	git vault graph --format json --path live/prod/main.tf >$T/json &&
	test_grep "^{\"schema\":1,\"nodes\":\[" $T/json &&
	test_grep "\"id\":\"live/prod/main.tf#tf.module:net\",\"kind\":\"tf.module\",\"path\":\"live/prod/main.tf\",\"line\":1,\"name\":\"net\",\"environment\":\"prod\"" $T/json &&
	test_grep "\"to\":{\"missing\":\"live/prod/key.pub\"},\"kind\":\"tf.file\",\"class\":\"sure\",\"path\":\"live/prod/main.tf\",\"line\":7" $T/json &&
	test_grep "\"stored\":false" $T/json
'

test_expect_success 'a change reaches what depends on it, also on what it deletes' '
	echo >>modules/net/main.tf && git rm -q live/dev/key.pub && git commit -q -a -m two &&
	git vault graph --impact HEAD~1..HEAD >$T/out && test_grep "^2 files changed" $T/out &&
	test_grep "changed  modules/net/main.tf" $T/out && test_grep "^dev: 1 file depends" $T/out &&
	test_grep "^prod: 1 file depends" $T/out && git vault graph --impact HEAD~1.. --env dev >$T/out &&
	test_grep ! "^prod" $T/out && test_expect_code 129 git vault graph --impact HEAD 2>$T/err &&
	git vault --json graph --impact HEAD~1.. >$T/json &&
	test_grep "\"changes\":\[{\"path\":\"modules/net/main.tf\",\"kind\":\"changed\"}" $T/json
'

test_expect_success 'a commit and a snapshot are read as they were' '
	git vault snapshot -q && echo "cidr = local.nothing" >live/prod/terraform.tfvars &&
	rm live/prod/main.tf && git vault graph --at HEAD~1 --path live/dev/main.tf >$T/out &&
	test_grep "tf.file  *live/dev/key.pub$" $T/out &&
	git vault graph --at latest --path live/prod >$T/out &&
	test_grep "tf.module  *modules/net$" $T/out && git checkout -q live
'

test_expect_success 'symbols are kept, and a lost or damaged cache costs time only' '
	git vault --json graph >$T/one && test_path_is_file .git/vault/symbols &&
	git vault --json graph >$T/two && test_cmp $T/one $T/two &&
	echo damaged >.git/vault/symbols && git vault --json graph >$T/two && test_cmp $T/one $T/two &&
	rm .git/vault/symbols && git vault --json graph >$T/two && test_cmp $T/one $T/two
'

# The graph of a large tree is read where nothing has changed, and made where
# anything has: `same` says what a run without what was kept says.
same () {
	git vault --json graph >$T/one && rm -f .git/vault/graph && git vault --json graph >$T/two &&
	test_cmp $T/one $T/two
}

test_expect_success 'set up: a large tree' '
	mkdir -p large/live/dev large/live/prod && seq 10001 | sed "s/.*/variable \"v&\" {}/" >large/live/dev/v.tf &&
	cp large/live/dev/v.tf large/live/prod && seq 900 | sed "s/.*/output \"o&\" {\n  value = var.v&\n}/" >large/live/prod/o.tf &&
	git add large && git commit -q -m large
'

# Only the very program that kept relations reads them again, and only Linux tells which
# that is.
test_expect_success LINUX 'relations of a large tree are kept for the user alone, and read again' '
	git vault --json graph >$T/one &&
	test_path_is_file .git/vault/graph && test "$(stat -c %a .git/vault/graph)" = 600 &&
	rm .git/vault/symbols && git vault --json graph >$T/two && test_cmp $T/one $T/two &&
	test_path_is_missing .git/vault/symbols && git vault graph >$T/out && rm .git/vault/graph &&
	git vault graph >$T/two && test_cmp $T/out $T/two && test_path_is_file .git/vault/symbols
'

test_expect_success 'what was kept counts only for the very same files' '
	cp -p large/live/prod/o.tf $T/o.tf && git vault graph >$T/before &&
	sed "s/var.v7$/var.none/" $T/o.tf >large/live/prod/o.tf && git vault graph >$T/out &&
	test_grep "tf.ref tf.variable:none" $T/out && same && git add large && same &&
	cp -p $T/o.tf large/live/prod/o.tf && same && git vault graph >$T/out && test_cmp $T/before $T/out &&
	git mv large/live/prod/v.tf large/live/prod/w.tf && same && git vault graph >$T/out &&
	git mv large/live/prod/w.tf large/live/prod/v.tf && same && git add large && rm large/live/dev/v.tf && same &&
	git checkout -q large && git vault graph --env prod >$T/out && test_grep "^prod .* large/live/prod" $T/out &&
	test_write_lines "environments:" "  other: {paths: [large/live/prod]}" >.gitvault.yaml &&
	git vault -q policy accept --yes && git vault graph >$T/out && test_grep "^other .* large/live/prod" $T/out && same && rm .gitvault.yaml && same
'

test_expect_success 'what was kept and is damaged is made again' '
	git vault --json graph >$T/one && for at in 9 60 200 5000 300000
	do
		printf x | dd of=.git/vault/graph bs=1 seek=$at conv=notrunc 2>/dev/null &&
		git vault --json graph >$T/two && test_cmp $T/one $T/two || return 1
	done && truncate -s 100000 .git/vault/graph && test_expect_code 1 git vault doctor >$T/out &&
	test_grep "vault/graph" $T/out && git vault --json graph >$T/two && test_cmp $T/one $T/two
'

# A file that a snapshot would encrypt as a whole: relations are kept beside it,
# encrypted under what it holds, so that a change of it ends them at once.
test_expect_success LINUX 'relations are kept beside a private file, and nothing of it in clear' '
	rm -f .git/vault/graph && echo "resource \"x\" \"y\" {}" >large/live/prod/new.tf && git vault graph >/dev/null &&
	test_path_is_file .git/vault/graph && grep -q v9876 .git/vault/graph && rm large/live/prod/new.tf &&
	rm -f .git/vault/graph && echo "named_in_private = 2" >large/live/prod/my.tfvars && git vault --json graph >$T/one &&
	test_path_is_file .git/vault/graph && ! grep -q named_in_private .git/vault/graph &&
	! grep -q v9876 .git/vault/graph && ! grep -q named_in_private .git/vault/symbols &&
	test "$(stat -c %a .git/vault/graph)" = 600 && rm .git/vault/symbols && git vault --json graph >$T/two &&
	test_path_is_missing .git/vault/symbols && test_cmp $T/one $T/two &&
	same && test_expect_code 1 git vault check >/dev/null &&
	echo "v77 = 2" >large/live/prod/my.tfvars && same && test_grep "my.tfvars.*v77" $T/one &&
	echo "v78 = 2" >large/live/prod/my.tfvars && same && test_grep "my.tfvars.*v78" $T/one
'

test_expect_success LINUX 'encrypted relations that are damaged, or whose key is gone, are made again' '
	git vault --json graph >$T/one && for at in 9 60 200 5000 300000
	do
		printf x | dd of=.git/vault/graph bs=1 seek=$at conv=notrunc 2>/dev/null &&
		git vault --json graph >$T/two && test_cmp $T/one $T/two || return 1
	done && truncate -s 100000 .git/vault/graph &&
	test_expect_code 1 git vault doctor >$T/out && test_grep "vault/graph" $T/out &&
	git vault --json graph >$T/two && test_cmp $T/one $T/two && cp .git/vault/graph $T/kept &&
	rm .git/vault/idkey && git vault --json graph >$T/two && test_cmp $T/one $T/two &&
	! cmp -s .git/vault/graph $T/kept && rm large/live/prod/my.tfvars .git/vault/symbols && git vault graph >/dev/null &&
	test_path_is_file .git/vault/symbols
'

test_expect_success 'set up: a small tree' '
	git rm -q -r -f large && git commit -q -m small
'

test_expect_success 'hostile names reach neither the terminal nor a picture as they are' '
	mkdir "a\"]; x" && printf "module \"e\" {\n  source = \"./\\\\u001b[31m\"\n}\n" >"a\"]; x/m.tf" &&
	printf "locals {\n  a = file(\"%s\")\n}\n" "</script>" >esc.tf &&
	printf "locals {\n  a = file(\"\033[31mred\")\n}\n" >raw.tf &&
	ln -s loop loop && ln -s . here && git vault graph >$T/out && ! grep "$(printf "\033")" $T/out &&
	git vault graph --format dot >$T/out && ! grep "$(printf "\033")" $T/out &&
	test_grep "a.\"]; x/m.tf\" " $T/out && git vault graph --format mermaid >$T/out &&
	! grep "$(printf "\033")" $T/out && test_grep "#60;/script#62;" $T/out &&
	test_grep "a#34;]; x/m.tf" $T/out
'

test_expect_success 'a link of Terraform has what its file defines, in commits, too' '
	git init -q linked && (
		cd linked && mkdir -p shared live/prod live/dev &&
		echo "variable \"v\" {}" >shared/common.tf && for e in dev prod
		do
			echo "locals { a = var.v }" >live/$e/main.tf &&
			ln -s ../../shared/common.tf live/$e/common.tf || return 1
		done && git add . && git commit -q -m one && sleep 0.1 &&
		git vault graph --path live/prod/main.tf >$T/out &&
		test_grep "^live/prod/main.tf:1  *tf.ref  *live/prod/common.tf:1 v$" $T/out &&
		git vault check && git vault graph --at HEAD --path live/prod/main.tf >$T/two && test_cmp $T/out $T/two &&
		echo "variable \"w\" {}" >shared/common.tf &&
		test_expect_code 1 git vault check >$T/out && test_grep "live/prod/main.tf:1: the variable .v." $T/out &&
		ln -sf away.tf live/prod/common.tf && ln -sf common.tf live/dev/common.tf &&
		git vault check --rule tf && rm live/dev/common.tf && test_expect_code 1 git vault check --rule tf
	) && rm -rf linked
'

test_expect_success 'a picture and a page are one file, and hostile names stay text' '
	printf "locals {\n  a = file(\"%s\")\n}\n" "\" onload=\"x" >"quote\"<b>.tf" &&
	git vault graph --format svg >$T/svg && xmllint --noout $T/svg &&
	git vault graph --format html >$T/html && git vault graph --format html >$T/again &&
	test_cmp $T/html $T/again && ! grep "$(printf "\033")" $T/svg $T/html &&
	test "$(grep -c "<script" $T/html)" = 1 && test_grep "default-src .none." $T/html &&
	test_grep "data-title=\"quote&#34;&#60;b&#62;.tf\"" $T/html && ! grep -E "(src|href)=" $T/html &&
	sed -n "/<script>/,/<.script>/{s/.*<script>//;/<.script>/d;p;}" $T/html >$T/script &&
	openssl dgst -sha256 -binary $T/script | openssl base64 >$T/digest &&
	test_grep -F "script-src '"'"'sha256-$(cat $T/digest)'"'"'\"" $T/html &&
	rm "quote\"<b>.tf"
'

test_expect_success 'a picture has an environment and a path, too' '
	git vault graph --format svg --env prod >$T/svg && test_grep "data-group=\"prod\"" $T/svg &&
	test_grep ! "data-group=\"dev\"" $T/svg &&
	git vault graph --format html --path modules/net --depth 1 >$T/html &&
	test_grep "<h1>[^<]*: modules/net</h1>" $T/html && test_grep "data-title=\"net\"" $T/html
'

test_expect_success 'a file of 100 MB is named, and not read' '
	truncate -s 100M large.tf && git vault graph >$T/out && test_grep "not read, too large: large.tf" $T/out &&
	git init -q $T/alone && mv large.tf $T/alone && git -C $T/alone vault graph >$T/out &&
	test_write_lines "no infrastructure code found" "not read, too large: large.tf" >$T/want && test_cmp $T/want $T/out
'

test_expect_success 'what excludes each other is refused' '
	test_expect_code 129 git vault graph --reverse 2>$T/err && test_grep "goes with --path" $T/err &&
	test_expect_code 129 git vault graph --path x --impact A..B 2>$T/err &&
	test_expect_code 129 git vault --json graph --format dot 2>$T/err &&
	test_expect_code 129 git vault --json graph --format html 2>$T/err
'

test_done
