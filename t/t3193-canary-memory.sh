#!/bin/sh
# shellcheck disable=SC2154,SC2016,SC2089,SC2090

test_description='values and keys stand in memory that is locked, and are in no core dump

All memory of the running process is searched, in the midst of its work: at some
of the calls that change files or open them, and while it waits for others. Where
a value stands, the pages are to be out of reach of swap and core dumps. Files
of the user that a snapshot reads are his own and not held to it.
GIT_VAULT_TEST_LONG=1 looks at every call.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-fault.sh"
. "$TEST_DIRECTORY/lib-canary.sh"

memory=$GIT_VAULT_SRC_DIR/t/helper/memory.py out=$canary/out
places=6
test -z "$GIT_VAULT_TEST_LONG" || places=100000

test_have_prereq PYTHON || skip_all "python3 reads the memory, and is not here"
! test_have_prereq SANITIZERS || skip_all "a sanitizer lets nothing be locked"

# What can be locked at all, and who may look.
test_lazy_prereq MEMORY '
	test "$(id -u)" = 0 && test -r /proc/self/smaps &&
	test "$(ulimit -l)" = unlimited -o "$(ulimit -l)" -ge 8192'
test_have_prereq MEMORY || skip_all "only root may look, and where it may lock"

# waits COMMAND…: in the background, with the pipe $canary/fifo as its stdin
# until descriptor 8 is closed; its process is $waiting
waits () {
	rm -f "$canary/fifo" && mkfifo "$canary/fifo" && {
		"$@" <"$canary/fifo" >"$canary/stdout" 2>"$canary/err" &
	} && waiting=$! && exec 8>"$canary/fifo"
}

# until_it COMMAND…: wait for something of it, but not for long
until_it () {
	until_=$(($(date +%s) + 20))
	while test "$(date +%s)" -lt $until_
	do
		"$@" && return
	done
	return 1
}

# stands HOW: it has a value in such memory
stands () {
	python3 "$memory" "$waiting" "$canary/values" >"$canary/found" &&
		grep -q "^$1 " "$canary/found"
}

test_expect_success 'what is looked for would be found' '
	v=$(plant probe) && waits env X=$v sleep 60 &&
	test_when_finished "kill \$waiting; exec 8>&-" &&
	until_it stands open
'

test_expect_success 'a vault' '
	: >"$canary/values" && mkdir -p live/prod &&
	echo "/.env" >.gitignore && printf "A=%s\n" "$(plant env)" >.env &&
	echo "password: $(plant prod)" >live/prod/a.yaml &&
	plant new >"$canary/value" && {
		plant first && test_seq 1 60000 && plant last
	} >"$canary/large" && cp "$canary/large" live/prod/terraform.tfstate &&
	printf "apiVersion: v1\nkind: Secret\nmetadata:\n  name: a\ndata:\n" \
		>"$canary/secret.yaml" &&
	printf "  p: %s\n" "$(plant yaml)" >>"$canary/secret.yaml" &&
	echo "*.tfstate" >>.gitignore && git add . && git commit -q -m one &&
	git vault -q snapshot &&
	git vault key generate -o "$canary/bob.key" >"$canary/bob.pub" &&
	cat "$identity" "$canary/bob.key" | grep "^AGE-" >"$canary/keys" &&
	test_line_count = 2 "$canary/keys" && cat "$canary/keys" >>"$canary/values" &&
	git vault -q state save --new --env prod --stack kept \
		"$canary/secret.yaml" >/dev/null &&
	id=$(git vault secret list --scope prod | sed -n "s/^\([0-9a-f]*\) .*a.yaml.*/\1/p") &&
	test -n "$id" && cp -a . "$canary/base" &&
	cp "$identity" "$canary/identity"
'

# fresh: as it was
fresh () {
	rm -rf "$canary/work" "$out" && cp -a "$canary/base" "$canary/work" &&
		rm -rf "${identity%/*}" && mkdir -p "${identity%/*}" &&
		cp "$canary/identity" "$identity" && mkdir "$out"
}

