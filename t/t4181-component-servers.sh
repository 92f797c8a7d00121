#!/bin/sh
# shellcheck disable=SC2154 # lib-store.sh, and the first case, set them

test_description='dumps of real servers: dump, damage, restore, equal

PostgreSQL by default; with GIT_VAULT_TEST_LONG=1 MariaDB, redis and etcd, too.'
. "$(dirname "$0")/test-lib.sh"
. "$TEST_DIRECTORY/lib-component.sh"
. "$TEST_DIRECTORY/lib-store.sh"

page=$GIT_VAULT_SRC_DIR/man/git-vault-recovery.7

# short, since the paths of sockets are, and open to the user of the servers
base=$(TMPDIR=/tmp mktemp -d /tmp/gv-servers.XXXXXX) && chmod 755 "$base"
pids=
stop_servers () {
	for pid in $pids
	do
		kill "$pid" 2>/dev/null
	done
	for pid in $pids
	do
		wait "$pid" 2>/dev/null
	done
	rm -rf "$base"
}
trap 'stop_servers' EXIT

# as_user COMMAND...: servers refuse root
as_user () {
	cd "$base" && TMPDIR=/tmp && export TMPDIR || exit
	if test "$(id -u)" = 0
	then
		exec setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
	else
		exec "$@"
	fi
}

# folder NAME: that the server may write
folder () {
	mkdir "$base/$1" && { test "$(id -u)" != 0 || chown 65534:65534 "$base/$1"; }
}

# until_ready COMMAND...
until_ready () {
	tries=0
	until "$@" >/dev/null 2>&1
	do
		tries=$((tries + 1)) && test $tries -lt 300 && sleep 0.1 || return 1
	done
}

# proven NAME WORDS: in a sandbox, where there is one
proven () {
	! test_have_prereq SPACES || {
		component 0 drill "$1" && test_grep "^proven  .*$2" ../out
	}
}

port () {
	echo $((20000 + $$ % 10000 + $1))
}

pg=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -n 1)
long=${GIT_VAULT_TEST_LONG:-}
test_lazy_prereq POSTGRES 'test -x "$pg/initdb" && psql --version && { test "$(id -u)" != 0 || setpriv --version; }'
test_lazy_prereq MARIADB 'test -n "$long" && mariadbd --version && mariadb-dump --version'
test_lazy_prereq REDIS 'test -n "$long" && redis-server --version && redis-cli --version'
test_lazy_prereq ETCD 'test -n "$long" && etcd --version && etcdctl version'
test_lazy_prereq SPACES 'test_have_prereq LINUX && test_have_prereq MEMORY && unshare -Urmpf --mount-proc true'
test_lazy_prereq MEMORY 'test -w /dev/shm && stat -f -c %T /dev/shm | grep tmpfs'

test_expect_success POSTGRES 'PostgreSQL: dump, damage, restore, equal' '
	git vault key generate && folder pg &&
	echo secret-of-pg >"$base/pw" && chmod 644 "$base/pw" &&
	(as_user "$pg/initdb" -D "$base/pg/d" -U vault -A scram-sha-256 -N --pwfile="$base/pw" >"$base/log" 2>&1) && { (as_user "$pg/postgres" -D "$base/pg/d" -k "$base/pg" -c listen_addresses= -c dynamic_shared_memory_type=mmap -F >"$base/log" 2>&1) & } &&
	pids="$pids $!" && until_ready "$pg/pg_isready" -h "$base/pg" &&
	echo "*:*:*:*:secret-of-pg" >../pgpass && chmod 600 ../pgpass &&
	PGPASSFILE=$PWD/../pgpass && export PGPASSFILE && db="psql -q -w -h $base/pg -U vault" &&
	$db postgres -c "create database orders" && $db orders -c "
		create table t (id int primary key, at timestamptz, note text);
		create index on t (note); create view v as select count(*) from t;
		insert into t select i, timestamptz \$\$2026-01-01\$\$ + i * interval \$\$1 min\$\$, md5(i::text) from generate_series(1, 20000) i" &&
	policy <<-EOF &&
	orders: {type: postgresql, source: "host=$base/pg user=vault dbname=orders", environment: prod}
	EOF
	unset PGPASSFILE && component 3 run && test_grep "orders of prod was not stored: pg_dump ended with status 1" ../err &&
	git config vault.component.orders.credentials "$PWD/../pgpass" && component 0 run &&
	proven orders "a second dump of it is the same; a scratch PostgreSQL has 1 tables" &&
	PGPASSFILE=$PWD/../pgpass && export PGPASSFILE &&
	$db -At orders -c "select md5(string_agg(t::text, chr(10) order by id)) from t" >../expect &&
	$db orders -c "drop view v; delete from t where id % 3 = 0; update t set note = \$\$lost\$\$" &&
	unset PGPASSFILE && component 0 restore orders --into "host=$base/pg user=vault dbname=orders" &&
	PGPASSFILE=$PWD/../pgpass && export PGPASSFILE &&
	$db -At orders -c "select md5(string_agg(t::text, chr(10) order by id)) from t" >../actual && test_cmp ../expect ../actual &&
	test "$($db -At orders -c "select * from v")" = 20000 && component 0 verify &&
	test_must_fail grep -r secret-of-pg .git ../err ../out && chmod 644 ../pgpass &&
	component 3 run && test_grep "others can read the credentials" ../err
