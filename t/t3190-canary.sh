#!/bin/sh
# shellcheck disable=SC2154,SC2046

test_description='no planted value leaves its file, whatever the command and however it ends

Values of all kinds stand in a repository. All commands run on it, also those
that fail, are killed or have no key; after each of them the values are looked
for in every object, ref, log and file that is ours, in all that was said,
written or called, and in the temporary and home directories.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-canary.sh"
. "$TEST_DIRECTORY/lib-backend.sh"

# A repository is elsewhere, so that no scan sees what is noted here.
out=$canary/out

fill () {
	mkdir -p live/prod live/dev k8s large lib &&
	printf "%s\n" .env "*.tfvars" "*.tfstate" kubeconfig "*.jks" >.gitignore &&
	echo "password: $(plant committed)" >committed.yaml &&
	echo plain >plain.txt &&
	theirs git add . && test_tick && theirs git commit -q -m first &&
	printf "DB_PASSWORD=%s\nURL=postgres://u:%s@db.internal/x\nP%s=%s\n" \
		"$(plant env1)" "$(plant env2)" "$(plant env3)" x >.env &&
	printf "users: [{name: %s, user: {token: %s}}]\n" \
		"$(plant user)" "$(plant kube)" >kubeconfig &&
	printf "region = \"%s\"\n" "$(plant tfvars)" >live/prod/prod.tfvars &&
	printf "{\"version\": 4, \"serial\": 1, \"x\": \"%s\"}\n" "$(plant state)" \
		>live/prod/terraform.tfstate &&
	head -c 3000 /dev/urandom >live/prod/store.jks &&
	block .env && block kubeconfig && block live/prod/prod.tfvars &&
	block live/prod/terraform.tfstate && block live/prod/store.jks &&
	printf "db:\n  password: %s\n  token: %s\n" "$(plant y1)" "$(plant y2)" \
		>live/prod/app.yaml &&
	printf "db:\n  password: %s\n" "$(plant y3)" >live/dev/app.yaml &&
	printf "{\"client_secret\": \"%s\", \"n\": 1}\n" "$(plant json)" >lib/d.json &&
	printf "variable \"secret\" {\n  default = \"%s\"\n}\n" "$(plant hcl)" >lib/e.tf &&
	printf "kind: Secret\napiVersion: v1\ndata:\n  password: %s\n" \
		"$(plant k8s | base64)" >k8s/secret.yaml &&
	printf "password: %s\n" "$(plant utf16)" |
		iconv -f UTF-8 -t UTF-16 >lib/h.yaml &&
	printf "\000\001password=\"%s\"\000" "$(plant binary)" >lib/i.bin &&
	printf "password: %s\n" "$(plant allowed-not)" >lib/j.yaml &&
	{
		test_seq 1 1100000 && echo "password: $(plant large)" &&
			test_seq 1 300000
	} >large/large.yaml &&
	test "$(wc -c <large/large.yaml)" -gt 8388608 &&
	{
		test_seq 1 40000 && echo "password: $(plant chunked)" &&
			test_seq 1 40000
	} >large/chunked.yaml &&
	echo "password: $(plant staged)" >staged.yaml && theirs git add staged.yaml &&
	echo "password: $(plant unstaged)" >staged.yaml &&
	mkdir -p .gitvault/plans && cat >.gitvault/plans/lost.yaml <<-END &&
	environment: prod
	steps:
	  - {id: keys, kind: secrets, snapshot: latest}
	  - {id: out, run: ["true"], outputs: {password: {file: .env}}, on_failure: continue}
	  - {id: to, kind: switch, file: .env, key: DB_PASSWORD, to: x, on_failure: continue}
	  - {id: has, check: {file: .env, key: DB_PASSWORD, expect: x}, on_failure: continue}
	  - {id: back, kind: restore, snapshot: latest, paths: [plain.txt]}
	  - {id: agree, kind: approve, needs: [back]}
	END
	mkdir -p .git/hooks &&
	printf "#!/bin/sh\nTOKEN=ghp_%s%s\n" "$(plant hook)" "$(plant hook | cut -c1-12)" \
		>.git/hooks/pre-push &&
	git init -q nested && (
		cd nested && echo "password: $(plant nested)" >n.yaml &&
		git add . && git commit -q -m nested &&
		echo "password: $(plant nested2)" >n.yaml
	) && git config vault.chunkThreshold 256k
}

# What a policy allows is clear by somebody's leave, so no canary.
allow () {
	printf "password: %s\n" known-to-all-4711xyz >allowed.yaml &&
	cat >.gitvault.yaml <<-\END
	scan:
	  allow:
	  - {path: allowed.yaml, reason: known}
	END
}

edit () {
	echo "# more" >>live/prod/app.yaml && echo "TOKEN=$(plant env4)" >>.env &&
	block .env && sed -i "s/^  password: .*/  password: $(plant y4)/" \
		live/dev/app.yaml && rm lib/d.json && mv lib/e.tf lib/f.tf &&
	echo more >>plain.txt
}

