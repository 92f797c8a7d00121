#!/bin/sh

test_description='rules and validators of the policy judge what a drill got back'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL

# drill STATUS ARG…
drill () {
	status_=$1 && shift &&
	test_expect_code "$status_" git vault drill "$@" >.git/out 2>.git/err || {
		cat .git/out .git/err
		return 1
	}
}

# policy: the file from standard input, committed and accepted
policy () {
	cat >.gitvault.yaml && git add -A && git commit -q -m policy --allow-empty &&
	git vault -q policy accept --yes >/dev/null && git vault -q snapshot >/dev/null &&
	git push -q origin HEAD && git vault -q sync >/dev/null
}

# refused LINE WORDS: the policy from standard input
refused () {
	cat >.gitvault.yaml && test_expect_code 128 git vault prune -n 2>.git/err &&
	test_grep "gitvault.yaml:$1: .*$2" .git/err
}

test_lazy_prereq SPACES 'test_have_prereq LINUX && unshare -Urmpf --mount-proc true'
test_lazy_prereq OPENSSL 'openssl version'

test_expect_success 'set up' '
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	mkdir -p live/prod && echo ".env" >.gitignore && echo "A_PASSWORD=c0rrect-h0rse-battery" >.env &&
	printf "replicas: 3\nimage:\n  tag: v1\n" >live/prod/values.yaml &&
	echo "locals { a = 1 }" >live/prod/main.tf && git add -A && git commit -qm one &&
	git vault key generate && git vault -q snapshot &&
	printf "{\"version\":4,\"terraform_version\":\"1.9.5\",\"serial\":1,\"lineage\":\"l\"," >../s &&
	printf "\"outputs\":{},\"resources\":[]}\n" >>../s &&
	git vault -q state save --env prod --stack net --new ../s
'

test_expect_success 'a secret in clear where it should not be fails a drill, without its value' '
	echo "C_PASSWORD=Zq8vLmW2kTr5XnP7" >.env && echo "call with Zq8vLmW2kTr5XnP7 please" >notes.txt &&
	policy </dev/null && drill 1 --json run --no-validators &&
	grep "\"code\":\"plaintext_secret\",\"stage\":\"plaintext\"" .git/out &&
	grep "in clear in notes.txt:1 (encrypted-secret)" .git/out && grep "\"secrets_in_clear\":1" .git/out &&
	grep "\"next\":\"git vault scan --stored $(git vault list --json | sed "s/.*\"snapshots\":\[{\"id\":\"\([^\"]*\).*/\1/")\"" .git/out &&
	! grep Zq8vLmW2kTr5XnP7 .git/out .git/err && rm notes.txt && policy </dev/null &&
	drill 3 run --no-validators && test_grep "plaintext *passed" .git/out &&
	test_grep "prepare *passed.*a key that opens its scope" .git/out &&
	test_grep "save *passed" .git/out && test_grep "sentinel *passed.*before the choice" .git/out &&
	test_grep "clean *passed.*the clone is removed" .git/out
'

test_expect_success 'rules that hold are counted' '
	policy <<-\EOF &&
	drills:
	  rules:
	    there: {file: "live/**/*.tf"}
	    replicas: {file: live/prod/values.yaml, key: replicas, value: "3"}
	    tagged: {file: "live/*/values.yaml", key: image.tag}
	    net: {state: prod/net, most: 5}
	    fresh: {age: 24h}
	EOF
	drill 3 run --no-validators && test_grep "rules *passed.*5 rules of the policy hold" .git/out
'

# broken NAME RULE WORDS
broken () {
	printf "drills:\n  rules:\n    %s: %s\n" "$1" "$2" | policy &&
	drill 1 --json run --no-validators && grep "\"code\":\"rule\"" .git/out &&
	grep "rule $1: .*$3" .git/out
}

test_expect_success 'a rule that is broken is the cause, with its name, file and reason' '
	broken there "{file: dist/*.tar}" "no such file came back" &&
	broken replicas "{file: live/prod/values.yaml, key: replicas, value: \"4\"}" "replicas is not .4." &&
	broken tagged "{file: live/prod/values.yaml, key: image.digest}" "it has no key image.digest" &&
	broken net "{state: prod/net, least: 7}" "it has 0 resources, and at least 7" &&
	broken lost "{state: prod/gone}" "no such state"
