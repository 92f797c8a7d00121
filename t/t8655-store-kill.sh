#!/bin/sh
# shellcheck disable=SC2154

test_description='copies: kill -9 in the midst of push, prune, purge and restore, over the network

Nothing that a push acknowledged is lost, and the next push, prune, purge and
restore end as if nothing had happened. GIT_VAULT_TEST_LONG=1 takes 100 moments of each
for S3 and Azure and 25 for SFTP and WebDAV, and ten hosts at once;
GIT_VAULT_TEST_STORES names some of s3, azure, sftp and dav.'
TEST_NO_CREATE_REPO=t
. "$(dirname "$0")/test-lib.sh"
. "$GIT_VAULT_SRC_DIR/t/lib-store.sh"

stores=s3 moments=2
if test -n "$GIT_VAULT_TEST_LONG"
then
	stores=${GIT_VAULT_TEST_STORES:-s3 azure sftp dav}
fi
test_lazy_prereq HOSTS 'test -n "$GIT_VAULT_TEST_LONG" && unshare -u hostname here'

now () {
	date +%s.%N
}

# timed COMMAND…: how long it takes goes to $took
timed () {
	from_=$(now) && "$@" && took=$(awk -v a="$from_" -v b="$(now)" \
		'BEGIN { printf "%.3f", b - a }')
}

# killed I COMMAND…: with its children, when I of $moments parts of $took are
# over; true where it ended before
killed () {
	after_=$(awk -v i="$1" -v n="$moments" -v t="$took" \
		'BEGIN { printf "%.3f", 0.001 + t * i / n }')
	shift
	timeout -s KILL "$after_" "$@" >killed.out 2>&1
	status_=$?
	case $status_ in
	0) return 0 ;;
	137) test_tally 1 "commands killed: $what" ;;
	*) cat killed.out && touch odd ;;
	esac
	return 1
}

refs () {
	git -C "$1" for-each-ref --format="%(objectname) %(refname)" |
		grep -v " refs/vault/audit/" | sort
}

bare () {
	./bare_restore "$1" 2>restore.err || { cat restore.err && return 1; }
}

# whole: what was acknowledged comes back, and the store is intact
whole () {
	test ! -e odd && rm -rf back && bare back && refs back >have &&
	comm -23 acknowledged have >lost && test_must_be_empty lost &&
	git -C back fsck --connectivity-only 2>/dev/null &&
	git -C one vault replicate verify far >verified
}

change () {
	echo "$what $1" >one/file && git -C one vault -q snapshot >/dev/null
}

push () {
	git -C one vault replicate push far 2>push.err || {
		cat push.err && return 1
	}
	refs one >acknowledged
}

# each_moment COMMAND: with $i
each_moment () {
	i=1
	while test $i -le "$moments"
	do
		"$1" || {
			echo "at moment $i of $moments" && return 1
		}
		i=$((i + 1))
	done
}

push_killed () {
	change "$i" && refs one >next &&
	if killed "$i" git -C one vault replicate push far
	then
		cp next acknowledged
	fi && whole && push || return 1
	# or each restore had as many packs as there were pushes
	test $((i % 8)) != 0 ||
		git -C one vault replicate prune --grace 1s far >pruned 2>&1
}

prune_killed () {
	change "$i" && push || return 1
	killed "$i" git -C one vault replicate prune --grace 1s far
	whole && git -C one vault replicate prune --grace 1s far >pruned 2>&1
}

restore_killed () {
	rm -rf again
	killed "$i" ./bare_restore again
	test ! -e odd && bare again || { rm -rf again && bare again; } &&
	refs again >have && comm -23 acknowledged have >lost &&
	test_must_be_empty lost
}

ids () {
	git -C "$1" for-each-ref --format="%(refname)" refs/vault/snapshots
}

# held ID: an index of a pack in the store has it
held () {
	store list packs/ >names && while read -r _ name
	do
		case $name in
		*.idx)
			store get "$name" >idx && git show-index <idx >rows &&
			! grep "$1" rows || return 0
			;;
		esac
	done <names
	return 1
}

# purge_begun: a copy that has a file which no snapshot is to have
purge_begun () {
	echo "gone $1" >one/gone && change "$1" && push &&
	gone=$(git -C one hash-object gone) && rm one/gone && held "$gone"
}