# strike N COMMAND…
strike () {
	(
		cd "$canary/work" && : >"$TRASH_DIRECTORY/fault.log" &&
		GV_FAULT_RUN="python3 \"$memory\" \$PPID \"$wanted\" >>\"$canary/all\"" &&
		export GV_FAULT_RUN && n_=$1 && shift &&
		faulty meet:$n_ git-vault "$@" <"$canary/value" \
			>"$canary/stdout" 2>"$canary/err" || {
			cat "$canary/err"
			return 1
		}
	)
}

# at_places VALUES COMMAND…: at some calls of it none of them is open; what was
# found is in $canary/all
at_places () {
	wanted=$1 && shift && : >"$canary/all" && fresh && strike 0 "$@" &&
		total=$(fault_calls) && n=1 && while test $n -le "$total"
	do
		fresh && strike $n "$@" && test_tally 1 "moments looked at" &&
			n=$((n + 1 + total / places)) || return 1
	done && test_grep ! "^open" "$canary/all"
}

# The key by its bytes, and values of these commands.
while read -r way
do
	test_expect_success "what it opens is locked: $way" '
		eval "at_places \"$canary/values\" $way" &&
		test_grep "^locked" "$canary/all"
	'
done <<\END
secret export --output "$out/all"
secret show --reveal --output "$out/one" $id
secret rotate --patch --value-from "$canary/value" $id
secret import --scope prod "$canary/base/.env"
secret list --reuse
secret purge --stdin
restore latest --to "$out/to"
archive --secrets -o "$out/tar" latest
cat --secrets latest:.env
verify --deep
key add --name bob "$(head -n 1 "$canary/bob.pub")"
key rotate
key escrow -o "$out/paper" --passphrase-file "$canary/value"
state save --new --env prod --stack mem "$canary/secret.yaml"
state restore --env prod --stack kept --to "$out/state"
END

test_expect_success 'so is the key of a snapshot' '
	at_places "$canary/keys" snapshot --force
'

# waits_for_reader COMMAND…: one that goes on only if somebody reads, and nobody
# does
waits_for_reader () {
	rm -f "$canary/pipe" && mkfifo "$canary/pipe" && {
		git-vault "$@" >"$canary/pipe" 2>"$canary/err" &
	} && waiting=$! && exec 7<"$canary/pipe" && until_it stands locked &&
		until_it is_blocked
	status_=$?
	python3 "$memory" "$waiting" "$canary/values" >"$canary/found"
	kill -9 $waiting
	wait $waiting
	exec 7<&-
	return $status_
}

is_blocked () {
	grep -q pipe "/proc/$waiting/wchan" || grep -q "^State:.*sleeping" \
		"/proc/$waiting/status"
}

for way in "cat --secrets latest:live/prod/terraform.tfstate" \
	"archive --secrets latest" "secret export --format json"
do
	test_expect_success "so is what waits to be read on stdout: $way" '
		fresh && cd "$canary/work" && waits_for_reader $way &&
		test_grep "^locked" "$canary/found" &&
		test_grep ! "^open" "$canary/found"
	'
done

test_expect_success 'so is what it was told so far' '
	fresh && cd "$canary/work" && waits git-vault secret purge --stdin &&
	test_when_finished "kill \$waiting; exec 8>&-; wait \$waiting || :" &&
	printf "%s" "$(plant new)" >&8 && until_it stands locked &&
	test_grep ! "^open" "$canary/found"
'

test_lazy_prereq CORE '
	test "$(cat /proc/sys/kernel/core_pattern)" = core && (
		ulimit -c unlimited && sh -c "kill -SEGV \$\$"
		ls core*
	)'

test_expect_success CORE 'no core is dumped' '
	fresh && cd "$canary/work" && ulimit -c unlimited &&
	waits git-vault secret purge --stdin &&
	printf "%s" "$(plant new)" >&8 && until_it stands locked &&
	kill -SEGV $waiting && {
		wait $waiting
		test $? = 139
	} && exec 8>&- && test_must_fail ls core*
'

test_done
