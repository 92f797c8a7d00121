#include <stddef.h>
#include <string.h>

#include "component/component_trial.h"

/*
 * The user is nobody, the home is empty, and files are in memory; so servers
 * need not be told to be careful. A role, user or option that the dump does not
 * have is no fault of the dump.
 */

/* clang-format off */
#define HEAD \
	"set -u\n" \
	"strict=$1 input=$2 dump=$PWD/dump\n" \
	"dir=$(mktemp -d) || exit 126\n" \
	"pid=\n" \
	"trap 'test -z \"$pid\" || kill $pid 2>/dev/null' EXIT\n" \
	"need () {\n" \
	"\tfor program\n" \
	"\tdo\n" \
	"\t\tcommand -v \"$program\" >/dev/null || {\n" \
	"\t\t\techo >&2 \"$program is not installed\"\n" \
	"\t\t\texit 126\n" \
	"\t\t}\n" \
	"\tdone\n" \
	"}\n" \
	"last () {\n" \
	"\tgrep -v '^[[:space:]]*$' \"$dir/log\" | tail -n 1\n" \
	"}\n" \
	"cannot () {\n" \
	"\techo >&2 \"$1: $(last)\"\n" \
	"\texit 126\n" \
	"}\n" \
	"# fail WHY: with what its first error says, but for what it quotes: that\n" \
	"# may be of a row\n" \
	"fail () {\n" \
	"\tline=$(grep -m 1 -E 'ERROR|rror' \"$dir/log\" || last)\n" \
	"\techo >&2 \"$1: $(printf '%s\\n' \"$line\" |" \
	" sed -E \"s/ *[\\\"'\\`].*//; s/(no such column).*/\\1/\")\"\n" \
	"\texit 1\n" \
	"}\n" \
	"ready () {\n" \
	"\ttries=0\n" \
	"\tuntil \"$@\" >/dev/null 2>&1\n" \
	"\tdo\n" \
	"\t\tkill -0 $pid 2>/dev/null || cannot 'the scratch server" \
	" ended'\n" \
	"\t\ttries=$((tries + 1))\n" \
	"\t\ttest $tries -lt 1200 || cannot 'the scratch server was" \
	" not ready in time'\n" \
	"\t\tsleep 0.05\n" \
	"\tdone\n" \
	"}\n" \
	"# compare SUM COUNT: of the second dump\n" \
	"compare () {\n" \
	"\tif test \"$1\" = \"$sum\"\n" \
	"\tthen\n" \
	"\t\techo \"equal: a second dump of it is the same; $2\"\n" \
	"\telif test \"$strict\" = 1\n" \
	"\tthen\n" \
	"\t\techo >&2 \"it was restored, but a second dump of it is" \
	" not the same\"\n" \
	"\t\texit 1\n" \
	"\telse\n" \
	"\t\techo \"served: $2; not compared, since $why\"\n" \
	"\tfi\n" \
	"}\n" \
	"why='the policy gives the dump options'\n"