test_expect_success 'what is looked for would be found' '
	git init -q probe && cd probe && echo "password: $(plant probe)" >x &&
	look && git hash-object -w x >/dev/null && test_must_fail look >$out &&
	test_grep " in .*/objects$" $out && rm -rf .git/objects/??/ && look &&
	head -c 300 /dev/urandom >y && block y && look &&
	tail -c +100 y | head -c 12 | git hash-object -w --stdin &&
	test_must_fail look >$out && test_grep "block.0, byte 99" $out &&
	rm -rf .git/objects/??/ && look &&
	base64 x | git hash-object -w --stdin && test_must_fail look >$out &&
	rm -rf .git/objects/??/ &&
	iconv -t UTF-16BE x | git hash-object -w --stdin && test_must_fail look >$out &&
	rm -rf .git/objects/??/ && look &&
	cp x .git/vault.x && test_must_fail look >$out && rm .git/vault.x &&
	cp x "$TMPDIR" && test_must_fail look >$out && rm "$TMPDIR/x" &&
	cp x "$HOME" && test_must_fail look >$out && rm "$HOME/x" &&
	git update-ref "refs/vault/$(plant probe)" \
		$(git commit-tree -m x $(git mktree </dev/null)) &&
	test_must_fail look >$out && test_grep " in .*/names$" $out &&
	git update-ref -d "refs/vault/$(plant probe)" && look
'

test_lazy_prereq PROC 'test -r /proc/self/environ'

test_expect_success PROC 'also what is told to a process that is there' '
	cd probe && v=$(plant probe) && mkfifo fifo && {
		X=$v sh -c "read -r end" <fifo &
	} && exec 8>fifo && rm fifo && test_must_fail look >$out &&
	test_grep " in .*/processes$" $out &&
	exec 8>&- && wait && look
'

test_expect_success STRACE 'also what is said, written, or told to a program' '
	cd probe && v=$(plant probe) &&
	run_watched_ execve,write sh -c "/bin/true $v" && test_must_fail look >$out &&
	rm "$canary"/said/$said_.* && look &&
	run_watched_ execve,write env A=$v true && test_must_fail look >$out &&
	rm "$canary"/said/$said_.* && look &&
	run_watched_ execve,write sh -c "
		sed p x >gone; rm gone" && test_must_fail look >$out &&
	rm "$canary"/said/$said_.* && look
'

test_expect_success 'a repository with values of all kinds' '
	rm -rf probe && : >"$canary/values" && : >"$canary/blocks" &&
	git init -q repo && cd repo && fill && allow
'

test_expect_success 'the first snapshot, and the next ones' '
	cd repo && watched snapshot && look && watched -v snapshot --json --force && look &&
	edit && watched snapshot -m again && look &&
	git cat-file -p $(git for-each-ref --sort=-refname --count=1 \
		--format="%(objectname)" refs/vault/snapshots):tree/allowed.yaml >$out &&
	test_cmp allowed.yaml $out
'

test_expect_success 'with nothing cached, too, and of some paths only' '
	cd repo && rm -f .git/vault/index .git/vault/facts .git/vault/scanned &&
	watched snapshot --force && look &&
	echo more >>plain.txt && watched snapshot --only live && look &&
	watched snapshot --dry-run && watched snapshot --force && look
'

cat >"$canary/ways" <<\END
list
list --json
show latest
show --json latest
diff -p latest~1 latest
diff -p latest
diff --json latest~2 latest
log -p live/dev/app.yaml
log -p .env
log
log -p
log --json
log --json live/prod/app.yaml
cat latest:.env
cat latest:live/prod/app.yaml
cat latest:lib/h.yaml
ls -R latest
ls --json latest
archive latest
status
status --json
status --explain .env
env
env --explain live/prod/app.yaml
env --keys
env --json --keys
env --status
check --severity info
check --json --severity info
check --format sarif
check --patch --severity info
graph
graph --json
graph --format dot
graph --format svg
graph --format html
config list --layout env --origin
config list --json --layout env
config render --layout env --format env
config render --layout env --at latest
config explain --layout env TOKEN
config get --layout env TOKEN
config diff --layout env @latest @latest~1
config history --layout env TOKEN
config history --layout env TOKEN --json
config validate --layout env --all
config validate --layout env --all --json
config access explain .env
config validate --layout env --all --format html
drift dev prod
drift --json dev prod
drift -v --all
drift --patch dev prod
drift -v --since latest dev prod
drift --json --since HEAD --all
drift -v --state dev prod
drift --json --state dev prod
component list
component list --json
component run
component verify --all
drill run --snapshot latest
drill run --snapshot latest --json
drill run --fault missing-key --snapshot latest
drill list
drill status
drill run --no-validators --random --seed 1 --report ../reports --json
drill bisect latest~1 latest
plan list
plan lint
plan show lost
plan show --json lost
plan graph --format dot lost
plan estimate lost
plan test lost
plan drill lost
plan run --yes lost
plan status
plan status --json
plan approve lost 1 agree
plan resume
plan abort
plan undo --yes Z-
plan history
emergency-card
emergency-card --format html
plan schema
plan new
plan new --template leaked-secret --env prod
recover -n --snapshot latest prod
overview
overview --json
project add
project
project show
project show --json
project link . --from .@main
project unlink .
projects
projects --json
fleet verify --root .
fleet status --root . --json
-A status
-A list --json
search --commits password
search --commits --symbol password
schedule
schedule list --json
schedule status
schedule run
schedule run --json
watch status
watch status --json
watch poke f
list --auto
list --auto --json
search --commits --json --regex [a-z]*[:=].*
search -A password
reuse
reuse --json
reuse f
stats
stats --json
verify --all --deep
verify --all --deep --json
scan
scan --json
scan --all-history
doctor
doctor --json
health
metrics
repair
repair -n
tag latest kept
pin latest~1
secret list
secret list --json
secret list --reuse
secret list --scope prod
key list
key list --json
key list nobody
init
unpin latest~1
completion bash
version
restore latest --in-place -n
restore latest --in-place -n --env prod
restore latest --in-place -n --with-related live
list --no-such-option
restore no-such-snapshot --to nowhere
key show
key rotate
key reseal
fold
fold --reclaim --expire now
prune --keep-last 2 -n
prune --keep-last 2
prune --keep-last 1 --reclaim
purge -n live/dev/app.yaml
purge
verify --all --deep
help
END