'

test_expect_success POSTGRES 'a restore that fails in the middle changes nothing' '
	chmod 600 ../pgpass && $db -At orders -c "create table keep (x int)" &&
	$db -At orders -c "create view needs as select id from t; update t set note = \$\$now\$\$ where id = 1" &&
	component 128 restore orders --into "host=$base/pg user=vault dbname=orders" && test_grep "psql ended with status 3: .*ERROR\|psql ended with status" ../err &&
	test "$($db -At orders -c "select note from t where id = 1")" = now
'

# hostile N: how what pg_dump prints is changed, in the file how
hostile () {
	case $1 in
	1) printf '%s\n' 's/^\\restrict.*/&\n\\! touch ran/' ;;
	2) printf '%s\n' 's/^\\restrict.*/&\n\\o |touch ran\nselect 1;/' ;;
	3) printf '%s\n' "s/^\\\\restrict.*/&\\n\\\\copy t from program 'touch ran'/" ;;
	4) printf '%s\n' 's/^\\restrict.*/&\n\\i private/' ;;
	5) printf '%s\n' 's/^\\restrict.*/\\! touch ran/' ;;
	6) printf '%s\n' 's/^\\restrict \(.*\)/&\n\\unrestrict \1\n\\! touch ran\n&/' ;;
	7) printf '%s\n' 's/^\\unrestrict \(.*\)/\\unrestrict `touch ran`\n&/' ;;
	esac >../how
}

test_expect_success POSTGRES 'a dump that has commands of psql runs none of them' '
	unset PGPASSFILE && mkdir -p ../fake && echo secret-of-host >private && printf "#!/bin/sh\n%s \"\$@\" | sed -f %s\n" "$(command -v pg_dump)" "$PWD/../how" >../fake/pg_dump &&
	chmod 755 ../fake/pg_dump && for n in 1 2 3 4 5 6 7
	do
		hostile $n && PATH=$PWD/../fake:$PATH component 0 run orders && component 0 restore orders --to ../hostile.sql && test_grep "touch ran\|private" ../hostile.sql &&
		component 128 restore orders --into "host=$base/pg user=vault dbname=orders" && test_path_is_missing ran &&
		test_grep "restricted" ../err && ! grep secret-of-host ../err && rm ../hostile.sql || return 1
	done && rm private && component 0 run orders && component 0 restore orders --into "host=$base/pg user=vault dbname=orders" && PGPASSFILE=$PWD/../pgpass && export PGPASSFILE
'

test_expect_success POSTGRES 'a dump of an older pg_dump is restored, and restricted all the same' '
	unset PGPASSFILE && printf "#!/bin/sh\ncase \"\$*\" in *--restrict-key*) echo >&2 \"unrecognized option; try --help\"; exit 1 ;; esac\n%s \"\$@\" | sed \"/restrict /d; s/^SET row_security.*/&\\\\n\$(cat %s)/\"\n" "$(command -v pg_dump)" "$PWD/../how" >../fake/pg_dump &&
	for what in "" "\\\\\\\\! touch ran" "\\\\\\\\unrestrict \\\`touch ran\\\`"
	do
		echo "$what" >../how && PATH=$PWD/../fake:$PATH component 0 run orders && component 0 restore orders --to ../old.sql && ! grep "^.restrict" ../old.sql || return 1
		if test -z "$what"
		then
			component 0 restore orders --into "host=$base/pg user=vault dbname=orders" || return 1
		else
			grep "^.*touch ran" ../old.sql && component 128 restore orders --into "host=$base/pg user=vault dbname=orders" && test_grep "restricted" ../err && test_path_is_missing ran || return 1
		fi && rm ../old.sql
	done && component 0 run orders && PGPASSFILE=$PWD/../pgpass && export PGPASSFILE
