#!/bin/sh
# shellcheck disable=SC2154

test_description='no value leaves git vault secret but where it is asked to

Every byte that is written, every command line and environment, every file that
is made, of every verb.'
. "$(dirname "$0")/test-lib.sh"

T=$TMPDIR
canary=Qz7Canary8Lm4Vx2

test_lazy_prereq STRACE 'strace -f --seccomp-bpf -o x true && ! test_have_prereq SANITIZERS'

leaks () {
	grep -l -a -E \
		-e 'Qz7Canary|UXo3Q2FuYXJ5|F6N0NhbmFye|Rejd0NhbmFy|516a3743616e617279' \
		-e 'Q.z.7.C.a.n.a.r.y' "$@"
}

# traced NAME COMMAND…: run it on the file $in, with every write and every
# command line in $T/NAME.trace
traced () {
	name=$1 && shift &&
	strace -f --seccomp-bpf -v -y -s 65536 -o "$T/$name.trace" \
		-e trace=write,pwrite64,writev,pwritev,sendto,sendmsg,execve,memfd_create,openat \
		git-vault "$@" <"$in" >"$T/$name.out" 2>"$T/$name.err" &&
	test_grep "execve(" "$T/$name.trace"
}

test_expect_success 'set up' '
	in=/dev/null &&
	echo /.env >.gitignore &&
	mkdir -p envs/prod envs/dev &&
	printf "db_password = \"$canary-a\"\n" >envs/prod/terraform.tfvars &&
	printf "password: \"$canary-a\"\n" >envs/dev/values.yaml &&
	printf "TOKEN=$canary-b\n" >.env &&
	git add .gitignore && git commit -q -m one &&
	git vault snapshot -q &&
	printf "$canary-c\n" >"$T/new" &&
	printf "$canary-d\n" >"$T/unknown" &&
	printf "N=$canary-e\n" >"$T/import" &&
	printf "{\"N\": \"$canary-f\"}" >"$T/import.json" &&
	id=$(git vault secret list | awk "/tfvars/ { print \$1 }") &&
	! leaks -r .git
'

test_expect_success STRACE 'looking tells none' '
	traced list secret list &&
	traced reuse secret list --reuse &&
	traced json --json secret list --reuse &&
	traced show secret show $id &&
	traced history secret history $id &&
	! traced reveal secret show --reveal $id &&
	! leaks "$T"/*.trace "$T"/*.out "$T"/*.err
'

test_expect_success STRACE 'import, rotate and revoke tell none' '
	traced import secret import --scope prod "$T/import" &&
	in=$T/import.json &&
	traced import2 secret import --scope dev --format json - &&
	in=/dev/null &&
	traced rotate secret rotate --value-from "$T/new" --reason x $id &&
	traced revoke secret revoke $id &&
	! leaks "$T"/*.trace "$T"/*.out "$T"/*.err
'

test_expect_success STRACE 'export writes it to its file alone, of mode 0600' '
	traced export secret export --output "$T/exported" &&
	leaks "$T/exported" &&
	grep -v "write([0-9]*<$T/\(exported[^>]*>\|#[0-9]*>(deleted)\)" \
		"$T/export.trace" >"$T/export.rest" &&
	! leaks "$T/export.rest" "$T/export.out" "$T/export.err" &&
	test_grep "openat(.*\(exported.*O_EXCL\|O_TMPFILE\).*0600" \
		"$T/export.trace" &&
	traced stdout secret export &&
	grep -v "write(1<" "$T/stdout.trace" >"$T/stdout.rest" &&
	! leaks "$T/stdout.rest" "$T/stdout.err" &&
	leaks "$T/stdout.out" &&
	rm "$T/exported" "$T/stdout.out" "$T/stdout.trace" "$T/export.trace"
'

test_expect_success STRACE 'patch writes it beside the file that gets it alone' '
	in=$T/unknown &&
	traced patch secret rotate --patch $id &&
	in=/dev/null &&
	grep -v "write([0-9]*<[^>]*/.git-vault-patch.tmp>" "$T/patch.trace" \
		>"$T/patch.rest" &&
	! leaks "$T/patch.rest" "$T/patch.out" "$T/patch.err" &&
	test_grep "openat(.*git-vault-patch.tmp.*O_EXCL.*0600" \
		"$T/patch.trace" &&
	test_path_is_missing envs/prod/.git-vault-patch.tmp &&
	test_grep "$canary-d" envs/prod/terraform.tfvars &&
	rm "$T/patch.trace"
'

test_expect_success STRACE 'purge tells none' '
	printf "note: $canary-d\n" >notes && rm -r envs/prod &&
	git vault snapshot -q --no-scan &&
	in=$T/unknown &&
	traced dry secret purge -n --stdin &&
	traced purge --json secret purge --stdin --reason y &&
	in=/dev/null &&
	test_grep "rewritten" "$T/purge.out" &&
	traced forget secret purge --forget $id &&
	! leaks "$T"/*.trace "$T"/*.out "$T"/*.err
'

test_expect_success STRACE 'and none of it all is in an object that refs reach' '
	git rev-list --objects --all | cut -d" " -f1 |
		git cat-file --batch >"$T/bytes" &&
	! leaks "$T/bytes" &&
	! leaks -r .git/vault .git/refs .git/packed-refs .git/logs
'

test_expect_success 'what is refused is told without it' '
	printf "A=\"$canary\n" >"$T/bad" &&
	test_must_fail git vault secret import --scope prod "$T/bad" 2>err &&
	printf "{\"a\": $canary}" >"$T/bad" &&
	test_must_fail git vault secret import --scope prod --format json \
		"$T/bad" 2>err2 &&
	printf "{\"a\": [\"$canary\"]}" >"$T/bad" &&
	test_must_fail git vault secret import --scope prod --format json \
		"$T/bad" 2>err3 &&
	test_must_fail git vault secret import --scope prod --format age \
		"$T/bad" 2>err4 &&
	printf "A\0=$canary" >"$T/bad" &&
	test_must_fail git vault secret import --scope prod "$T/bad" 2>err5 &&
	! leaks err err2 err3 err4 err5
'

test_done
