#!/bin/sh

test_description='what does not fit together in a tree of infrastructure code'
. "$(dirname "$0")/test-lib.sh"

# check STATUS ARG…
check () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault check "$@" >.git/out 2>.git/err || {
		cat .git/out .git/err
		return 1
	}
}

test_expect_success 'set up: two environments that share a module' '
	mkdir -p live/dev live/prod modules/net &&
	printf "variable \"cidr\" {}\noutput \"id\" {\n  value = 1\n}\n" >modules/net/main.tf &&
	for e in dev prod
	do
		cat >live/$e/main.tf <<-EOF &&
		variable "region" {}
		variable "size" {}
		module "net" {
		  source = "../../modules/net"
		  cidr   = var.region
		}
		locals {
		  a = module.net.id
		  b = var.size
		}
		EOF
		printf "region = \"eu\"\nsize = 1\n" >live/$e/terraform.tfvars || return 1
	done &&
	git add . && test_tick && git commit -q -m one
'

test_expect_success 'a tree that is in order has no findings' '
	check 0 && test_must_be_empty .git/out &&
	test_grep "checked 5 files with [0-9]* references: nothing found" .git/err
'

test_expect_success 'a finding has a place, a sentence and its rule' '
	sed "s/var.size/var.sise/; s/cidr /cird /" live/prod/main.tf >new &&
	mv new live/prod/main.tf && check 1 &&
	cat >.git/expect <<-\EOF &&
	error: live/prod/main.tf:5: the module in '\''modules/net'\'' has no variable '\''cird'\''; the nearest name is '\''cidr'\'' [tf/undeclared-var]
	error: live/prod/main.tf:9: the variable '\''sise'\'' is not defined; the nearest name is '\''size'\'' [tf/undeclared-var]
	warning: live/prod/main.tf:3: the module '\''net'\'' needs the variable '\''cidr'\'', which has no default [tf/unset-var]
	EOF
	test_cmp .git/expect .git/out &&
	test_grep ": 2 errors, 1 warning$" .git/err
'

test_expect_success 'a certain remedy is printed as a patch, without lines of secrets' '
	test_when_finished "rm -rf slips" && mkdir slips &&
	cat >slips/a.tf <<-\EOF &&
	variable "region" {}
	locals { a = var.regoin }
	# one
	# two
	resource "aws_db_instance" "d" { password = "hunter2-9fA8sd7f6Xz" }
	locals { b = var.regoin }
	EOF
	printf "x\n" >slips/Policy.json && mkdir slips/values &&
	printf "variable \"password_main\" {}\n" >slips/values/v.tf &&
	printf "pasword_main = \"correct horse battery\"\n" >slips/values/terraform.tfvars &&
	printf "locals { c = file(\"policy.json\") }" >slips/b.tf &&
	check 1 --format sarif slips && ! grep "hunter2\|horse" .git/out &&
	if test_have_prereq JQ
	then
		jq -r ".runs[0].results[].fixes // [] | .[].artifactChanges[] |
			.artifactLocation.uri as \$path | .replacements[] |
			[\$path] + (.deletedRegion | [.startLine, .startColumn,
			.endColumn]) + [.insertedContent.text] | @tsv" .git/out >.git/actual &&
		printf "slips/b.tf\t1\t20\t31\tPolicy.json\n" >.git/expect &&
		test_cmp .git/expect .git/actual
	fi &&
	check 1 --patch slips && mv .git/out .git/patch &&
	! grep "hunter2\|horse" .git/patch && git apply .git/patch &&
	test_grep "2 findings have no certain remedy" .git/err &&
	grep -c "var.regoin" slips/a.tf >.git/n && echo 1 >.git/expect &&
	test_cmp .git/expect .git/n &&
	test_grep "^locals { a = var.region }$" slips/a.tf &&
	test_grep "Policy.json" slips/b.tf &&
	check 1 slips && test_line_count -eq 2 .git/out &&
	check 129 --patch --format sarif
'

test_expect_success 'what is asked for is what is shown, and decides' '
	check 0 --env dev && check 1 --env prod && check 0 live/dev &&
	check 1 live/prod/main.tf && check 1 --severity error &&
	test_line_count -eq 2 .git/out && check 0 --rule k8s &&
	check 1 --rule tf/unset-var && test_line_count -eq 1 .git/out &&
	check 129 --rule nothing &&
	test_grep "unknown rule .nothing.; to list the rules: git vault check --list-rules" .git/err
'

test_expect_success 'a change is seen at once, and so is its end' '
	git checkout -q live/prod/main.tf && check 0 &&
	sed "s/var.size/var.sise/" live/prod/main.tf >new && mv new live/prod/main.tf &&
	check 1
'

test_expect_success 'a comment or a baseline allows a finding' '
	check 0 --write-baseline ../base && test_grep "^tf/undeclared-var " ../base &&
	check 0 --baseline ../base && test_grep "1 allowed" .git/err &&
	sed "s/^  b = .*/  b = var.sise # gitvault: ignore tf made later/" \
		live/prod/main.tf >new && mv new live/prod/main.tf && check 0 &&
	test_grep "1 allowed" .git/err && git vault check --json >.git/out &&
	test_grep "\"allowed_by\":\"comment\",\"reason\":\"made later\"" .git/out &&
	echo junk >../base && check 128 --baseline ../base &&
	test_grep "is not a baseline of git vault check" .git/err