'

# by_hand NAME: carry out a display of the manual, in a shell of its own
by_hand () {
	awk -v want="$1" '
		$1 == ".\\\"" && $2 == "block" { found = $3 == want; next }
		found && /^\.Bd/ { inside = 1; next }
		inside && /^\.Ed/ { exit }
		inside { gsub(/\\e/, "\\"); print }
	' "$page" >"$TMPDIR/by-hand" && test -s "$TMPDIR/by-hand" && sh -e "$TMPDIR/by-hand" >"$TMPDIR/said" 2>&1 || { cat "$TMPDIR/said"; return 1; }
}

# orders: what is in the database now
orders () {
	PGPASSFILE=$top/pgpass $db -At orders -c "select md5(string_agg(t::text, chr(10) order by id)) from t" 2>&1
}

lose_orders () {
	PGPASSFILE=$top/pgpass $db orders -c "drop table t cascade" 2>/dev/null
	test_must_fail orders >/dev/null
}

# what curl needs for a store of that kind; the server of the tests wants more
# than those that it stands for
curlrc () {
	case $1 in
	s3)
		cat <<-\EOF
		aws-sigv4 = "aws:amz:us-east-1:s3"
		user = "AKIDTEST:test/secret+key"
		header = "x-amz-content-sha256: e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
		EOF
		;;
	azure)
		cat <<-EOF
		url-query = "+sv=2021&sig=test%2Faccess%2Bsig%3D"
		header = "x-ms-version: 2021-12-02"
		header = "x-ms-date: $(LC_ALL=C date -u "+%a, %d %b %Y %H:%M:%S GMT")"
		EOF
		;;
	esac
}

# comes_back KIND: of a host and a repository that are gone, by its key and the store
comes_back () {
	store_start "$1" && git vault replicate add --endpoint "$endpoint" "$1" "$store_url" && git vault --json replicate push "$1" >../pushed &&
	host=$(sed "s/.*\"host\":\"\([^\"]*\).*/\1/" ../pushed) && mkdir -p "$top/new.$1" && lose_orders && (
		HOME=$top/new.$1 XDG_CONFIG_HOME=$HOME/.config && export HOME XDG_CONFIG_HOME && mkdir -p "$HOME/.config/git-vault" &&
		cp "$top/key" "$HOME/.config/git-vault/identity" && git config --global user.name n && git config --global user.email n@example.com &&
		cd "$HOME" && git vault -q replicate restore --endpoint "$endpoint" "$store_url" back && cd back && git vault -q restore latest --in-place &&
		cmp "$top/env" .env && git vault -q state restore --env prod --stack default --to ../state && cmp "$top/tfstate" ../state &&
		git config vault.component.orders.credentials "$top/pgpass" && git vault -q component restore orders --into "host=$base/pg user=vault dbname=orders"
	) && orders >../actual && test_cmp ../expect ../actual
}

# by_hand_alone KIND: the same without git-vault, from an empty folder
by_hand_alone () {
	lose_orders && (
		HOME=$top/bare.$1 KEY=$top/key && export HOME KEY && mkdir "$HOME" && (umask 077 && curlrc "$1" >"$HOME/.curlrc") && cd "$HOME" &&
		case $1 in s3) store=$endpoint/vault/p ;; azure) store=$endpoint/box/p ;; esac &&
		export store host && by_hand replica && cd infra && by_hand component && PGPASSFILE=$top/pgpass && export PGPASSFILE &&
		$db -v ON_ERROR_STOP=1 -1 orders -f orders.dump >/dev/null && by_hand state && cmp "$top/tfstate" terraform.tfstate &&
		S=$(git for-each-ref --sort=-refname --count=1 --format="%(refname)" refs/vault/snapshots) && id=$(git cat-file blob "$S:tree/.env" | sed "s/.*:\(.*\)]/\1/") &&
		git show "refs/vault/secrets/shared:$(printf %.2s "$id")/$id.age" | age -d -i "$KEY" | gzip -dcf | cmp "$top/env" -
	) && orders >../actual && test_cmp ../expect ../actual && store_stop
}