'

test_expect_success 'an old snapshot breaks the rule of its age' '
	printf "drills:\n  rules:\n    fresh: {age: 1h}\n" | policy &&
	(GIT_VAULT_TEST_TIME=$(($(date +%s) + 7300)) && export GIT_VAULT_TEST_TIME &&
		drill 1 --json run --no-validators) && grep "the snapshot is 2 hours old, and 1 are allowed" .git/out
'

test_expect_success OPENSSL 'certificates have to be valid for some time' '
	mkdir -p certs && openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=a -days 20 \
		-keyout ../key.pem -out certs/a.pem 2>/dev/null &&
	printf "drills:\n  rules:\n    tls: {file: certs/*.pem, certificate: 10d}\n" | policy &&
	drill 3 run --no-validators && test_grep "rules *passed" .git/out &&
	broken tls "{file: certs/*.pem, certificate: 30d}" "ends in [12][0-9] days, and 30 are asked for" &&
	echo nothing >certs/b.pem && broken tls "{file: certs/*.pem, certificate: 1d}" "no certificate in it" &&
	rm -r certs
'

test_expect_success SPACES 'validators run in the sandbox, and a check of known-good records by its name' '
	policy <<-\EOF &&
	good:
	  checks:
	    smoke: grep -q replicas..3 live/prod/values.yaml
	drills:
	  validators:
	    smoke:
	    alone: test ! -e /root/.ssh && ! ls /home/* 2>/dev/null
	    tool: no-such-tool-here
	EOF
	drill 3 run -v && test_grep "smoke .: passed" .git/out && test_grep "alone .: passed" .git/out &&
	test_grep "tool .: could not run" .git/out
'

test_expect_success SPACES 'a validator that fails is the cause, and writes nothing outside' '
	policy <<-EOF &&
	drills:
	  validators:
	    writes: echo x >$PWD/../escaped; exit 1
	EOF
	drill 1 --json run && grep "\"code\":\"validator\"" .git/out && test_path_is_missing ../escaped
'

test_expect_success SPACES 'each validator has the tree and a home as they were restored' '
	policy <<-\END &&
	drills:
	  validators:
	    first: "echo other >live/prod/values.yaml; echo x >$HOME/.rc; echo x >/tmp/left"
	    second: "! grep -q other live/prod/values.yaml && ! test -e $HOME/.rc && ! test -e /tmp/left"
	END
	drill 0 run
'

test_expect_success SPACES 'a validator has the servers of the policy, each with a private folder, and alone' '
	policy <<-\EOF &&
	drills:
	  without: [terraform validate]
	  services:
	    one: {run: "touch $GIT_VAULT_SERVICE/up && exec sleep 100", ready: "test -e $GIT_VAULT_SERVICE/up"}
	  validators:
	    has: test -e $GIT_VAULT_SERVICES/one/up && test "$(stat -c %a $GIT_VAULT_SERVICES/one)" = 700 && touch $GIT_VAULT_SERVICES/one/left
	    alone: test -e $GIT_VAULT_SERVICES/one/up && ! test -e $GIT_VAULT_SERVICES/one/left
	EOF
	drill 0 run -v && test_grep "has .*passed" .git/out && test_grep "alone .*passed" .git/out &&
	policy <<-\EOF &&
	drills:
	  without: [terraform validate]
	  services:
	    gone: {run: "exit 3", ready: "false"}
	  validators:
	    any: "true"
	EOF
	drill 3 run && test_grep "any .*could not run: the server gone ended before it was ready" .git/out &&
	printf "drills:\n  services:\n    A/b: {run: x, ready: y}\n" | refused 3 "a service needs run and ready, and a name" &&
	printf "drills:\n  services:\n    a: {run: x}\n" | refused 3 "a service needs run and ready" &&
	printf "drills:\n  services:\n    a: {run: x, redy: y}\n" | refused 3 "ready"
'

test_lazy_prereq POSTGRES 'test_have_prereq SPACES && ls /usr/lib/postgresql/*/bin/initdb && psql --version'