test_expect_success 'all that looks, and all that tidies' '
	cd repo && echo "later: $(plant later)" >>.env && block .env &&
	sed -i "s/^  password: .*/  password: $(plant y5)/" live/dev/app.yaml &&
	while read -r way
	do
		watched $way </dev/null
		case $? in
		0 | 1 | 3 | 128 | 129) ;;
		*)
			echo "$way: $?" && cat "$canary"/said/$said_.*err
			return 1
			;;
		esac
	done <"$canary/ways" && look && watched snapshot && look
'

test_expect_success 'what is given out is where it was asked for, and nowhere else' '
	cd repo && rm -rf $out && mkdir $out && giving restore latest --to $out/to && look &&
	cmp .env $out/to/.env && cmp live/prod/store.jks $out/to/live/prod/store.jks &&
	cmp large/large.yaml $out/to/large/large.yaml &&
	cmp large/chunked.yaml $out/to/large/chunked.yaml &&
	giving cat --secrets latest:.env && cmp .env "$canary/stdout" && look &&
	giving archive --secrets latest && look &&
	echo "x: $(plant shown)" >>.env && giving status --secrets && look &&
	test_expect_code 1 giving diff --secrets latest && look &&
	giving log -p --secrets .env && look && giving show --secrets latest && look &&
	cp $out/to/.env .env && cp .env $out/ours && echo A=1 >>$out/ours &&
	giving config merge-file .env $out/ours .env .env && look && rm $out/ours &&
	echo broken >live/dev/app.yaml && rm .env &&
	giving restore latest --in-place && look && cmp .env $out/to/.env &&
	watched undo -n && look && watched undo --yes && look &&
	giving undo --yes && look && cmp .env $out/to/.env &&
	watched restore latest --to $out/no --no-secrets && look &&
	giving secret export --format json && look &&
	id=$(git vault secret list --scope dev --json | grep -o "\"id\": *\"[0-9a-f]*" |
		sed "s/.*\"//" | sed -n 1p) && test -n "$id" &&
	watched secret show $id && watched secret history $id &&
	giving secret show --reveal --output $out/value --reason why $id &&
	test_file_not_empty $out/value && look
'

gives () {
	cat <<-\END
	cat --secrets latest:.env
	cat --secrets latest:large/large.yaml
	archive --secrets latest
	secret export --format json
	secret export --format k8s
	diff -p latest~1 latest
	diff --secrets latest~1 latest
	log -p --secrets .env live
	log -p --secrets
	show --secrets latest
	END
}

test_expect_success 'whose stdout has no room, or leads to nobody, says none elsewhere' '
	cd repo && echo "# for diff" >>live/prod/app.yaml && watched snapshot &&
	gives >$out/gives && test_when_finished "canary_out=\$canary/stdout" &&
	while read -r way
	do
		canary_out=/dev/full && test_expect_code 128 giving $way &&
		test_grep "stdout\|standard output" $canary/said/$said_.*.err &&
		canary_out=$out/fifo && rm -f $out/fifo && mkfifo $out/fifo &&
		{ head -c 1 <$out/fifo >/dev/null & } &&
		test_might_fail giving $way && wait || return 1
	done <$out/gives && look
'

test_expect_success 'values that come and go by the secret command' '
	cd repo && printf "A_TOKEN=%s\n" "$(plant import)" >$out/in &&
	watched secret import --scope prod $out/in && look &&
	id=$(sed -n "s/^\([0-9a-f]*\) A_TOKEN.*/\1/p" "$canary"/seen/$said_.*.out) &&
	plant rotated >$out/in &&
	watched secret rotate --value-from $out/in --reason due $id && look &&
	watched secret revoke --reason lost $id && look &&
	plant y4 >$out/in && watched secret purge -n --stdin <$out/in && look &&
	watched secret purge --stdin <$out/in && look