purge_killed () {
	purge_begun "$i" || return 1
	killed "$i" git -C one vault purge gone
	test ! -e odd && rm -rf back && bare back && ids one >want &&
	ids back >have && test_cmp want have &&
	git -C back fsck --connectivity-only 2>/dev/null &&
	git -C one vault purge gone >purged 2>&1 && ! held "$gone" &&
	test ! -e one/.git/vault/replica/far/purge && push && whole
}

# at_all_moments KIND: of the store that was started
at_all_moments () {
	if test -n "$GIT_VAULT_TEST_LONG"
	then
		moments=100
		case $1 in sftp | dav) moments=25 ;; esac
	fi
	cat >bare_restore <<-END
	#!/bin/sh
	exec git vault replicate restore ${endpoint:+--endpoint $endpoint} \
		$store_url "\$1"
	END
	chmod +x bare_restore

	test_expect_success "$1: a repository with a copy" '
		rm -rf one odd && git init -q one && (
			cd one && echo .env >.gitignore && echo one >file &&
			git add . && git commit -q -m one &&
			printf "DB_PASSWORD=%s\n" 4g8Kq2vLw9sZx7Rt >.env &&
			git vault -q snapshot >/dev/null &&
			git vault replicate add ${endpoint:+--endpoint "$endpoint"} \
				far "$store_url"
		) && push && what=first && change 0 && timed push && whole
	'
	test_expect_success "$1: a push that is killed" '
		what="$kind push" && each_moment push_killed && whole
	'
	test_expect_success "$1: a prune that is killed" '
		what="$kind prune" && change 0 && push && timed git -C one vault \
			replicate prune --grace 1s far && each_moment prune_killed && whole
	'
	test_expect_success "$1: a purge that is killed" '
		what="$kind purge" && purge_begun 0 && timed git -C one vault \
			purge gone && ! held "$gone" && push && each_moment purge_killed
	'
	test_expect_success "$1: a restore that is killed" '
		what="$kind restore" && rm -rf again && timed bare again &&
		each_moment restore_killed
	'
}

# ten_hosts: they push at once, and what was acknowledged to each stays
ten_hosts () {
	cat >host <<-\END
	#!/bin/sh
	hostname "$1" && cd "$1" || exit 1
	i=0
	while test $i -lt "$2"
	do
		i=$((i + 1))
		echo "$1 $i" >file && git vault -q snapshot >/dev/null || exit 1
		git vault replicate push far || exit 1
		git for-each-ref --format="%(objectname)" refs/heads \
			refs/vault/snapshots >>acknowledged
	done
	END
	rm -f ./*.status
	for h in 0 1 2 3 4 5 6 7 8 9
	do
		rm -rf h$h && git clone -q one h$h 2>/dev/null &&
		git -C h$h vault replicate add \
			${endpoint:+--endpoint "$endpoint"} far "$store_url" || return 1
	done
	for h in 0 1 2 3 4 5 6 7 8 9
	do
		{
			unshare -u sh ./host h$h 5 >h$h.out 2>&1
			echo $? >h$h.status
		} &
		hosts_="$hosts_ $!"
	done
	# shellcheck disable=SC2086
	wait $hosts_
	cat h?.status | sort -u >statuses && echo 0 >expect &&
	{ test_cmp expect statuses || { tail -n 3 h?.out && return 1; }; } &&
	sort -u h?/acknowledged >acknowledged && rm -rf back && bare back &&
	git -C back cat-file --batch-check <acknowledged >have &&
	! grep missing have && test "$(wc -l <have)" -gt 45 &&
	git -C h0 vault replicate verify --level read far
}

for kind in $stores
do
	case $kind in
	s3 | azure) store_start "$kind" ;;
	*) "store_${kind}_start" ;;
	esac || {
		test_expect_success "$kind: no server here" 'test "$kind" != s3'
		continue
	}
	at_all_moments "$kind"
	test "$kind" != s3 || test_expect_success HOSTS \
		's3: ten hosts at once' 'ten_hosts'
	case $kind in
	s3 | azure) store_stop ;;
	dav) store_dav_stop ;;
	esac
done

test_done