test_expect_success POSTGRES 'host and repository lost: states, secrets and PostgreSQL come back from S3' '
	top=$(cd .. && pwd) && cp ~/.config/git-vault/identity ../key && $db orders -c "drop view if exists needs; drop table if exists keep" &&
	echo DB_PASSWORD=4g8Kq2vLw9sZx7Rt >.env && cp .env ../env && echo .env >.gitignore && printf "{\"version\": 4, \"serial\": 7, \"lineage\": \"a\", \"outputs\": {}, \"resources\": []}\n" >../tfstate &&
	git add -A && git commit -qm lost && git vault -q state save --env prod --stack default ../tfstate && git vault -q snapshot && component 0 run orders && orders >../expect && comes_back s3
'

test_lazy_prereq BY_HAND 'age --version && perl -e 1 && curl --help all | grep -e --url-query && ssh-keygen -? 2>&1 | grep -e -Y'

test_expect_success POSTGRES,BY_HAND '... and by curl, git, ssh-keygen, age and psql alone' 'by_hand_alone s3'

test_expect_success POSTGRES 'the same from Azure' 'comes_back azure'

test_expect_success POSTGRES,BY_HAND '... and by hand' 'by_hand_alone azure'

test_expect_success MARIADB 'MariaDB: dump, damage, restore, equal; an invalid view is noticed' '
	folder my &&
	(as_user mariadb-install-db --no-defaults --datadir="$base/my/d" --auth-root-authentication-method=normal --skip-test-db >"$base/log" 2>&1) &&
	{ (as_user mariadbd --no-defaults --datadir="$base/my/d" --socket="$base/my/s" --skip-networking >"$base/log" 2>&1) & } &&
	pids="$pids $!" && db="mariadb --no-defaults --socket=$base/my/s -u root" && until_ready $db -e "select 1" &&
	$db -e "create database shop" && $db shop -e "
		create table t (id int primary key, note text, b blob);
		insert into t select seq, md5(seq), unhex(md5(seq)) from seq_1_to_5000;
		create view v as select count(*) as n from t" &&
	policy <<-EOF &&
	shop: {type: mariadb, source: shop, environment: prod, options: [--socket=$base/my/s]}
	EOF
	printf "[client]\nuser=root\n" >../my.cnf && chmod 600 ../my.cnf && git config vault.component.shop.credentials "$PWD/../my.cnf" &&
	component 0 run && $db shop -N -e "checksum table t" >../expect &&
	proven shop "a second dump of it is the same; a scratch MariaDB has 2 tables" &&
	$db shop -e "delete from t where id % 2 = 0; drop view v" &&
	component 0 restore shop --into shop && $db shop -N -e "checksum table t" >../actual && test_cmp ../expect ../actual &&
	test "$($db shop -N -e "select n from v")" = 5000 &&
	echo secret-of-host >../private && chmod 644 ../private && mkdir -p ../fake && real=$(command -v mariadb-dump) && for line in "\\! touch $PWD/../ran" "system touch $PWD/../ran" \
		"select 1; \\! touch $PWD/../ran" "tee $PWD/../ran" "source $PWD/../private" "edit" "load data local infile \"$PWD/../private\" into table t;"
	do
		printf "%s\n" "$line" >../line && printf "#!/bin/sh\ncat %s && %s \"\$@\"\n" "$PWD/../line" "$real" >../fake/mariadb-dump && chmod 755 ../fake/mariadb-dump &&
		printf "#!/bin/sh\ntouch %s\n" "$PWD/../ran" >../fake/editor && chmod 755 ../fake/editor &&
		PATH=$PWD/../fake:$PATH component 0 run shop && { EDITOR=$PWD/../fake/editor git vault component restore shop --into shop 2>../err || test $? = 128; } && test_path_is_missing ../ran &&
		! grep secret-of-host ../err || return 1
	done &&
	$db shop -e "create table gone (a int); create view w as select a from gone; drop table gone" &&
	component 3 run && test_grep "shop of prod was not stored: mariadb-dump ended with status 2" ../err
