#!/bin/sh

test_description='a state held against the code of the commit that it was applied from'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-bind.sh"

# state ADDRESS…: of these, each with an instance: module.m["x"].data.t.n[0]
serial=0
state () {
	serial=$((serial + 1))
	printf "%s\n" "$@" | awk -v serial="$serial" '
	function quoted(s) { gsub(/"/, "\\\"", s); return "\"" s "\"" }
	BEGIN {
		print "{ \"version\": 4, \"serial\": " serial ","
		print "  \"lineage\": \"l\", \"outputs\": { \"o\": {"
		print "    \"value\": 1, \"type\": \"number\" } },"
		printf "  \"resources\": ["
	}
	NF {
		key = ""; mode = "managed"; module = ""
		if (match($0, /\[("[^"]*"|[0-9]+)\]$/)) {
			key = substr($0, RSTART + 1, RLENGTH - 2)
			$0 = substr($0, 1, RSTART - 1)
		}
		match($0, /[^.]*\.[^.]*$/)
		split(substr($0, RSTART), of, ".")
		module = substr($0, 1, RSTART - 2)
		if (module == "data" || sub(/\.data$/, "", module)) {
			mode = "data"
			sub(/^data$/, "", module)
		}
		printf "%s\n  { ", n++ ? "," : ""
		if (module != "")
			printf "\"module\": %s, ", quoted(module)
		printf "\"mode\": \"%s\", \"type\": \"%s\"", mode, of[1]
		printf ", \"name\": \"%s\", \"provider\": \"p\",", of[2]
		printf "\n    \"instances\": [ { \"schema_version\": 0,"
		if (key != "")
			printf " \"index_key\": %s,", key
		printf " \"attributes\": { \"id\": \"%d\" } } ] }", n
	}
	END { print "\n] }" }'
}

# keep ADDRESS…: such a state, of what is committed now
keep () {
	git add -A . && git commit -q --allow-empty -m code &&
		state "$@" >.git/state.json &&
		git vault state save --new --env prod .git/state.json >.git/id
}

# finds [OPTION…] <expect: what is said, of this version and this commit; the
# exit status goes by whether a block is missing
finds () {
	sed "s/VERSION/$(git rev-parse --short=12 refs/vault/state/prod/default)/
		s/COMMIT/$(git rev-parse --short=12 HEAD)/" >.git/expect &&
		code_=0 &&
		if grep -q "^no block" .git/expect
		then
			code_=1
		fi &&
		test_expect_code $code_ git vault state verify --env prod \
			--stack default "$@" >.git/out 2>.git/err &&
		grep -v " is intact: " .git/out >.git/actual
	test_cmp .git/expect .git/actual
}

# skips WORDS [OPTION…]: it is not held against code, and why
skips () {
	words_=$1 &&
		shift &&
		git vault state verify --env prod --stack default "$@" >.git/out \
			2>.git/err &&
		test_grep "is intact: " .git/out && test_line_count -eq 1 .git/out &&
		test_grep "warning: not compared with its code: .*$words_" \
			.git/err
}

fresh () {
	git rm -q -r --cached --ignore-unmatch . &&
		git clean -q -f -d -x
}

test_expect_success 'what has its blocks is whole, whatever the keys are' '
	cat >main.tf <<-\EOF &&
	# resource "aws_eip" "not" {}
	resource "aws_vpc" "main" {
	  cidr_block = "10.0.0.0/16"
	}
	resource aws_subnet "each" {
	  for_each = toset(["a", "b"])
	  user_data = <<-EOT
	    }
	    resource "aws_eip" "in_a_text" {
	    ${join("}", ["{"])}
	  EOT
	}
	data "aws_ami" "x" {
	  count = 1
	}
	EOF
	keep aws_vpc.main "aws_subnet.each[\"a\"]" "aws_subnet.each[\"b]\"]" \
		"data.aws_ami.x[0]" && finds </dev/null &&
	test_must_be_empty .git/err && test_grep " is intact: " .git/out
'

test_expect_success 'a resource without a block is found, each once' '
	keep aws_vpc.main "aws_vpc.gone[0]" "aws_vpc.gone[1]" \
		"aws_subnet.each[\"a\"]" aws_eip.in_a_text data.aws_ami.x \
		data.aws_ami.y aws_ami.x && finds <<-\EOF
	no block: aws_vpc.gone (in state version VERSION, not in commit COMMIT, .)
	no block: aws_eip.in_a_text (in state version VERSION, not in commit COMMIT, .)
	no block: data.aws_ami.y (in state version VERSION, not in commit COMMIT, .)
	no block: aws_ami.x (in state version VERSION, not in commit COMMIT, .)
	EOF
'

test_expect_success 'a block that nothing was made of is told, and is no failure' '
	keep aws_vpc.main && finds <<-\EOF
	not in state: aws_subnet.each (main.tf:5), of which there may be none
	not in state: data.aws_ami.x (main.tf:13), of which there may be none
	EOF
'

test_expect_success 'the commit counts, not the working tree' '
	>main.tf && finds <<-\EOF &&
	not in state: aws_subnet.each (main.tf:5), of which there may be none
	not in state: data.aws_ami.x (main.tf:13), of which there may be none
	EOF
	git checkout -q main.tf && echo "resource a b {}" >new.tf &&
	keep aws_vpc.main a.b && git rm -q new.tf && git commit -q -m less &&
	git vault state verify --env prod --stack default >out &&
	test_grep ! a.b out && rm out
'

test_expect_success 'no key is needed for it' '
	echo "resource a b {}" >new.tf &&
	keep aws_vpc.main aws_vpc.gone &&
	mv "$HOME/.config/git-vault/identity" .git/key &&
	test_when_finished "mv .git/key $HOME/.config/git-vault/identity" &&
	test_expect_code 1 git vault state verify --env prod --stack default \
		>.git/out && test_grep "^no block: aws_vpc.gone " .git/out &&
	test_grep "^not in state: a.b (new.tf:1)" .git/out
'

test_expect_success 'as JSON findings and notes stand apart' '
	test_expect_code 1 git vault state verify --env prod --stack default \
		--json >.git/out && tr -d " \n" <.git/out >.git/flat &&
	test_grep "\"findings\":\[{\"kind\":\"noblock\",\"message\":\"aws_vpc.gone(" .git/flat &&
	test_grep "\"notes\":\[{\"kind\":\"notinstate\",\"message\":\"aws_subnet" .git/flat &&
	test_grep "\"code\":\".\",\"no_code\":null}" .git/flat
'

test_expect_success 'modules of the repository are followed, one in the other' '
	fresh && mkdir -p modules/net/inner modules/unused &&
	cat >main.tf <<-\EOF &&
	module "net" {
	  for_each = toset(["a"])
	  source   = "./modules/net"
	}
	module "again" { source = "./modules//net/" }
	EOF
	cat >modules/net/main.tf <<-\EOF &&
	module "inner" { source = "./inner" }
	module "beside" { source = "../net/inner" }
	resource "aws_vpc" "v" {}
	EOF
	echo "resource aws_eip e {}" >modules/net/inner/main.tf &&
	keep "module.net[\"a.b\"].aws_vpc.v" "module.again.aws_vpc.v" \
		"module.again.module.inner.aws_eip.e" \
		"module.again.module.beside.aws_eip.e" \
		"module.net[\"a.b\"].module.inner.aws_eip.e[0]" \
		"module.net[\"a.b\"].module.inner.aws_eip.old" \
		"module.net[\"c\"].aws_vpc.w" "module.none.module.x.aws_eip.e" \
		"module.net[\"c\"].module.none.aws_eip.e" && finds <<-\EOF
	no block: module.net.module.inner.aws_eip.old (in state version VERSION, not in commit COMMIT, modules/net/inner)
	no block: module.net.aws_vpc.w (in state version VERSION, not in commit COMMIT, modules/net)
	no block: module.none.module.x.aws_eip.e (in state version VERSION, not in commit COMMIT, .)
	no block: module.net.module.none.aws_eip.e (in state version VERSION, not in commit COMMIT, modules/net)
	not in state: module.net.module.beside (modules/net/main.tf:2)
	EOF
'

test_expect_success 'of a module that nothing is there of one line is told' '
	echo "output o { value = 1 }" >modules/unused/main.tf &&
	cat >>main.tf <<-\EOF &&
	module "label" { source = "./modules/unused" }
	module "self" { source = "./modules/self" }
	module "far" { source = "hashicorp/consul/aws" }
	EOF
	mkdir modules/self &&
	echo "module me { source = \"../self\" }" >modules/self/main.tf &&
	keep "module.net[\"a\"].module.inner.aws_eip.e" && finds <<-\EOF
	not in state: module.again (main.tf:5)
	not in state: module.net.module.beside (modules/net/main.tf:2)
	not in state: module.net.aws_vpc.v (modules/net/main.tf:3)
	EOF
'

test_expect_success 'what is in a module from elsewhere has its blocks' '
	fresh && cat >main.tf <<-\EOF &&
	module "registry" { source = "terraform-aws-modules/vpc/aws" }
	module "git" { source = "git::https://example.org/x.git//y?ref=v1" }
	module "above" { source = "../../elsewhere" }
	module "missing" { source = "./not-here" }
	module "computed" { source = "./${"x"}" }
	EOF
	keep module.registry.aws_vpc.a "module.git[0].module.b.aws_vpc.a" \
		module.above.aws_vpc.a module.missing.a.b module.computed.a.b \
		module.not.a.b && finds <<-\EOF
	no block: module.not.a.b (in state version VERSION, not in commit COMMIT, .)
	EOF
'

test_expect_success 'what was moved or removed is accounted for' '
	fresh && mkdir m && cat >main.tf <<-\EOF &&
	resource "aws_vpc" "new" {}
	module "m" { source = "./m" }
	moved {
	  from = aws_vpc.old
	  to   = aws_vpc.middle
	}
	moved {
	  from = aws_vpc.middle["x"]
	  to   = aws_vpc.new
	}
	moved {
	  from = module.was
	  to   = module.m
	}
	moved {
	  from = aws_eip.inside
	  to   = module.m.aws_eip.to
	}
	moved {
	  from = aws_eip.nowhere
	  to   = aws_eip.no_block
	}
	removed {
	  from = module.gone.aws_eip.x
	}
	removed {
	  from = aws_vpc.dropped
	  lifecycle {
	    destroy = false
	  }
	}
	moved {
	  from = a.circle
	  to   = a.round
	}
	moved {
	  from = a.round
	  to   = a.circle
	}
	EOF
	cat >m/main.tf <<-\EOF &&
	resource aws_eip to {}
	resource aws_eip b {}
	resource aws_eip c {}
	moved {
	  from = aws_eip.a
	  to   = aws_eip.b
	}
	EOF
	keep "aws_vpc.old[0]" "module.was[\"k\"].aws_eip.a" aws_eip.inside \
		aws_eip.nowhere "module.gone[0].aws_eip.x" \
		module.gone.aws_eip.y aws_vpc.dropped aws_vpc.older \
		a.circle && finds <<-\EOF
	no block: aws_eip.nowhere (in state version VERSION, not in commit COMMIT, .)
	no block: module.gone.aws_eip.y (in state version VERSION, not in commit COMMIT, .)
	no block: aws_vpc.older (in state version VERSION, not in commit COMMIT, .)
	no block: a.circle (in state version VERSION, not in commit COMMIT, .)
	not in state: module.m.aws_eip.c (m/main.tf:3)
	EOF
'

test_expect_success 'JSON, overrides, other names, links and checks count as the tools have it' '
	fresh && mkdir -p one two shared && cat >main.tf <<-\EOF &&
	resource "a" "tf" {}
	module "m" { source = "./one" }
	check "c" {
	  data "http" "h" {
	    url = "x"
	  }
	}
	import {
	  to = a.tf
	  id = "1"
	}
	ephemeral "x" "y" {}
	EOF
	cat >more.tf.json <<-\EOF &&
	{ "//": "made by a program",
	  "resource": { "a": { "json": { "count": 1 } } },
	  "data": [ { "b": [ { "json": {} } ] } ],
	  "module": { "j": { "source": ".\/one" } } }
	EOF
	echo "module m { source = \"./two\" }" >main_override.tf &&
	echo "resource a tofu {}" >x.tofu &&
	echo "resource a hidden {" >.hidden.tf &&
	echo "resource a vim {" >x.tf~ && echo "not code" >README &&
	echo "resource a shared {}" >shared/common.tf &&
	ln -s shared/common.tf common.tf && ln -s common.tf again.tf &&
	echo "resource a one {}" >one/x.tf &&
	echo "resource a two {}" >two/x.tf &&
	keep a.json data.b.json data.http.h a.tofu module.m.a.two \
		module.j.a.one module.m.a.one a.shared a.hidden &&
	finds --code . <<-\EOF
	no block: module.m.a.one (in state version VERSION, not in commit COMMIT, two)
	no block: a.hidden (in state version VERSION, not in commit COMMIT, .)
	not in state: a.tf (main.tf:1), which should be imported
	EOF
'

test_expect_success 'which directory it is has to be known' '
	skips "not known in which directory" &&
	finds --code two <<-\EOF &&
	no block: a.json (in state version VERSION, not in commit COMMIT, two)
	no block: data.b.json (in state version VERSION, not in commit COMMIT, two)
	no block: data.http.h (in state version VERSION, not in commit COMMIT, two)
	no block: a.tofu (in state version VERSION, not in commit COMMIT, two)
	no block: module.m.a.two (in state version VERSION, not in commit COMMIT, two)
	no block: module.j.a.one (in state version VERSION, not in commit COMMIT, two)
	no block: module.m.a.one (in state version VERSION, not in commit COMMIT, two)
	no block: a.shared (in state version VERSION, not in commit COMMIT, two)
	no block: a.hidden (in state version VERSION, not in commit COMMIT, two)
	not in state: a.two (two/x.tf:1)
	EOF
	cp .git/actual .git/from-top &&
	(cd one && test_expect_code 1 git vault state verify --env prod \
		--stack default --code ../two) >.git/actual &&
	test_cmp .git/from-top .git/actual
'

test_expect_success 'a directory that is none is refused before anything is told' '
	for dir in none README one/x.tf shared/..
	do
		case $dir in
		shared/..) dir=../elsewhere code=129 words=../elsewhere ;;
		*) code=128 words="no Terraform code in $dir" ;;
		esac &&
		test_expect_code $code git vault state verify --env prod \
			--stack default --code $dir >.git/out 2>.git/err &&
		test_must_be_empty .git/out && test_grep "$words" .git/err ||
			return 1
	done