static const struct {
	const char *engine, *text;
} scripts[] = {
	{ "postgresql", HEAD
	"for bin in /usr/lib/postgresql/*/bin /usr/pgsql-*/bin\n"
	"do\n"
	"\ttest ! -x \"$bin/initdb\" || PATH=$bin:$PATH\n"
	"done\n"
	"need initdb postgres psql pg_dump\n"
	"initdb -D \"$dir/d\" -U postgres -A trust -N -E UTF8 >\"$d"
	"ir/log\" 2>&1 ||\n"
	"\tcannot 'cannot make a scratch server'\n"
	"postgres -D \"$dir/d\" -k \"$dir\" -c listen_addresses= -c"
	" fsync=off \\\n"
	"\t-c wal_level=minimal -c max_wal_senders=0 \\\n"
	"\t-c dynamic_shared_memory_type=mmap >\"$dir/log\" 2>&1 &\n"
	"pid=$!\n"
	"PGHOST=$dir PGUSER=postgres PGDATABASE=postgres\n"
	"export PGHOST PGUSER PGDATABASE\n"
	"sql () {\n"
	"\tpsql -X -q -A -t -v ON_ERROR_STOP=1 -v VERBOSITY=sqlstate \"$@\"\n"
	"}\n"
	"ready sql -c 'select 1'\n"
	"# the roles that the dump names are not in it\n"
	"sed -n -E '/^COPY .* FROM stdin;$/,/^\\\\\\.$/d\n"
	"\ts/^ALTER .* OWNER TO (.*);$/\\1/p\n"
	"\ts/^GRANT .* TO (.*);$/\\1/p\n"
	"\ts/^REVOKE .* FROM (.*);$/\\1/p\n"
	"\ts/^ALTER DEFAULT PRIVILEGES FOR ROLE ([^ ]*) .*/\\1/p' "
	"\"$dump\" |\n"
	"\tsed 's/ WITH GRANT OPTION$//' | sort -u | while read -r "
	"role\n"
	"do\n"
	"\tcase $role in\n"
	"\tPUBLIC | postgres | pg_*) ;;\n"
	"\t*) sql -c \"create role $role\" ;;\n"
	"\tesac\n"
	"done >\"$dir/roles\" 2>&1\n"
	"filter () {\n"
	"\tsed -e '/^-- Dumped /d' -e '/^\\\\restrict /d' -e '/^\\"
	"\\unrestrict /d' |\n"
	"\t\tsha256sum\n"
	"}\n"
	"by=$(sed -n 's/^-- Dumped by pg_dump version \\([0-9]*\\)."
	"*/\\1/p;20q' \"$dump\")\n"
	"from=$(sed -n 's/^-- Dumped from database version \\([0-9]"
	"*\\).*/\\1/p;20q' \"$dump\")\n"
	"here=$(pg_dump --version | sed 's/[^0-9]*\\([0-9]*\\).*/\\"
	"1/')\n"
	"if test \"$by\" != \"$here\" || test \"$from\" != \"$here"
	"\"\n"
	"then\n"
	"\tstrict=0 why=\"it was dumped by version $by from $from, "
	"and here is $here\"\n"
	"fi\n"
	"sum=$(filter <\"$dump\")\n"
	"code=$(sed -n \"s/^SET client_encoding = '\\([A-Za-z0-9_]*"
	"\\)';\\$/\\1/p;40q\" \"$dump\")\n"
	"sql -c \"create database drill template template0 locale '"
	"C'\n"
	"\tencoding '${code:-UTF8}'\" >\"$dir/log\" 2>&1 &&\n"
	"\tsql -1 -o /dev/null -d drill -f \"$dump\" >\"$dir/log\" "
	"2>&1 ||\n"
	"\tfail 'psql did not restore it'\n"
	"rm -f \"$dump\"\n"
	"n=$(sql -d drill -c \"select count(*) from pg_class c join"
	" pg_namespace n\n"
	"\ton n.oid = relnamespace where relkind in ('r', 'p') and\n"
	"\tnspname not like 'pg\\\\_%' and nspname <> 'information_"
	"schema'\")\n"
	"compare \"$(pg_dump --format=plain --clean --if-exists --d"
	"bname=drill 2>\"$dir/log\" |\n"
	"\tfilter)\" \"a scratch PostgreSQL has $n tables\"\n" },
	{ "mariadb", HEAD
	"need mariadb-install-db mariadbd mariadb mariadb-admin mar"
	"iadb-dump\n"
	"mariadb-install-db --no-defaults --datadir=\"$dir/d\" --sk"
	"ip-test-db \\\n"
	"\t--auth-root-authentication-method=normal >\"$dir/log\" 2"
	">&1 ||\n"
	"\tcannot 'cannot make a scratch server'\n"
	"mariadbd --no-defaults --datadir=\"$dir/d\" --socket=\"$di"
	"r/s\" --skip-networking \\\n"
	"\t--pid-file=\"$dir/pid\" --tmpdir=\"$dir\" --innodb-flush"
	"-log-at-trx-commit=0 \\\n"
	"\t>\"$dir/log\" 2>&1 &\n"
	"pid=$!\n"
	"to=\"--no-defaults --socket=$dir/s --user=root\"\n"
	"ready mariadb-admin $to ping\n"
	"name=$(sed -n 's/^-- Host: .*Database: \\(.*\\)$/\\1/p;9q'"
	" \"$dump\" | tr -d '`')\n"
	"name=${name:-drill}\n"
	"filter () {\n"
	"\tsed -e '/^-- /d' | sha256sum\n"
	"}\n"
	"version () {\n"
	"\tsed -n \"$1\"'s/^-- MariaDB dump [^ ]* *Distrib \\([0-9]"
	"*\\.[0-9]*\\).*/\\1/p;3q'\n"
	"}\n"
	"from=$(sed -n 's/^-- Server version[^0-9]*\\([0-9]*\\.[0-9"
	"]*\\).*/\\1/p;9q' \"$dump\")\n"
	"here=$(mariadbd --no-defaults --version | sed 's/.*Ver \\("
	"[0-9]*\\.[0-9]*\\).*/\\1/')\n"
	"test \"$from\" = \"$here\" ||\n"
	"\tstrict=0 why=\"it was dumped from version $from, and her"
	"e is $here\"\n"
	"sum=$(filter <\"$dump\")\n"
	"mariadb $to --batch -e \"create database \\`$name\\`\" >\""
	"$dir/log\" 2>&1 &&\n"
	"\tmariadb $to --batch -- \"$name\" <\"$dump\" >\"$dir/log"
	"\" 2>&1 ||\n"
	"\tfail 'mariadb did not restore it'\n"
	"rm -f \"$dump\"\n"
	"n=$(mariadb $to --batch -N -e \"select count(*) from infor"
	"mation_schema.tables\n"
	"\twhere table_schema not in\n"
	"\t('mysql', 'sys', 'information_schema', 'performance_sche"
	"ma')\")\n"
	"compare \"$(mariadb-dump $to --single-transaction --quick "
	"--routines --events \\\n"
	"\t--triggers --hex-blob --skip-dump-date --skip-extended-i"
	"nsert -- \"$name\" \\\n"
	"\t2>\"$dir/log\" | filter)\" \"a scratch MariaDB has $n ta"
	"bles\"\n" },
	{ "sqlite", HEAD
	"need sqlite3\n"
	"sum=$(sha256sum <\"$dump\")\n"
	"sqlite3 -batch -bail -safe -init /dev/null \"$dir/d\" <\"$d"
	"ump\" >\"$dir/log\" 2>&1 ||\n"
	"\tfail 'sqlite3 did not restore it'\n"
	"rm -f \"$dump\"\n"
	"check=$(sqlite3 -batch -init /dev/null -readonly \"$dir/d"
	"\" \\\n"
	"\t'PRAGMA integrity_check' 2>&1)\n"
	"test \"$check\" = ok || {\n"
	"\techo >&2 'the database that came back is damaged'\n"
	"\texit 1\n"
	"}\n"
	"n=$(sqlite3 -batch -init /dev/null -readonly \"$dir/d\" \\\n"
	"\t\"select count(*) from sqlite_schema where type = 'table"
	"'\" 2>/dev/null)\n"
	"compare \"$(printf %s \"$input\" | sqlite3 -batch -init /d"
	"ev/null -readonly \\\n"
	"\t\"$dir/d\" 2>\"$dir/log\" | sha256sum)\" \"a scratch fil"
	"e has $n tables\"\n" },
	{ "redis", HEAD
	"need redis-server redis-cli redis-check-rdb\n"
	"mv \"$dump\" \"$dir/dump.rdb\"\n"
	"redis-check-rdb \"$dir/dump.rdb\" >\"$dir/log\" 2>&1 ||\n"
	"\tfail 'redis-check-rdb found damage'\n"
	"count () {\n"
	"\tsed -n \"s/.* \\([0-9]*\\) $1\\$/\\1/p\" \"$dir/check\"\n"
	"}\n"
	"cp \"$dir/log\" \"$dir/check\"\n"
	"all=$(count 'keys read') ends=$(count expires)\n"
	"redis-server --port 0 --unixsocket \"$dir/s\" --dir \"$dir"
	"\" --save '' \\\n"
	"\t--dbfilename dump.rdb --appendonly no >\"$dir/log\" 2>&1"
	" &\n"
	"pid=$!\n"
	"pong () {\n"
	"\ttest \"$(redis-cli -s \"$dir/s\" ping)\" = PONG\n"
	"}\n"
	"ready pong\n"
	"n=$(redis-cli -s \"$dir/s\" info keyspace |\n"
	"\tsed -n 's/.*keys=\\([0-9]*\\),.*/\\1/p' | awk '{ n += $1"
	" } END { print n + 0 }')\n"
	"if test \"$n\" -gt \"${all:-0}\" || test \"$n\" -lt $((${a"
	"ll:-0} - ${ends:-0}))\n"
	"then\n"
	"\techo >&2 \"a scratch redis has $n keys, and the dump has"
	" ${all:-0}\"\n"
	"\texit 1\n"
	"fi\n"
	"echo \"served: a scratch redis has $n of its ${all:-0} key"
	"s\" \\\n"
	"\t\"(${ends:-0} of them expire)\"\n" },
	{ "etcd", HEAD
	"need etcd etcdctl\n"
	"ETCDCTL_API=3 ETCDCTL_ENDPOINTS=http://127.0.0.1:2379\n"
	"export ETCDCTL_API ETCDCTL_ENDPOINTS\n"
	"tool=etcdctl\n"
	"! command -v etcdutl >/dev/null || tool=etcdutl\n"
	"number () {\n"
	"\tsed -n \"s/.*\\\"$1\\\":\\([0-9]*\\).*/\\1/p\"\n"
	"}\n"
	"kept=$($tool snapshot status \"$dump\" --write-out=json 2>"
	"\"$dir/log\" |\n"
	"\tnumber revision)\n"
	"$tool snapshot restore \"$dump\" --data-dir=\"$dir/d\" >\""
	"$dir/log\" 2>&1 ||\n"
	"\tfail \"$tool did not restore it\"\n"
	"rm -f \"$dump\"\n"
	"etcd --data-dir=\"$dir/d\" >\"$dir/log\" 2>&1 &\n"
	"pid=$!\n"
	"ready etcdctl endpoint health\n"
	"is=$(etcdctl endpoint status --write-out=json | number rev"
	"ision)\n"
	"n=$(etcdctl get '' --prefix --keys-only | grep -c .)\n"
	"test -n \"$kept\" && test \"$is\" = \"$kept\" || {\n"
	"\techo >&2 \"a scratch etcd is at revision ${is:-none}, an"
	"d the dump at\" \\\n"
	"\t\t\"${kept:-none}\"\n"
	"\texit 1\n"
	"}\n"
	"echo \"served: a scratch etcd has $n keys at revision $is "
	"of the dump\"\n" },
};