'

test_expect_success REDIS 'redis: dump, damage, restore, equal' '
	folder re && p=$(port 1) &&
	{ (as_user redis-server --bind 127.0.0.1 --port $p --dir "$base/re" --save "" --requirepass secret-of-redis >"$base/log" 2>&1) & } &&
	pids="$pids $!" && REDISCLI_AUTH=secret-of-redis && export REDISCLI_AUTH && cli="redis-cli -h 127.0.0.1 -p $p" &&
	until_ready $cli ping && i=0 && while test $i -lt 500
	do
		echo "SET key:$i value-$i" && i=$((i + 1))
	done >../cmds && $cli <../cmds >/dev/null && unset REDISCLI_AUTH && policy <<-EOF &&
	cache: {type: redis, source: "127.0.0.1:$p", environment: prod}
	EOF
	component 3 run && test_grep "cache of prod was not stored" ../err &&
	echo secret-of-redis >../auth && chmod 600 ../auth && git config vault.component.cache.credentials "$PWD/../auth" &&
	component 0 run && unset REDISCLI_AUTH && proven cache "a scratch redis has 500 of its 500 keys" && component 128 restore cache --into x && test_grep "restored to a file" ../err &&
	REDISCLI_AUTH=secret-of-redis && export REDISCLI_AUTH && $cli flushall && { $cli shutdown nosave || true; } &&
	component 0 restore cache --to ../dump.rdb && cp ../dump.rdb "$base/re/dump.rdb" && chmod 644 "$base/re/dump.rdb" &&
	{ (as_user redis-server --bind 127.0.0.1 --port $p --dir "$base/re" --save "" --requirepass secret-of-redis >"$base/log" 2>&1) & } &&
	pids="$pids $!" && until_ready $cli ping && test "$($cli dbsize)" = 500 && test "$($cli get key:499)" = value-499 &&
	unset REDISCLI_AUTH && printf x | dd of=../dump.rdb bs=1 seek=100 conv=notrunc 2>/dev/null &&
	policy <<-EOF &&
	copy: {type: command, run: [cat, $PWD/../dump.rdb], check: [redis-check-rdb, /dev/stdin]}
	EOF
	component 3 run && test_grep "copy of shared was not stored" ../err
'

test_expect_success ETCD,MEMORY 'etcd: dump, damage, restore, equal' '
	folder et && p=$(port 2) && q=$(port 3) && at="--data-dir $base/et/d" &&
	urls="--listen-client-urls http://127.0.0.1:$p --advertise-client-urls http://127.0.0.1:$p" &&
	urls="$urls --listen-peer-urls http://127.0.0.1:$q --initial-advertise-peer-urls http://127.0.0.1:$q" &&
	{ (as_user etcd $at $urls --initial-cluster default=http://127.0.0.1:$q >"$base/log" 2>&1) & } && server=$! &&
	pids="$pids $!" && ETCDCTL_API=3 && export ETCDCTL_API && ctl="etcdctl --endpoints=http://127.0.0.1:$p" &&
	until_ready $ctl endpoint health && for i in 1 2 3 4 5 6 7 8 9
	do
		$ctl put key/$i value-$i >/dev/null || return 1
	done && $ctl get --prefix key/ >../expect &&
	policy <<-EOF &&
	conf: {type: etcd, source: "http://127.0.0.1:$p", environment: prod}
	EOF
	component 0 run && proven conf "a scratch etcd has 9 keys at revision 10 of the dump" && $ctl del --prefix key/ && kill $server && { wait $server || true; } &&
	component 0 restore conf --into "$base/et/new" && { test "$(id -u)" != 0 || chown -R 65534:65534 "$base/et/new"; } &&
	{ (as_user etcd --data-dir "$base/et/new" $urls >"$base/log" 2>&1) & } && pids="$pids $!" &&
	until_ready $ctl endpoint health && $ctl get --prefix key/ >../actual && test_cmp ../expect ../actual &&
	test_must_fail ls -d /dev/shm/git-vault-mem-$$*
'

test_done
