#!/bin/sh

test_description='a full disk under what a recovery writes: evidence, reports of drills,
the journal of a run, files that come back; each is named, and goes on once there is room'
. "$(dirname "$0")/test-lib.sh"

unset CI GITHUB_ACTIONS GITLAB_CI JENKINS_URL
unset GIT_VAULT_TEST_TIME GIT_VAULT_TEST_TICK

test_lazy_prereq SMALL '
	test "$(id -u)" = 0 && mkdir at && mount -t tmpfs -o size=64k none at && umount at
'

# small DIR SIZE: a file system of its own there
small () {
	mkdir -p "$1" && mount -t tmpfs -o "size=$2" none "$1" &&
		test_when_finished "umount -l $PWD/$1"
}

# fill DIR: to its last byte
fill () {
	{ dd if=/dev/zero of="$1/.fill" bs=4k 2>/dev/null; true; } && ! echo x >"$1/.more" 2>/dev/null
	rm -f "$1/.more"
}

test_expect_success SMALL 'set up: an environment with a secret, a state and a record' '
	git init -q --bare ../remote.git && git remote add origin ../remote.git &&
	mkdir -p live/prod && printf ".env\n/at*\n" >.gitignore && echo "A_PASSWORD=c0rrect-h0rse-battery" >live/prod/.env &&
	for i in $(test_seq 1 60); do head -c 3000 /dev/urandom | base64 >live/prod/f$i.txt || return 1; done &&
	git add -A && git commit -qm one && git vault key generate && git vault -q init &&
	git vault -q snapshot >../id && git vault -q good mark prod >/dev/null &&
	git push -q origin HEAD && git vault -q sync &&
	{ git vault drill run --no-validators >../out 2>&1; test $? = 3; } && cp -r live ../was
'

test_expect_success SMALL 'evidence: nothing half written, and the same command goes on' '
	small at 32k && fill at && test_expect_code 128 git vault audit export --control CP-4 --into at/new 2>../err &&
	test_grep "No space left" ../err && test_grep "at/new" ../err && test_path_is_missing at/new &&
	rm at/.fill && head -c 16000 /dev/zero >at/.some &&
	test_expect_code 128 git vault audit export --control CP-4 --into at/new 2>../err &&
	test_grep "No space left" ../err && test_path_is_missing at/new && rm at/.some && mount -o remount,size=4m at &&
	git vault audit export --control CP-4 --into at/new >../out 2>../err &&
	(cd at/new && sha256sum --quiet -c SHA256SUMS)
'

test_expect_success SMALL 'evidence that was killed says what it is' '
	mkdir ../rest && echo x >../rest/drills.csv &&
	test_expect_code 128 git vault audit export --control CP-4 --into ../rest 2>../err &&
	test_grep "is not empty; .* the rest of an export that was interrupted: it has no SHA256SUMS" ../err &&
	echo x >../rest/SHA256SUMS && test_expect_code 128 git vault audit export --control CP-4 --into ../rest 2>../err &&
	test_grep ! "the rest of" ../err
'

test_expect_success SMALL 'the report of a drill: named, and the drill is recorded nevertheless' '
	small at2 16k && fill at2 && git vault drill list --json >../before &&
	test_expect_code 128 git vault drill run --no-validators --report at2/reports >../out 2>../err &&
	test_grep "No space left" ../err && test_grep "at2" ../err &&
	git vault drill list --json >../after && ! test_cmp ../before ../after >/dev/null &&
	{ find at2 -name "*.json" -size -1 -o -name "*.tmp*"; } >../half && test_must_be_empty ../half
'

test_expect_success SMALL 'the journal of a run: the run stops, and goes on once there is room' '
	mkdir -p .git/vault .gitvault/plans && small .git/vault/plans 64k && {
		echo "steps:" && echo "  - {id: a, shell: \"echo a >>log\"}" &&
		echo "  - {id: s0, needs: a, shell: \"dd if=/dev/zero of=.git/vault/plans/.fill bs=4k 2>/dev/null; true\"}" &&
		for i in $(test_seq 1 90); do
			echo "  - {id: s$i, needs: s$((i - 1)), shell: \"echo s$i >>log\"}" || return 1
		done
	} >.gitvault/plans/p.yaml && git vault policy accept -y >../out 2>&1 && rm -f log &&
	test_expect_code 128 git vault plan run -y p >../out 2>../err && test_grep "No space left" ../err &&
	test_grep "/journal" ../err && test_line_count -lt 91 log && rm .git/vault/plans/.fill &&
	git vault plan status >../out && git vault plan resume >../out 2>../err &&
	git vault plan status >../out && test_grep ": passed" ../out && test $(grep -c "^a$" log) = 1 &&
	{ echo a && for i in $(test_seq 1 90); do echo "s$i"; done; } >../want && uniq log >../log &&
	test_cmp ../want ../log && test $(($(wc -l <log) - 91)) -le 1
'

test_expect_success SMALL 'recover: what had no room is named, and comes once there is' '
	small at3 12m && git clone -q ../remote.git at3/clone && (
		cd at3/clone && git vault -q sync && rm -rf live && git vault -q snapshot >/dev/null
	) && fill at3 &&
	test_must_fail git -C at3/clone vault recover -y prod >../said 2>&1 && test_grep "No space left" ../said &&
	rm at3/.fill && left=$(df --output=avail -k at3 | tail -n 1) &&
	dd if=/dev/zero of=at3/.fill bs=1k count=$((left - 150)) 2>/dev/null &&
	test_expect_code 1 git -C at3/clone vault recover -y prod >../said 2>&1 &&
	test_grep "files: failed.*No space left" ../said && rm at3/.fill &&
	git -C at3/clone vault plan resume >../out 2>&1 && diff -r ../was at3/clone/live
'

test_expect_success SMALL 'a drill whose files have no room on the disk says so before it clones' '
	git vault -q snapshot && git vault -q sync && small .git/vault 100k &&
	test_expect_code 1 git vault drill run --no-validators --format json >../out 2>../err &&
	test_grep "\"cause\":{\"code\":\"disk_full\",\"stage\":\"prepare\"" ../out &&
	test_grep "need [0-9]* KiB, and the disk of .*/.git/vault/drill-.* has [0-9]* KiB left" ../out &&
	test_grep "\"stage\":\"clone\",\"result\":\"not_run\"" ../out &&
	ls .git/vault >../left && test_grep ! "^drill-" ../left
'

test_done