'

test_expect_success 'reports of other programs hold the same' '
	git checkout -q live/prod/main.tf &&
	echo "locals { f = file(\"gone.json\") }" >live/prod/x.tf &&
	check 1 --format sarif && python3 -m json.tool .git/out >/dev/null &&
	test_grep "\"ruleId\":\"ref/missing-file\"" .git/out &&
	check 1 --format junit &&
	python3 -c "import sys, xml.dom.minidom as m; m.parse(sys.argv[1])" .git/out &&
	test_grep "failures=\"1\"" .git/out && check 1 --format json &&
	test_grep "\"subject\":\"live/prod/gone.json\"" .git/out
'

test_expect_success 'a file that Git ignores and no snapshot has is not enough' '
	echo x >gone.json && echo /gone.json | tee .gitignore >.vaultignore &&
	echo "locals { f = file(\"../../gone.json\") }" >live/prod/x.tf && check 1 &&
	test_grep "^warning: live/prod/x.tf:1: .gone.json. is needed, but .*no snapshot stores it" .git/out
'

test_expect_success 'a file that the project ignores and no clone has is information' '
	rm gone.json .vaultignore && check 0 && check 1 --severity info &&
	test_grep "^info: .*gone.json. is not in this working tree, and Git ignores it" .git/out &&
	rm .gitignore && echo /gone.json >>.git/info/exclude && check 1 &&
	test_grep "^error: .*gone.json. does not exist" .git/out
'

test_expect_success 'names of files do not reach the terminal raw' '
	rm live/prod/x.tf && odd=$(printf "a\033[2Jb.tf") &&
	echo "locals { f = file(\"gone\") }" >"$odd" && check 1 &&
	test_grep "a.033\[2Jb.tf\":1" .git/out && rm "$odd"
'

test_expect_success 'the rules are listed' '
	check 0 --list-rules && test_grep "^tf/unset-var  *warning " .git/out &&
	git vault check --list-rules --json >.git/out && test_grep "\"id\":\"cycle\"" .git/out
'

test_expect_success 'the sample has the four findings that its README names' '
	cp -r "$GIT_VAULT_SRC_DIR/contrib/sample" ../sample && (
		cd ../sample && git init -q && test_expect_code 1 git vault check --severity info >$T/out
	) && test_line_count = 4 $T/out && test_grep "^info: compose/compose.yaml:4: .compose/.env.*compose/env-file" $T/out && test_grep "external-secrets.io.*k8s/crd" $T/out && test_grep "Secret/booking-database.*k8s/missing-config" $T/out &&
	test_grep "ansible/.vault-pass.*ref/missing-file" $T/out
'

test_expect_success 'a link to nothing is found, one to a file or through another link is not' '
	test_create_repo ../links && (
		cd ../links && mkdir -p a/b real && echo x >a/f && ln -s ../f a/b/good && ln -s ../../real a/b/dir &&
		ln -s dir/x a/b/through && ln -s ../gone a/b/bad && ln -s /etc/hosts a/host && ln -s ../../up a/up &&
		touch real/y && git add . && git commit -q -m links &&
		test_expect_code 1 git vault check >.git/out && test_line_count = 3 .git/out &&
		test_grep "a/b/bad: this link leads to .a/gone., which does not exist" .git/out &&
		test_grep "a/host: this link leads out of the repository, to ./etc/hosts." .git/out &&
		test_grep "a/up: this link leads out of the repository, to .../../up." .git/out
	)
'

# state SERIAL NAME...: a state with these resources
state () {
	printf '{"version":4,"terraform_version":"1.9.5","serial":%d,"lineage":"l","outputs":{},"resources":[' "$1"
	shift
	sep=
	for name
	do
		printf '%s{"mode":"managed","type":"aws_vpc","name":"%s",' "$sep" "$name"
		printf '"provider":"provider[\\"registry.terraform.io/hashicorp/aws\\"]",'
		printf '"instances":[{"schema_version":1,"attributes":{"id":"%s"}}]}' "$name"
		sep=,
	done
	printf '],"check_results":null}\n'
}

test_expect_success 'what a state has and the code does not have is found' '
	test_create_repo ../orphans && (
		cd ../orphans && mkdir -p live/prod && echo "*.tfstate" >.gitignore &&
		printf "resource \"aws_vpc\" \"a\" {}\nresource \"aws_vpc\" \"none\" {\n  count = 0\n}\n" >live/prod/main.tf &&
		git add . && git commit -q -m one && state 1 a >live/prod/terraform.tfstate && git vault -q snapshot &&
		git vault check --rule tf/state-orphan --severity info >.git/out && test_must_be_empty .git/out &&
		state 2 a b c >live/prod/terraform.tfstate && git vault -q snapshot &&
		printf "resource \"aws_vpc\" \"d\" {}\n" >live/prod/new.tf && git add . && git commit -q -m two &&
		test_expect_code 1 git vault check --rule tf/state-orphan --severity info >.git/out &&
		test_line_count = 2 .git/out &&
		test_grep "^warning: live/prod/main.tf: 2 resources of the state live.prod of prod have no code here, such as aws_vpc.b " .git/out &&
		test_grep "^info: live/prod/new.tf:1: 1 block of code is not in the state live.prod of prod, such as aws_vpc.d " .git/out &&
		printf "removed {\n  from = aws_vpc.b\n}\nmoved {\n  from = aws_vpc.c\n  to = aws_vpc.d\n}\n" >>live/prod/new.tf &&
		git commit -q -a -m three && git vault check --rule tf/state-orphan --severity info >.git/out &&
		test_must_be_empty .git/out
	)
