#!/bin/sh

test_description='git vault state: what is no state, is coded otherwise, or was deleted'
. "$(dirname "$0")/test-lib.sh"

# state SERIAL: of Terraform
state () {
	printf '{"version":4,"terraform_version":"1.9.0","serial":%s,"lineage":"7e1f","outputs":{},"resources":[{"mode":"managed","type":"t","name":"a","provider":"p","instances":[{"schema_version":0,"attributes":{"id":"i-%s"}}]}]}\n' "$1" "$1"
}

save () {
	git vault state save --new --env prod --stack "$@"
}

utf16 () {
	$PYTHON -c 'import sys; sys.stdout.buffer.write(sys.stdin.read().encode(sys.argv[1]))' "$1"
}
PYTHON=$(command -v python3)

test_expect_success 'bytes that are no state are refused over a state, unless forced' '
	state 7 >s && save net s && n=0 &&
	printf "<html>502 Bad Gateway</html>" >x1 && echo abcd >x2 && echo "{}" >x3 &&
	echo "[]" >x4 && head -c 4096 /dev/zero >x5 && printf "{\"error\":\"denied\"}" >x6 &&
	echo "null" >x7 && echo "key: value" >x8 && head -c 300 /dev/urandom >x9 &&
	for f in x1 x2 x3 x4 x5 x6 x7 x8 x9
	do
		test_expect_code 128 save net $f 2>err &&
		test_grep "it is not a state, but the last version is one of terraform" err &&
		test_grep "to save it anyway: git vault state save FILE --env prod --stack net --force --reason TEXT" err || return 1
	done && git vault state restore --env prod --stack net >out && test_cmp s out &&
	save net --force --reason "as it was" x1 2>err && save net s &&
	git vault state restore --env prod --stack net >out && test_cmp s out
'

test_expect_success 'so is the state of another tool, or a plan' '
	printf "{\"format_version\":\"1.2\",\"terraform_version\":\"1.9.0\",\"planned_values\":{},\"resource_changes\":[]}" >plan &&
	printf "{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"a\"}}]}" >k8s &&
	for f in plan k8s
	do
		test_expect_code 128 save net $f 2>err &&
		test_grep "but the last version is a state of terraform" err || return 1
	done
'

test_expect_success 'a list of hosts goes on, as it never was a state' '
	printf "web1\nweb2\n" >hosts && save inventory hosts && echo web3 >>hosts &&
	save inventory hosts
'

test_expect_success PYTHON 'in another coding it is called what it is, and its guards hold' '
	state 8 | utf16 utf-16 >c1 && state 9 | utf16 utf-16-be >c2 &&
	state 10 | utf16 utf-16-le >c3 && state 11 | gzip -n >c4 &&
	{ printf "\357\273\277" && state 12; } >c5 &&
	for f in c1:8:UTF-16 c2:9:UTF-16 c3:10:UTF-16 c4:11:gzip c5:12:"byte order mark"
	do
		IFS=: read -r file serial name <<-EOF &&
		$f
		EOF
		save net $file 2>err && test_grep "warning: it is .*$name" err &&
		test_grep "git vault state repair" err &&
		git vault state show --env prod --stack net >out &&
		test_grep "^Tool  *terraform" out && test_grep "^Serial  *$serial" out &&
		test_grep ! "^Damage" out &&
		git vault state restore --env prod --stack net >out && test_cmp_bin $file out &&
		test_expect_code 1 git vault state triage $file >out &&
		test_grep "^encoded: it is .*$name" out &&
		git vault state repair --env prod --stack net --to fixed $file &&
		grep "\"lineage\": *\"7e1f\"" fixed && rm fixed || return 1
	done && test_expect_code 128 save net c1 2>err && test_grep "it is older" err
'

test_expect_success PYTHON 'one that is damaged is that, too' '
	head -c 101 c1 >d1 && head -c 60 c4 >d4 && echo text | gzip -n >d6 &&
	test_expect_code 1 git vault state triage d1 >out && test_grep -i "utf-16\|nul" out &&
	for f in d1 d4 d6
	do
		test_expect_code 128 save net $f 2>err &&
		test_grep "it is not a state, but .*it is .*\(UTF-16\|gzip\)" err || return 1
	done
'

test_expect_success 'a policy that seals a part does not leave coded bytes in clear' '
	printf "state:\n  seal: none\n" >.gitvault.yaml && accept_policy &&
	state 3 | gzip -n >z && save zip z 2>err && test_grep "it is fully encrypted, since nothing marks" err &&
	git vault state show --env prod --stack zip >out && test_grep "^Sealed  *full" out &&
	rm .gitvault.yaml