'

test_lazy_prereq PYTHON 'command -v python3'

# state_ SERIAL: one of Terraform, with values wherever it has some
state_ () {
	cat <<-END
	{ "version": 4, "terraform_version": "1.9.5", "serial": $1,
	"lineage": "3f1c2a58-0c3e-4a57-9b57-2f5f0d9a7c11",
	"outputs": {
	"url": { "value": "postgres://u:$(plant "out $1")@x/y", "type": "string" },
	"key": { "value": "$(plant out)", "type": "string", "sensitive": true } },
	"resources": [
	{ "mode": "managed", "type": "aws_db_instance", "name": "db",
	"provider": "provider[\"registry.terraform.io/hashicorp/aws\"]",
	"instances": [ { "schema_version": 1, "attributes": {
	"id": "db-1", "password": "$(plant "password $1")",
	"user_data": "$(plant user_data | base64)",
	"settings": { "deep": [ 1, { "token": "$(plant deep)" } ] } },
	"sensitive_attributes": [ [ { "type": "get_attr", "value": "password" } ] ],
	"private": "$(plant private | base64)",
	"dependencies": [ "aws_vpc.main" ] },
	{ "deposed": "0123abcd", "schema_version": 1, "attributes": {
	"id": "$(plant "id $1")" }, "sensitive_attributes": [] } ] },
	{ "mode": "managed", "type": "tls_private_key", "name": "k",
	"provider": "provider[\"registry.terraform.io/hashicorp/tls\"]",
	"instances": [ { "status": "tainted", "index_key": "eu", "attributes": {
	"private_key_pem": "$(plant pem)" } } ] } ],
	"check_results": [ { "object_addr": "x", "failure_messages": [
	"$(plant "check $1")" ] } ] }
	END
}

cat >"$canary/states" <<\END
list
list --json
show --env prod --stack net
show --env prod --stack net --json latest~1
log --env prod --stack net
log --env prod --stack net --json
diff --env prod --stack net
diff --env prod --stack net --json serial:1 latest
diff --env prod --stack net --stat
at --env prod --stack net HEAD
at --env prod --stack net --json HEAD
for-resource --env prod --stack net aws_db_instance.db
for-resource --env prod --stack net --json output.url
blame --env prod --stack net aws_db_instance.db
blame --env prod --stack net --json tls_private_key.k["eu"]
verify --env prod --stack net
verify --env prod --stack net --json serial:1
verify --env prod --stack cut
verify --env prod --stack odd --json
show --env prod --stack cut --json
show --env prod --stack odd
triage --env prod --stack net cut.tfstate
triage --env prod --stack net --json cut.tfstate
triage --env prod --stack net --json odd.tfstate
triage --env prod --stack cut latest
triage --env prod --stack net s.tfstate
lock --env prod --stack net --operation apply
locks
locks --json
unlock --env prod --stack net
END

test_expect_success 'the versions of a state' '
	cd repo && state_ 1 >s.tfstate && state_ 2 >t.tfstate && state_ 2 >u.tfstate &&
	sed -i "s/db-1/db-2/" u.tfstate && head -c 900 t.tfstate >cut.tfstate &&
	{ echo "no state" && plant odd && cat live/prod/store.jks; } >odd.tfstate &&
	test_when_finished "rm repo/?.tfstate repo/cut.tfstate repo/odd.tfstate" &&
	watched state save --new --env prod --stack net s.tfstate && look &&
	watched state save --new --env prod --stack net --json - <t.tfstate && look &&
	test_expect_code 128 watched state save --new --env prod --stack net s.tfstate &&
	watched state save --new --env prod --stack net --force --reason odd s.tfstate &&
	watched state save --new --env prod --stack net --force --reason odd u.tfstate &&
	watched state save --new --env prod --stack cut cut.tfstate && look &&
	watched state save --new --env prod --stack odd odd.tfstate && look &&
	while read -r way
	do
		watched state $way </dev/null || test $? = 1 || {
			echo "$way:" && cat "$canary"/said/$said_.*err
			return 1
		}
	done <"$canary/states" && look &&
	for way in "blame --env prod --stack net no.such" \
		"show --env prod --stack net 0000" \
		"save --env prod --stack net --json cut.tfstate" \
		"repair --env prod --stack net odd.tfstate" \
		"repair --env prod --stack net s.tfstate"
	do
		test_expect_code 128 watched state $way </dev/null || return 1
	done && look
'