'

test_expect_success 'code that cannot be read is none, and gives no findings' '
	fresh && mkdir m && echo "resource a b {}" >main.tf &&
	keep a.b && finds </dev/null &&
	printf "resource a c {\n  x = [}\n" >bad.tf && keep a.b a.d &&
	skips "bad.tf: line 2, column 8: no value begins with this sign" &&
	test_expect_code 128 git vault state verify --env prod --stack default \
		--code . 2>.git/err &&
	test_grep "cannot be held against its code: bad.tf: line 2" .git/err &&
	rm bad.tf && echo "module m { source = \"./m\" }" >m.tf &&
	echo "{ \"resource\": ]" >m/x.tf.json && keep a.b module.m.a.x a.d &&
	skips "m/x.tf.json: line 1, column 15: " &&
	rm m/x.tf.json m.tf && ln -s ../outside.tf link.tf && keep a.b a.d &&
	skips "a link in it leads to no file" && rm link.tf &&
	echo >terragrunt.hcl && keep a.b a.d && skips "Terragrunt" &&
	rm terragrunt.hcl && echo "moved { from = 1 }" >moved.tf &&
	keep a.b a.d && skips "a moved or removed block cannot be read" && rm moved.tf &&
	git rm -q --cached main.tf && rm main.tf && echo >text &&
	keep a.b && skips "not known in which directory"