static const char archive[] = HEAD
	"need tar\n"
	"mkdir \"$dir/t\" &&\n"
	"\ttar --extract --file=\"$dump\" --directory=\"$dir/t\" --"
	"no-same-owner \\\n"
	"\t\t--preserve-permissions >\"$dir/log\" 2>&1 ||\n"
	"\tfail 'tar did not restore it'\n"
	"tar --compare --file=\"$dump\" --directory=\"$dir/t\" >\"$"
	"dir/log\" 2>&1\n"
	"grep -v -E ': (Uid|Gid) differs$' \"$dir/log\" >\"$dir/lef"
	"t\" && {\n"
	"\tmv \"$dir/left\" \"$dir/log\"\n"
	"\tfail 'what came back is not what the archive has'\n"
	"}\n"
	"n=$(tar --list --file=\"$dump\" | wc -l)\n"
	"echo \"equal: all $((n)) entries of the archive came back"
	"\"\n";
/* clang-format on */

const char *
gv_component_trial_script(const char *engine)
{
	static const char *const archives[] = { "configuration", "secrets",
		"logs", "artifacts" };
	size_t i;

	for (i = 0; i < sizeof(scripts) / sizeof(*scripts); i++)
		if (strcmp(scripts[i].engine, engine) == 0)
			return scripts[i].text;
	for (i = 0; i < sizeof(archives) / sizeof(*archives); i++)
		if (strcmp(archives[i], engine) == 0)
			return archive;
	return NULL;
}