test_expect_success POSTGRES 'a real database on a private socket loads what came back' '
	echo "create table booking (id int primary key);" >live/prod/schema.sql &&
	cat >../policy <<-\EOF &&
	drills:
	  without: [terraform validate]
	  services:
	    pg:
	      run: PATH=$(echo /usr/lib/postgresql/*/bin):$PATH && initdb -A trust -U drill -D $GIT_VAULT_SERVICE/data && exec postgres -D $GIT_VAULT_SERVICE/data -k $GIT_VAULT_SERVICE -c listen_addresses= -c dynamic_shared_memory_type=mmap
	      ready: psql -U drill -h $GIT_VAULT_SERVICE -c "select 1" postgres
	  validators:
	    schema: psql -q -U drill -h $GIT_VAULT_SERVICES/pg -v ON_ERROR_STOP=1 -f live/prod/schema.sql postgres
	EOF
	policy <../policy && drill 0 run -v && test_grep "schema .*passed" .git/out &&
	echo "create tabel booking (id int);" >live/prod/schema.sql && policy <../policy &&
	drill 1 run && test_grep "validate *failed.*schema: .*syntax error" .git/out && rm live/prod/schema.sql
'

test_expect_success SPACES 'nothing of a policy runs that nobody has accepted' '
	printf "drills: {}\n" | policy &&
	printf "drills:\n  validators:\n    evil: exit 1\n  rules:\n    evil: {file: none}\n" >.gitvault.yaml &&
	git add -A && git commit -qm evil && git vault -q snapshot && git push -q origin HEAD && git vault -q sync &&
	drill 0 run -v && ! grep evil .git/out &&
	printf "drills:\n  without: [terraform validate]\n  validators:\n    fine: \"true\"\n" | policy &&
	printf "  services:\n    evil: {run: exit 3, ready: \"false\"}\n" >>.gitvault.yaml && git add -A &&
	git commit -qm evil && git vault -q snapshot && git push -q origin HEAD && git vault -q sync &&
	drill 0 run -v && test_grep "fine .*passed" .git/out
'

test_lazy_prereq TERRAFORM 'test_have_prereq SPACES && CHECKPOINT_DISABLE=1 terraform version'

test_expect_success TERRAFORM 'a state that came back and its code have to agree' '
	mkdir -p stack && cat >stack/main.tf <<-\EOF &&
	resource "terraform_data" "one" {
	  input = "first"
	}
	EOF
	echo "*.tfstate" >>.gitignore && printf "drills: {without: [terraform validate]}\n" | policy &&
	(cd stack && CHECKPOINT_DISABLE=1 && export CHECKPOINT_DISABLE && terraform init -input=false >/dev/null &&
		terraform apply -auto-approve -input=false >/dev/null) && rm -rf stack/.terraform* &&
	git vault -q snapshot && git vault -q sync &&
	drill 0 run -v && test_grep "terraform plan stack: passed" .git/out &&
	sed -i s/first/second/ stack/main.tf && git vault -q snapshot && git vault -q sync &&
	drill 1 --json run && grep "\"code\":\"validator\"" .git/out &&
	grep "terraform plan: stack: Error: code and state differ: Plan: 0 to add, 1 to change, 0 to destroy" .git/out &&
	printf "terraform {\n  backend \"s3\" {}\n}\n" >stack/backend.tf && git vault -q snapshot && git vault -q sync &&
	drill 3 run -v && test_grep "terraform plan stack: could not run" .git/out && rm -r stack &&
	git vault -q snapshot && git vault -q sync
'

test_expect_success 'what is wrong in it is refused with its line' '
	printf "drills:\n  rule: {}\n" | refused 2 "rules" &&
	printf "drills:\n  rules:\n    a: {fil: x}\n" | refused 3 "file" &&
	printf "drills:\n  rules:\n    a: {file: ../x}\n" | refused 3 "from the top" &&
	printf "drills:\n  rules:\n    a: {file: x, age: 1d}\n" | refused 3 "one of file, state and age" &&
	printf "drills:\n  rules:\n    a: {age: soon}\n" | refused 3 "age" &&
	printf "drills:\n  rules:\n    a: {state: net}\n" | refused 3 "prod/network" &&
	printf "drills:\n  rules:\n    a: {state: a/b, least: -1}\n" | refused 3 "number" &&
	printf "drills:\n  rules:\n    a: {file: x, value: 1}\n" | refused 3 "needs key" &&
	printf "drills:\n  validators:\n    smoke:\n" | refused 3 "good.checks has none"
'

test_done