'

test_expect_success 'a commit that is not here is said' '
	fresh && echo "resource a b {}" >main.tf && keep a.b a.gone &&
	code=$(git rev-parse HEAD) && git checkout -q HEAD^ &&
	file=.git/objects/$(echo $code | sed "s,^..,&/,") &&
	mv $file .git/aside && test_when_finished "mv .git/aside $file" &&
	skips "commit $(echo $code | cut -c 1-12), .* is not in this repository"
'

test_expect_success 'of a state whose commit is not known that is said' '
	ref=refs/vault/state/prod/default && git checkout -q - &&
	keep a.b && git cat-file commit $ref >.git/was &&
	grep -v "^Vault-Commit\|^parent $(git rev-parse HEAD)" .git/was |
		bound | git hash-object -t commit -w --stdin >.git/forged &&
	git update-ref $ref $(cat .git/forged) &&
	git vault state show --env prod --stack default --json >.git/out &&
	tr -d " \n" <.git/out >.git/flat &&
	test_grep "\"commit\":null" .git/flat &&
	skips "not known which commit"
'

test_expect_success 'of a state of before 0.12 resources are not read' '
	printf "%s\n" "{\"version\":3,\"serial\":1,\"lineage\":\"old\"," \
		"\"modules\":[{\"path\":[\"root\"],\"outputs\":{}," \
		"\"resources\":{\"a.b\":{\"type\":\"a\"}}}]}" >.git/three &&
	git vault state save --new --env prod --stack three .git/three &&
	git vault state verify --env prod --stack three >.git/out 2>.git/err &&
	test_grep ! "not in state" .git/out &&
	test_grep "it is of format 3, of which resources are not read" .git/err
