#!/bin/sh

test_description='what another clone snapshot says of modes, owners and attributes

Whoever can push writes a snapshot. It must not make a program that runs as
whoever restores it, nor open files to others.'
. "$(dirname "$0")/test-lib.sh"

# Another clone of the same user: what it takes is somebody else snapshot here.
test_expect_success 'another clone has taken a snapshot' '
	umask 022 && echo base >base && git add base && git commit -qm base &&
	git vault -q init 2>/dev/null && git init -q --bare "$HOME/srv.git" &&
	git remote add origin "$HOME/srv.git" && git push -q origin main &&
	git clone -q "$HOME/srv.git" "$HOME/other" &&
	(
		cd "$HOME/other" && printf "#!/bin/sh\nid\n" >program &&
		chmod 6755 program && mkdir shared && chmod 2777 shared &&
		echo wide >shared/wide && chmod 0666 shared/wide &&
		echo narrow >narrow && chmod 0600 narrow &&
		ln -s program link && git vault -q snapshot >"$HOME/id" &&
		git push -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*"
	) && git fetch -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	id=$(cat "$HOME/id")
'

# mode FILE
mode () {
	stat -c %a "$1"
}

test_expect_success 'its set-id bits do not come, and modes follow the umask' '
	git vault restore "$id" --to "$HOME/to" 2>"$HOME/err" &&
	test "$(mode "$HOME/to/program")" = 755 &&
	test "$(mode "$HOME/to/shared")" = 755 &&
	test "$(mode "$HOME/to/shared/wide")" = 644 &&
	test "$(mode "$HOME/to/narrow")" = 600 &&
	test_grep "another clone took this snapshot, so 3 entries" "$HOME/err" &&
	test_grep "restore --as-stored" "$HOME/err" &&
	(umask 077 && git vault -q restore "$id" --to "$HOME/closed") &&
	test "$(mode "$HOME/closed/program")" = 700 &&
	test "$(mode "$HOME/closed/shared/wide")" = 600
'

test_expect_success '--as-stored brings them' '
	git vault restore "$id" --to "$HOME/stored" --as-stored 2>"$HOME/err" &&
	test "$(mode "$HOME/stored/program")" = 6755 &&
	test "$(mode "$HOME/stored/shared")" = 2777 &&
	test "$(mode "$HOME/stored/shared/wide")" = 666 &&
	test_grep ! "another clone" "$HOME/err"
'

test_expect_success 'in place, too' '
	git vault restore "$id" --in-place 2>"$HOME/err" &&
	test "$(mode program)" = 755 && test "$(mode shared)" = 755 &&
	test "$(mode shared/wide)" = 644 && test_grep "3 entries" "$HOME/err" &&
	git vault restore --json "$id" --in-place >"$HOME/json" 2>/dev/null &&
	test_grep "\"tamed\":3" "$HOME/json"
'

test_expect_success 'what its user has made so stays' '
	chmod 6755 program && chmod 2777 shared && chmod 0666 shared/wide &&
	git vault -q restore "$id" --in-place && test "$(mode program)" = 6755 &&
	test "$(mode shared)" = 2777 && test "$(mode shared/wide)" = 666
'

test_expect_success 'an archive is the same' '
	git vault archive "$id" -o "$HOME/a.tar" 2>"$HOME/err" &&
	tar tvf "$HOME/a.tar" >"$HOME/list" &&
	test_grep "^-rwxr-xr-x.* program" "$HOME/list" &&
	test_grep "^-rw-r--r--.* shared/wide" "$HOME/list" &&
	test_grep "add --as-stored" "$HOME/err" &&
	git vault archive "$id" --as-stored -o "$HOME/b.tar" &&
	tar tvf "$HOME/b.tar" >"$HOME/list" &&
	test_grep "^-rwsr-sr-x.* program" "$HOME/list"
'

test_expect_success 'an own snapshot has all that it had' '
	chmod 6755 program && own=$(git vault snapshot --force 2>/dev/null) &&
	git vault restore "$own" --to "$HOME/own" 2>"$HOME/err" &&
	test "$(mode "$HOME/own/program")" = 6755 &&
	test_grep ! "another clone" "$HOME/err"
'

test_expect_success 'nothing that a snapshot says of its origin makes it one' '
	git cat-file commit "refs/vault/snapshots/$id" |
		sed "s/^Vault-Host: .*/Vault-Host: $(uname -n)/" >"$HOME/c" &&
	printf "Vault-Previous: %s\n" "$own" >>"$HOME/c" &&
	forged=$(git hash-object -t commit -w "$HOME/c") &&
	git update-ref "refs/vault/snapshots/$id" "$forged" &&
	git vault -q restore "$id" --to "$HOME/forged" &&
	test "$(mode "$HOME/forged/program")" = 755
'

test_expect_success ROOT 'owners are those of whoever restores' '
	(
		cd "$HOME/other" && chown 1:1 narrow &&
		git vault -q snapshot >"$HOME/id2" &&
		git push -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*"
	) && git fetch -q origin "+refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	git vault -q restore "$(cat "$HOME/id2")" --to "$HOME/owned" narrow &&
	test "$(stat -c %u:%g "$HOME/owned/narrow")" = 0:0 &&
	git vault -q restore "$(cat "$HOME/id2")" --as-stored --to "$HOME/theirs" \
		narrow && test "$(stat -c %u:%g "$HOME/theirs/narrow")" = 1:1 &&
	git vault archive "$(cat "$HOME/id2")" -o "$HOME/o.tar" 2>/dev/null &&
	tar --numeric-owner -tvf "$HOME/o.tar" >"$HOME/list" &&
	test_grep " 0/0 .* narrow" "$HOME/list"
'

test_lazy_prereq TRUSTED '
	>probe && setfattr -n trusted.x -v y probe && setfattr -n user.x -v y probe
'

test_expect_success TRUSTED 'attributes that give rights do not come' '
	(
		cd "$HOME/other" && setfattr -n trusted.evil -v y narrow &&
		setfattr -n user.fine -v y narrow &&
		git vault -q snapshot >"$HOME/id3" &&
		git push -q origin "refs/vault/snapshots/*:refs/vault/snapshots/*"
	) && git fetch -q origin "+refs/vault/snapshots/*:refs/vault/snapshots/*" &&
	git vault -q restore "$(cat "$HOME/id3")" --to "$HOME/attr" narrow &&
	getfattr -d -m - "$HOME/attr/narrow" >"$HOME/list" 2>/dev/null &&
	test_grep user.fine "$HOME/list" && test_grep ! trusted "$HOME/list"
'

test_expect_success 'without the list of what was taken here all are so, and own ones, too' '
	mv .git/vault/own "$HOME/kept" &&
	git vault restore "$own" --to "$HOME/lost" 2>"$HOME/err" &&
	test "$(mode "$HOME/lost/program")" = 755 &&
	test_grep "as-stored" "$HOME/err"
'

test_done