test_expect_success 'one is given out where it was asked for, and nowhere else' '
	cd repo && rm -f $out/state && state_ 2 >$out/expect &&
	test_when_finished "rm -f $out/state $out/expect" &&
	giving state restore --env prod --stack net --to $out/state latest~2 &&
	look && cmp $out/expect $out/state &&
	test_expect_code 128 watched state restore --env prod --stack net \
		--to $out/state && look &&
	giving state restore --env prod --stack net latest~2 &&
	cmp $out/expect "$canary/stdout" && look &&
	giving state restore --env prod --stack net --push-ready serial:1 && look &&
	giving state restore --env prod --stack cut && look &&
	giving state repair --env prod --stack cut latest && look &&
	giving state repair --env prod --stack cut --json --to $out/whole latest &&
	look && rm $out/whole &&
	test_expect_code 128 giving state restore --env prod --stack odd \
		--push-ready && look &&
	GIT_VAULT_IDENTITY=$canary/nobody.key && export GIT_VAULT_IDENTITY &&
	test_when_finished "unset GIT_VAULT_IDENTITY" &&
	git vault key generate -o $canary/nobody.key >$out/nobody.pub &&
	test_expect_code 5 watched state restore --env prod --stack net && look &&
	test_expect_code 1 watched state verify --env prod --stack net && look
'

# serve_ HOW [OPTION…]: the server of states beside us, in this way
serve_ () {
	rm -f "$canary/sock"
	"$@" ${serving_:-state serve} --listen "unix:$canary/sock" \
		--credentials "$canary/people" &
	serve_=$! said_=$((said_ + 1)) tries_=0
	until test -S "$canary/sock" || test $tries_ = 300
	do
		tries_=$((tries_ + 1)) && sleep 0.1
	done
}

# The server itself, and not strace, which tells of it.
end_serve_ () {
	kill $(ps -e -o pid=,args= | sed -n \
		"s|^ *\([0-9]*\) [^ ]*git-vault [a-z ]*serve .*$canary/sock.*|\1|p") &&
		wait $serve_
}

# at_ METHOD PATH [OPTION…]: what the server says of it; sets $code
at_ () {
	method_=$1 path_=$2 && shift 2 &&
		code=$(curl -s --unix-socket "$canary/sock" -X "$method_" -o $out/got \
			-u "ann:$(plant 'a password')" -w "%{http_code}" "$@" \
			"http://x/state/prod/$path_")
}

test_lazy_prereq SERVER 'command -v curl && command -v ps &&
	grep -q "^MICROHTTPD_LIBS = ." "$GIT_VAULT_BUILD_DIR/Makefile"'

test_expect_success SERVER 'one is served' '
	cd repo && state_ 1 >s.tfstate && state_ 2 >t.tfstate &&
	test_when_finished "rm repo/?.tfstate" &&
	echo "* ann $(plant "a password" | sha256sum | cut -c -64)" >"$canary/people" &&
	chmod 600 "$canary/people" && serve_ watched &&
	at_ LOCK web -d "{\"ID\":\"one\"}" && test $code = 200 &&
	at_ POST "web?ID=one" --data-binary @s.tfstate && test $code = 200 &&
	at_ POST "web?ID=two" --data-binary @t.tfstate && test $code = 423 &&
	at_ POST "web?ID=one" --data-binary @t.tfstate && test $code = 200 &&
	at_ POST "web?ID=one" --data-binary @s.tfstate && test $code = 409 &&
	at_ POST "web?ID=one" --data-binary @s.tfstate -H "Content-MD5: x" &&
	test $code = 400 && at_ UNLOCK web && test $code = 200 && look && end_serve_ &&
	look && serve_ giving && at_ GET web && test $code = 200 &&
	cmp t.tfstate $out/got && at_ DELETE web && test $code = 200 && look &&
	end_serve_ && look
'

test_expect_success SERVER 'and configuration, without its secrets' '
	cd repo && mkdir config && echo "password: $(plant committed)" >config/base.yaml &&
	theirs git add config && theirs git commit -q -m config && serving_=serve &&
	test_when_finished "rm -rf config" && serve_ watched &&
	for path in v1/config/-/- v1/config/-/-/password spring/web/prod v1/health metrics
	do
		curl -s --unix-socket "$canary/sock" -o $out/got "http://x/$path" \
			-u "ann:$(plant "a password")" && test_file_not_empty $out/got &&
		test_grep ! "$(plant committed)" $out/got || return 1
	done && look && end_serve_ && look
'
test_have_prereq SERVER ||
	test_write_lines "git-vault state serve" "git-vault serve" >"$canary/seen/0.command"

# policy_for_ KEEP: of the scope prod, beside what it says already
policy_for_ () {
	{
		cat $out/policy && echo "scopes:" &&
			echo "  prod: { keep: $1, vault: team }" &&
			echo "vaults:" && echo "  team: { kind: hashicorp }"
	} >.gitvault.yaml && accept_policy
}

policy_back_ () {
	mv $out/policy repo/.gitvault.yaml && accept_policy repo
}