'

test_expect_success 'of a damaged state only what is there is told' '
	git checkout -q -B other &&
	printf "resource a b {}\nresource a c {}\n" >main.tf &&
	git add -A . && git commit -q -m both && state a.b a.gone >.git/whole &&
	head -c $(($(wc -c <.git/whole) - 5)) .git/whole >.git/cut &&
	git vault state save --new --env prod --stack cut .git/cut 2>/dev/null &&
	test_expect_code 1 git vault state verify --env prod --stack cut \
		>.git/out && test_grep "^no block: a.gone" .git/out &&
	test_grep ! "^not in state" .git/out
'

test_expect_success 'no other tool is held against code of Terraform' '
	printf "%s\n" "{\"version\":3,\"deployment\":{\"manifest\":{\"time\":" \
		"\"2024-01-01T00:00:00Z\",\"magic\":\"x\",\"version\":\"v3\"}," \
		"\"resources\":[{\"urn\":\"urn:pulumi:p::w::pulumi:pulumi:Stack::w-p\"," \
		"\"custom\":false,\"type\":\"pulumi:pulumi:Stack\"}]}}" >.git/p &&
	git vault state save --new --env prod --stack p .git/p &&
	git vault state verify --env prod --stack p >.git/out 2>.git/err &&
	test_must_be_empty .git/err &&
	test_expect_code 128 git vault state verify --env prod --stack p \
		--code . 2>.git/err &&
	test_grep "it is of pulumi, and code is looked at of Terraform" .git/err