'

# What is said of a large tree is read where nothing has changed, and found where
# anything has.
same () {
	rm -f .git/vault/check && test_expect_code "$1" git vault --json check >.git/one &&
	test_expect_code "$1" git vault --json check >.git/two && test_cmp .git/one .git/two
}

# they count for this very program, of which /proc has the stamp
test_expect_success LINUX 'findings of a large tree are kept for the user alone, and read again' '
	git rm -q -r -f . && mkdir -p a/live/prod &&
	seq 2100 | sed "s/.*/output \"o&\" {\n  value = var.v&\n}/; s/v7\n/v7 # gitvault: ignore tf made later\n/" \
		>a/live/prod/o.tf &&
	ln -s live/prod/o.tf a/link.txt && git add . && test_tick && git commit -q -m large && check 1 &&
	test "$(stat -c %a .git/vault/check)" = 600 && rm .git/vault/symbols && cp .git/out .git/first &&
	check 1 && test_cmp .git/first .git/out && test_path_is_missing .git/vault/symbols && same 1 &&
	check 1 --format junit && cp .git/out .git/junit && rm .git/vault/check && check 1 --format junit &&
	test_cmp .git/junit .git/out && same 1 &&
	test_grep "\"subject\":\"a/live/prod/ tf.variable:v7\".*\"reason\":\"made later\"" .git/two
'

test_expect_success LINUX 'a finding that was kept ends with what it follows from' '
	check 1 && test_grep "v2100. is not defined" .git/out && echo "variable \"v2100\" {}" >a/live/prod/v.tf &&
	check 1 && test_grep ! "v2100. is not defined" .git/out && rm a/live/prod/v.tf && check 1 &&
	test_grep "v2100. is not defined" .git/out && ln -sf none a/link.txt && check 1 --severity info &&
	test_grep "link/dangling" .git/out && check 1 && test_grep "v2100. is not defined" .git/out &&
	ln -sf ../../away a/link.txt && same 1 && git checkout -q . &&
	echo "locals { f = file(\"../../lost.json\") }" >a/live/prod/l.tf && echo none >.gitignore && check 1 &&
	test_grep "a/lost.json. does not exist" .git/out && echo lost.json >.gitignore && sleep 0.1 && check 1 &&
	test_grep ! lost.json .git/out && rm .gitignore a/live/prod/l.tf &&
	test_write_lines "check:" "  rules: {tf: off}" >.gitvault.yaml && check 0 && rm .gitvault.yaml && check 1 &&
	check 1 --rule tf && check 0 --rule cycle && check 1 && check 0 a/none
'

test_expect_success LINUX 'findings are kept beside a file of secrets, but nothing out of it' '
	echo .env >>.git/info/exclude && rm -f .git/vault/check && echo "A=1" >a/.env && sleep 0.1 &&
	check 1 && test_path_is_file .git/vault/check && cp .git/out .git/first && same 1 &&
	echo "A=2" >a/.env && sleep 0.1 && same 1 && check 1 && test_cmp .git/first .git/out &&
	echo "no variable" >a/.env && sleep 0.1 && rm .git/vault/check && check 1 &&
	test_grep "^error: a/.env:1" .git/out && test_path_is_missing .git/vault/check &&
	printf "services:\n  a:\n    image: x:1\n    environment: {B: \"\${NAMED_HERE:?}\"}\n" >a/compose.yml &&
	echo "NAMED_HERF=1" >a/.env && git add a/compose.yml && sleep 0.1 && rm -f .git/vault/check && check 1 &&
	test_grep NAMED_HERE .git/out && test_path_is_missing .git/vault/check &&
	git rm -q -f a/compose.yml && rm a/.env && check 1
'

test_expect_success LINUX 'a finding that was kept ends with its time' '
	now=$GIT_VAULT_TEST_TIME && test_when_finished "export GIT_VAULT_TEST_TIME=$now" &&
	day=$(date -u -d "@$((now + 86400))" +%Y-%m-%d) &&
	test_write_lines "check:" "  ignore:" "  - {rule: tf/undeclared-var, expires: $day, reason: later}" >.gitvault.yaml &&
	check 0 && check 0 && export GIT_VAULT_TEST_TIME=$((now + 3 * 86400)) && check 1 &&
	export GIT_VAULT_TEST_TIME=$now && check 0 && rm .gitvault.yaml && check 1
'

test_done