# What the vault is given is in the calls, so those are not looked at then.
test_expect_success PYTHON 'values that go to a vault of others, and come back' '
	cd repo && cp .gitvault.yaml $out/policy &&
	test_when_finished "policy_back_; backend_stop" &&
	backend_vault && policy_for_ vault && watched secret migrate -n && look &&
	test_expect_code 128 test_env VAULT_ADDR=http://127.0.0.1:1 \
		git-vault secret migrate >"$canary/said/down.out" \
		2>"$canary/said/down.err" && look &&
	git vault secret migrate >"$canary/said/there.out" \
		2>"$canary/said/there.err" && look &&
	for keep in both git
	do
		policy_for_ $keep && watched secret migrate --reason due &&
		look || return 1
	done && test_grep "no longer sought in the vault team" \
		"$canary"/seen/$said_.*.out
'

# id_in FILE: of the one value that stands there; a file that was read again may
# have sent others to the vault of others as well
id_in () {
	git vault secret list --json | python3 -c "if True:
		import json, sys
		for one in json.load(sys.stdin)['secrets']:
			if any(p['path'] == '$1' for p in one['places']):
				print(one['id'])"
}

test_expect_success PYTHON 'what a vault of others has lost is stored anew, or told of' '
	cd repo && cp .gitvault.yaml $out/policy &&
	test_when_finished "policy_back_; backend_stop" &&
	test_when_finished "rm -f repo/live/prod/lost.yaml" &&
	backend_vault && policy_for_ vault &&
	printf "db:\n  password: %s\n" "$(plant lost)" >live/prod/lost.yaml &&
	git vault snapshot >"$canary/said/lost.out" \
		2>"$canary/said/lost.err" && look &&
	full=$(id_in live/prod/lost.yaml) &&
	id=$(git ls-tree -r --name-only refs/vault/secrets/prod |
		sed -n "s|^../\(.*${full#??}\)\.ref|\1|p") && test -n "$id" &&
	curl -fsS -H "X-Vault-Token: $VAULT_TOKEN" -H "X-Vault-Request: true" \
		-d "{\"versions\":[1]}" \
		"$VAULT_ADDR/v1/secret/destroy/git-vault/prod/$id" &&
	watched repair -n && look &&
	git vault repair >"$canary/said/anew.out" \
		2>"$canary/said/anew.err" &&
	test_grep "stored again.*lost.yaml" "$canary/said/anew.out" && look &&
	rm live/prod/lost.yaml &&
	curl -fsS -H "X-Vault-Token: $VAULT_TOKEN" -H "X-Vault-Request: true" \
		-d "{\"versions\":[2]}" \
		"$VAULT_ADDR/v1/secret/destroy/git-vault/prod/$id" &&
	test_expect_code 1 watched repair && look &&
	git vault delete --force latest
'

test_expect_success 'one is purged with what sealed it' '
	cd repo && id=$(git vault secret list --scope prod |
		sed -n "s/^\([0-9a-f]*\) .*prod\.tfvars.*/\1/p") && test -n "$id" &&
	giving secret export --format age --output $out/bundle.age $id && look &&
	watched secret purge -n --forget $id && look &&
	watched delete -n latest && look
'

test_expect_success 'keys that come and go' '
	cd repo && canary_keys=$canary/bob.key && look &&
	git vault key generate -o $canary/bob.key >$out/bob.pub &&
	watched key add --name bob --scope dev "$(head -n 1 $out/bob.pub)" && look &&
	watched secret list && watched key show bob && look &&
	watched key signer && watched key signer bob "$(sed -n 2p $out/bob.pub)" &&
	look &&
	watched key remove bob && look &&
	echo five random words >phrase.txt &&
	giving key escrow -o $out/escrow --passphrase-file phrase.txt && look &&
	watched key recover -o $canary/back.key --passphrase-file phrase.txt \
		$out/escrow && canary_keys="$canary_keys $canary/back.key" && look &&
	watched key generate -o $canary/other.key &&
	canary_keys="$canary_keys $canary/other.key" && look &&
	watched snapshot --force && look
'

test_expect_success 'the keyring of a team takes the place of our own' '
	cp -a repo kept && test_when_finished "rm -rf repo && mv kept repo" &&
	git init -q $out/team && test_env GIT_VAULT_IDENTITY=$canary/other.key \
		git -C $out/team vault init &&
	print=$(git -C $out/team vault key list | sed -n "1s/.* //p") &&
	cd repo && git remote add team $out/team &&
	git fetch -q team "+refs/vault/*:refs/vault-remote/team/*" &&
	test_must_fail watched key adopt SHA256:none && look &&
	for name in bob escrow
	do
		test_might_fail watched key remove $name || return 1
	done && watched key adopt "$print" && look && watched snapshot --force && look
'