'

test_expect_success 'of a state that a snapshot has found the directory is known' '
	fresh && mkdir -p "envs/prod/my net" envs/prod/web other &&
	echo "resource a net {}" >"envs/prod/my net/main.tf" &&
	echo "resource a web {}" >envs/prod/web/main.tf &&
	echo "*.tfstate" >.gitignore && git add -A . && git commit -q -m envs &&
	state a.net a.gone >"envs/prod/my net/terraform.tfstate" &&
	mkdir -p envs/prod/web/terraform.tfstate.d/blue &&
	state a.web a.odd >envs/prod/web/terraform.tfstate.d/blue/terraform.tfstate &&
	state a.net >other/terraform.tfstate &&
	git vault snapshot -m states >.git/out &&
	git vault state list >.git/out &&
	test_expect_code 1 git vault state verify --env prod \
		--stack "envs.prod.my_20net" >.git/out &&
	test_grep "^no block: a.gone (.*, envs/prod/my net)" .git/out &&
	test_line_count -eq 1 .git/out &&
	test_expect_code 1 git vault state verify --env prod \
		--stack envs.prod.web.-blue >.git/out &&
	test_grep "^no block: a.odd (.*, envs/prod/web)" .git/out &&
	git vault state verify --stack other >.git/out 2>.git/err &&
	test_grep "no Terraform code in other; name its directory by --code" .git/err
'

test_expect_success 'hostile addresses and modules take no time and no depth' '
	fresh && cat >main.tf <<-\EOF &&
	module "m" { source = "./m" }
	moved {
	  from = module.x
	  to   = module.x.module.x
	}
	EOF
	mkdir m && printf "module m { source = \"../m\" }\n%s\n" \
		"module n { source = \"../m\" }" >m/main.tf &&
	echo "resource a b {}" >m/r.tf &&
	awk "BEGIN { for (i = 0; i < 40000; i++) printf \"module.m.\"
		print \"a.b\" }" >.git/deep &&
	awk "BEGIN { for (i = 0; i < 100000; i++) printf \"x.\"; print \"y\" }" \
		>.git/wide &&
	keep "$(cat .git/deep)" "module.m.module.n.module.m.a.b" \
		"module.m.module.n.a.c" module.x.a.b \
		"module.y.$(cat .git/wide)" &&
	test_expect_code 1 timeout 20 git vault state verify --env prod \
		--stack default >.git/out &&
	cut -c 1-60 .git/out >.git/actual &&
	test_grep "^no block: module.m.module.n.a.c " .git/actual &&
	test_grep "^no block: module.x.a.b " .git/actual &&
	test_grep "^no block: module.y.x.x" .git/actual &&
	test_grep ! "^no block: module.m.module.m" .git/actual &&
	test_grep "^not in state: module.m.module.n.module.n " .git/actual
'

test_done