'

test_expect_success 'YAML that is indented is read' '
	printf "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: a\n" >flat &&
	sed "s/^/  /" flat >y1 && sed "s/^/        /" flat >y2 &&
	{ printf "# from the cluster\n\n"; sed "s/^/    /" flat; } >y3 &&
	{ printf -- "---\n"; sed "s/^/ /" flat; } >y4 && { printf "\357\273\277"; cat flat; } >y5 &&
	for f in y1 y2 y3 y4 y5
	do
		save $f $f 2>err && git vault state show --env prod --stack $f >out &&
		test_grep "^Tool  *kubernetes" out && test_grep ! "^Damage" out || return 1
	done
'

# terraform SERIAL IDENTITY PRIVATE STATUS DEPOSED DEPENDENCIES SCHEMA
terraform () {
	printf '{"version":4,"terraform_version":"1.12.2","serial":%s,"lineage":"9","outputs":{},"resources":[{"mode":"managed","type":"t","name":"r","provider":"p","instances":[' "$1"
	test -z "$5" || printf '{"schema_version":0,"deposed":"%s","attributes":{"id":"old"}},' "$5"
	printf '{"schema_version":%s,%s"attributes":{"id":"a","identity":"x","status":"on"},%s%s"private":"%s"}]}]}\n' \
		"${7:-0}" "$4" "$2" "$6" "$3"
}

test_expect_success 'what changed beside the attributes is named by diff and blame' '
	name="\"identity\":{\"account\":\"1\",\"name\":\"%s\"}," &&
	terraform 1 "$(printf "$name" role-a)" AAAA "" "" "" >b1 &&
	terraform 2 "$(printf "$name" role-b)" AAAA "" "" "" >b2 &&
	terraform 3 "$(printf "$name" role-b)" BBBB "" "" "" >b3 &&
	terraform 4 "$(printf "$name" role-b)" BBBB "\"status\":\"tainted\"," "" "" >b4 &&
	terraform 5 "$(printf "$name" role-b)" BBBB "\"status\":\"tainted\"," 00ab "" >b5 &&
	terraform 6 "$(printf "$name" role-b)" BBBB "\"status\":\"tainted\"," 00ab "\"dependencies\":[\"t.x\"]," >b6 &&
	terraform 7 "$(printf "$name" role-b)" BBBB "\"status\":\"tainted\"," 00ab "\"dependencies\":[\"t.x\"]," 1 >b7 &&
	for n in 1 2 3 4 5 6 7
	do
		save beside b$n >id.$n || return 1
	done &&
	for n in "2 identity.name" "3 private" "4 instance.status" "5 deposed 00ab" \
		"6 dependencies" "7 metadata"
	do
		test_expect_code 1 git vault state diff --env prod --stack beside \
			serial:$((${n%% *} - 1)) serial:${n%% *} >out &&
		test_grep "${n#* }" out && test_line_count -le 2 out || return 1
	done &&
	test_expect_code 1 git vault state diff -p --env prod --stack beside serial:1 serial:2 >out &&
	test_grep "role-b" out &&
	git vault state blame --env prod --stack beside t.r >out &&
	for n in "2 identity.name" "3 private" "4 instance.status" "5 deposed 00ab" "1 identity.account" "1 status"
	do
		test_grep "^${n#* }  *$(cut -c1-12 id.${n%% *})" out || return 1
	done
'

test_expect_success 'a state that was deleted is called so by every verb' '
	save gone s && : >empty && save gone --force --reason "torn down by ann" empty &&
	git vault state log --env prod --stack gone >out && sed -n 2p out >line &&
	test_grep "deleted *$" line && test_grep ! damaged out &&
	git vault state verify --env prod --stack gone >out && test_grep "was deleted: torn down by ann" out &&
	git vault state show --env prod --stack gone >out && test_grep "^Deleted  *torn down by ann" out &&
	test_grep ! "^Damage" out && git vault state list >out && test_grep "gone  *(deleted)" out &&
	good=$(git rev-parse refs/vault/state/prod/gone^ | cut -c1-12) &&
	test_expect_code 128 git vault state restore --env prod --stack gone >out 2>err &&
	test_must_be_empty out && test_grep "was deleted: torn down by ann; .* restore .*$good" err &&
	test_expect_code 1 git vault state triage --env prod --stack gone latest >out 2>err &&
	test_grep "^deleted: torn down by ann" out && test_grep "$good" err &&
	git vault state restore --env prod --stack gone latest~1 >out && test_cmp s out &&
	git vault state log --json --env prod --stack gone >out && test_grep "\"deleted\": *true" out
'

test_done