test_expect_success 'nobody has a key' '
	cd repo && git vault key generate -o $canary/none.key >$out/none.pub &&
	GIT_VAULT_IDENTITY=$canary/none.key && export GIT_VAULT_IDENTITY &&
	test_when_finished "unset GIT_VAULT_IDENTITY" &&
	state=refs/vault/state/prod/live.prod && was=$(git rev-parse $state) &&
	test_when_finished "git -C \"$PWD\" update-ref $state $was" &&
	test_expect_code 5 watched restore latest --to $out/none && look &&
	test_expect_code 5 watched restore latest --to $out/none --overwrite always &&
	test_expect_code 5 watched cat --secrets latest:.env && look &&
	test_expect_code 5 watched archive --secrets latest && look &&
	test_expect_code 5 watched secret export && look &&
	rm live/dev/app.yaml && test_expect_code 5 watched restore latest --in-place && look &&
	watched verify --all --deep && look &&
	echo "password: $(plant no-key)" >new.yaml && test_might_fail watched snapshot && look
'

# An identity that is none, with what could be a key in it.
bad_keys () {
	key=$(grep "^AGE-SECRET-KEY-1" "$identity") &&
	printf "%s\n" "AGE-SECRET-KEY-1$(plant bad1)" >$canary/bad1.key &&
	printf "%s\n" "${key%??????}" >$canary/bad2.key &&
	printf "%s\n" "${key%????}QQQQ" >$canary/bad3.key &&
	printf "%s\n" "$key$(plant bad2)" >$canary/bad4.key &&
	printf -- "-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n-----END" \
		"$(plant bad3)" >$canary/bad5.key &&
	printf -- "-----BEGIN AGE ENCRYPTED FILE-----\n%s\n" \
		"$(plant bad4)" >$canary/bad6.key &&
	printf "AGE-PLUGIN-%s-1%s\n" NONE "$(plant bad5)" >$canary/bad7.key &&
	plant bad6 >$canary/bad8.key && : >$canary/bad9.key &&
	chmod 600 $canary/bad?.key
	echo "${key%??????}" >>"$canary/values"
}

test_expect_success 'whose key is damaged is told so without it' '
	cd repo && bad_keys && test_when_finished "unset GIT_VAULT_IDENTITY" &&
	for n in 1 2 3 4 5 6 7 8 9
	do
		GIT_VAULT_IDENTITY=$canary/bad$n.key && export GIT_VAULT_IDENTITY &&
		for way in "restore latest --to $out/bad$n" "cat --secrets latest:.env" \
			"secret export" "key rotate" "key signer" "snapshot --force" \
			"key add --name x --identity $canary/bad$n.key $canary/bad$n.key"
		do
			test_might_fail watched $way || return 1
		done && ! test -e $out/bad$n/.env || ! cmp .env $out/bad$n/.env ||
			return 1
	done && unset GIT_VAULT_IDENTITY && look
'

# damage REF: another byte in the middle of the first file of its tree
damage () {
	entry=$(git ls-tree -r "$1" | sed -n 1p) && o=${entry#* * } &&
		o=${o%%	*} && path=${entry#*	} &&
		git cat-file blob $o >$out/blob &&
		printf x | dd of=$out/blob bs=1 seek=60 conv=notrunc 2>/dev/null &&
		new=$(git hash-object -w $out/blob) &&
		GIT_INDEX_FILE=$out/index && export GIT_INDEX_FILE &&
		git read-tree "$1" &&
		git update-index --add --cacheinfo "100644,$new,$path" &&
		tree=$(git write-tree) && unset GIT_INDEX_FILE &&
		git update-ref "$1" $(git commit-tree -p "$1" -m x $tree)
}

test_expect_success 'what is damaged' '
	cat >$out/ways <<-END &&
	watched verify --all --deep
	giving restore latest --to $out/bad
	giving restore latest --in-place
	watched secret list
	giving secret export
	watched key list
	watched doctor
	watched repair
	watched snapshot --force
	END
	for ref in refs/vault/secrets/prod refs/vault/secrets/shared refs/vault/keyring
	do
		rm -rf bad && cp -a repo bad && (
			cd bad && damage $ref && rm -rf $out/bad &&
			while read -r how way
			do
				$how $way
				code=$?
				test $code -le 128 || {
					echo "$way: $code"
					return 1
				}
			done <$out/ways && look
		) || return 1
	done
'

test_expect_success SANITY 'where nothing can be written' '
	rm -rf bad && cp -a repo bad && cd bad && echo "password: $(plant ro)" >ro.yaml &&
	chmod -R a-w .git && test_when_finished "chmod -R u+w bad/.git" &&
	test_must_fail watched snapshot && look
'

digest=$(printf app | sha256sum | cut -d" " -f1)

test_expect_success 'what was good, hooks, the audit and another clone' '
	cd repo && git init -q --bare "$canary/far" && git remote add far "$canary/far" &&
	printf "{\"bomFormat\":\"CycloneDX\",\"components\":[{\"name\":\"a\",\"purl\":\"pkg:npm/a?u=https://u:%s@h\",\"hashes\":[{\"alg\":\"SHA-256\",\"content\":\"%s\"}]}]}" \
		"$(plant bill)" $digest >$out/bom.json &&
	test_when_finished "git -C \"$PWD\" remote remove far" &&
	event=$(git for-each-ref --count=1 --format="%(objectname)" refs/vault/audit) &&
	later () {
		echo later >later && git add later && git commit -q -m later
	} &&
	agree () {
		printf "environments:\n  next: { approvals: 1 }\n" \
			>>.gitvault.yaml && git add .gitvault.yaml &&
			git commit -q -m agree && accept_policy &&
			git config vault.auditName agreed
	} &&
	# what is marked is what the commit has
	git commit -q -m plain plain.txt && cat >$out/ways <<-END &&
	watched snapshot
	watched good mark --snapshot latest prod --artifact app=sha256:$digest
	watched good list
	watched good show prod 1 --json
	watched good verify prod 1
	watched good export prod 1
	watched good diff prod 1 1
	watched artifact record web=sha256:$digest
	watched artifact record --from $out/bom.json
	watched artifact list
	watched artifact find $digest
	watched hooks install --only pre-commit
	watched hooks status
	watched hooks run -- pre-commit
	watched hooks uninstall --only pre-commit
	watched policy diff
	watched policy show
	watched policy accept --yes
	watched audit list
	watched audit show $event
	watched audit verify
	watched audit export --format csv
	watched audit export --control CC7.5 --into $out/evidence
	watched sync far
	watched sync --only prod far
	watched doctor --json far
	watched health
	watched health --json
	watched health --html $out/health.html
	watched env
	watched env --json --explain live
	watched clone $canary/far $out/cloned
	watched replicate add near file://$canary/near
	watched replicate push
	watched replicate
	watched replicate list
	watched replicate verify --level read
	watched replicate restore near $out/restored
	watched replicate prune near --grace 1s
	watched replicate remove near
	watched rollback prod --to 1 -n --scope secrets
	watched rollback prod --to 1 --scope code
	giving rollback prod --to 1 --scope files
	later
	watched rollback prod --to 1 --as-commit
	watched good revoke prod 1 --reason spent
	watched good check prod
	watched sync far --json
	watched list --on far --json
	watched list --not-on far -v
	watched policy show
	watched policy diff
	watched policy accept
	watched undelete --all
	agree
	watched good mark next
	watched rollback next --approve --reason again
	END
	mkdir -p "$canary/near" && while read -r how way
	do
		code=0 && { $how $way </dev/null || code=$?; } &&
		case $code in 0 | 1 | 3) ;; *) false ;; esac || {
			echo "$way:" && cat "$canary"/said/$said_.*err
			return 1
		}
	done <$out/ways && look
'

test_expect_success 'a bundle has what is sealed, and so has who takes it' '
	cd repo && rm -f $out/all $out/more &&
	test_expect_code 3 watched export $out/all && look &&
	test_expect_code 3 watched export --json --incremental $out/more && look &&
	test_expect_code 128 watched export $out/all && look &&
	git bundle unbundle $out/all >/dev/null && look &&
	watched import $out/all && look && watched import --json -n $out/more && look &&
	git init -q ../taken && cd ../taken && watched import $out/all && look &&
	head -c 3000 $out/all >$out/cut &&
	test_expect_code 128 watched import $out/cut && look
'

test_expect_success 'no command is left out' '
	cat "$canary"/seen/*.command >$out/run && git vault help >$out/help &&
	for name in $(sed -n "s/^    \([a-z][a-z-]*\)  .*/\1/p" $out/help)
	do
		test_grep "^git-vault\( -[^ ]*\)* $name\b" $out/run || return 1
	done &&
	for command in audit artifact good hooks key plan policy secret state
	do
		test_expect_code 129 git vault $command -h >$out/usage &&
		sed -n "s/^.......git vault $command \([a-z-]*\).*/\1/p" $out/usage |
			sort -u >$out/verbs && test_file_not_empty $out/verbs &&
		for verb in $(cat $out/verbs)
		do
			test_grep "^git-vault $command $verb\b" $out/run || return 1
		done
	done
'

strikes=3
test -z "$GIT_VAULT_TEST_LONG" || strikes=1000

test_expect_success 'the disk is full, or it is killed: a few moments' '
	git init -q few && cp -r repo/live repo/lib repo/k8s repo/.gitignore few &&
	(cd few && watched -q snapshot && look) &&
	for mode in full kill tear
	do
		n=1 total=1 && while test $n -le $total
		do
			rm -rf bad && cp -a few bad && (
				cd bad && echo "password: $(plant fault)" >fault.yaml &&
				echo "X=$(plant fault2)" >>.env && block .env &&
				: >"$TRASH_DIRECTORY/fault.log" &&
				faulty $mode:$n git-vault snapshot \
					>"$canary/said/fault.out" 2>"$canary/said/fault.err"
				look && git vault -q snapshot >$out/id && look
			) || return 1
			test $n != 1 || {
				rm -rf bad && cp -a few bad &&
				: >fault.log && (
					cd bad && echo "X=1" >>.env &&
					faulty count:0 git-vault -q snapshot
				) && total=$(fault_calls)
			} || return 1
			test_tally 1 "calls struck: $mode" &&
			n=$((n + 1 + total / strikes)) || return 1
		done
	done
'

test_done
