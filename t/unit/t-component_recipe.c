/* lib/component/component_recipe: the arguments of each type's programs, and
 * that no password is among them. component_outside: labels in reports. */
#include "unit/unit.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "component/component_outside.h"
#include "component/component_recipe.h"
#include "component/component_secret.h"
#include "component/component_server.h"
#include "config/policy.h"

static void
join(struct gv_buf *out, const struct gv_component_argv *argv)
{
	size_t i;

	for (i = 0; i < argv->n; i++)
		gv_buf_addf(out, "%s%s", i ? " " : "", argv->items[i]);
	assert_int_equal(gv_buf_check(out), 0);
}

static const struct row {
	enum gv_policy_engine engine;
	const char *source, *option;
	struct gv_component_given given;
	const char *dump, *restore;
} rows[] = {
	{ GV_POLICY_POSTGRESQL, "orders", NULL,
	    { .credentials = "/c", .mark = "abc123" },
	    "pg_dump --format=plain --restrict-key=abc123 --clean --if-exists "
	    "--no-password --dbname=orders",
	    "psql --no-psqlrc --quiet --no-password --set=ON_ERROR_STOP=1 "
	    "--single-transaction --output=/dev/null --dbname=orders" },
	{ GV_POLICY_POSTGRESQL, "host=db1 dbname=orders", "--port=6432",
	    { .target = "copy", .mark = "a" },
	    "pg_dump --format=plain --restrict-key=a --clean --if-exists "
	    "--no-password --port=6432 --dbname=host=db1 dbname=orders",
	    "psql --no-psqlrc --quiet --no-password --set=ON_ERROR_STOP=1 "
	    "--single-transaction --output=/dev/null --port=6432 "
	    "--dbname=host=db1 dbname=orders dbname='copy'" },
	{ GV_POLICY_MARIADB, "shop", "--socket=/s", { .credentials = "/c" },
	    "mariadb-dump --defaults-extra-file=/c --single-transaction --quick "
	    "--routines --events --triggers --hex-blob --skip-dump-date "
	    "--skip-extended-insert --socket=/s -- shop",
	    "mariadb --defaults-extra-file=/c --batch --loose-sandbox "
	    "--local-infile=0 --socket=/s -- shop" },
	{ GV_POLICY_MYSQL, "shop", "--ignore-table=shop.log",
	    { .target = "other" },
	    "mysqldump --single-transaction --quick --routines --events "
	    "--triggers --hex-blob --skip-dump-date --skip-extended-insert "
	    "--ignore-table=shop.log -- shop",
	    "mysql --batch --loose-skip-system-command --local-infile=0 -- "
	    "other" },
	{ GV_POLICY_SQLITE, "/a.db", NULL, { .file = "/a.new" },
	    "sqlite3 -batch -init /dev/null -readonly /a.db",
	    "sqlite3 -batch -bail -safe -init /dev/null /a.new" },
	{ GV_POLICY_REDIS, "localhost:6379", NULL, { .file = NULL },
	    "redis-cli -h localhost -p 6379 --rdb -", "" },
	{ GV_POLICY_REDIS, "unix:/r.sock", NULL, { .file = NULL },
	    "redis-cli -s /r.sock --rdb -", "" },
	{ GV_POLICY_ETCD, "http://a:2379", NULL,
	    { .file = "/m/dump", .target = "/d" },
	    "etcdctl --endpoints=http://a:2379 snapshot save /m/dump",
	    "etcdctl snapshot restore /m/dump --data-dir=/d" },
	{ GV_POLICY_MONGODB, "mongodb://a", NULL, { .credentials = "/c" },
	    "mongodump --config=/c --archive --uri=mongodb://a",
	    "mongorestore --config=/c --archive --drop --uri=mongodb://a" },
	{ GV_POLICY_CONSUL, NULL, NULL, { .file = "/m/dump" },
	    "consul snapshot save /m/dump", "consul snapshot restore /m/dump" },
	{ GV_POLICY_RAFT, NULL, NULL, { .file = "/m/dump" },
	    "vault operator raft snapshot save /m/dump",
	    "vault operator raft snapshot restore /m/dump" },
	{ GV_POLICY_SECRETS, "/etc/ssl", NULL, { .target = "/x" },
	    "tar --create --file=- --sort=name --numeric-owner --format=posix "
	    "--pax-option=delete=atime,delete=ctime --directory=/etc/ssl .",
	    "tar --extract --file=- --preserve-permissions --numeric-owner "
	    "--directory=/x" },
};

static void
arguments(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *option = rows[i].option;
		const struct gv_policy_component c = { .name = "a",
			.engine = rows[i].engine,
			.source = rows[i].source,
			.options = { &option, option != NULL, 0 } };
		struct gv_component_recipe recipe;
		struct gv_buf dump = GV_BUF_INIT, restore = GV_BUF_INIT;

		assert_int_equal(
		    gv_component_recipe(&recipe, &c, &rows[i].given), 0);
		join(&dump, &recipe.dump);
		join(&restore, &recipe.restore);
		assert_string_equal(dump.p, rows[i].dump);
		assert_string_equal(
		    restore.p ? restore.p : "", rows[i].restore);
		gv_buf_release(&dump);
		gv_buf_release(&restore);
		gv_component_recipe_release(&recipe);
	}
}

static const struct {
	enum gv_policy_engine engine;
	const char *source, *options[2];
} passwords[] = {
	{ GV_POLICY_POSTGRESQL, "host=a password=b", { NULL } },
	{ GV_POLICY_POSTGRESQL, "postgresql://u:secret@host/db", { NULL } },
	{ GV_POLICY_MONGODB, "mongodb://u:secret@host", { NULL } },
	{ GV_POLICY_MARIADB, "a", { "--password=b" } },
	{ GV_POLICY_MYSQL, "a", { "-pb" } },
	{ GV_POLICY_REDIS, "a:1", { "-a", "b" } },
	{ GV_POLICY_ETCD, "a:1", { "--user=root:b" } },
	{ GV_POLICY_ETCD, "a:1", { "--user", "root:b" } },
	{ GV_POLICY_MONGODB, "a", { "-p", "b" } },
	{ GV_POLICY_CONSUL, "a", { "-token=b" } },
	{ GV_POLICY_CONSUL, "a", { "-token", "b" } },
};

static void
no_passwords(void **state)
{
	const struct gv_component_given given = { .file = "/m" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(passwords) / sizeof(passwords[0]); i++) {
		const char *options[] = { passwords[i].options[0],
			passwords[i].options[1] };
		const struct gv_policy_component c = { .name = "a",
			.engine = passwords[i].engine,
			.source = passwords[i].source,
			.options = { options,
			    (size_t)(options[0] != NULL) + (options[1] != NULL),
			    0 } };
		struct gv_component_recipe recipe;

		assert_int_equal(
		    gv_component_recipe(&recipe, &c, &given), GV_EREFUSED);
		assert_non_null(strstr(gv_err_message(), "has a password"));
		gv_component_recipe_release(&recipe);
	}
}

static void
outside(void **state)
{
	static const struct {
		const char *text, *label, *lsn;
	} cases[] = {
		{ "[{\"backup\":[{\"label\":\"20261129-010000F\",\"lsn\":{"
		  "\"start\":\"0/2\",\"stop\":\"0/3\"},\"timestamp\":{\"stop\":"
		  "17}},{\"label\":\"20261130-010000F_20261130-020000I\","
		  "\"lsn\":{\"start\":\"0/4\",\"stop\":\"0/5000100\"},"
		  "\"timestamp\":{\"start\":1,\"stop\":18}}],\"name\":\"x\"}]",
		    "20261130-010000F_20261130-020000I", "0/5000100" },
		{ "{\"main\":{\"backup_id\":\"20261130T010203\",\"end_lsn\": "
		  "\"0/7\"}}",
		    "20261130T010203", "0/7" },
		{ "uuid = 2b-3c\ntool_name = x\ninnodb_to_lsn = 48213\n",
		    "2b-3c", "48213" },
		{ "nothing of it", "", "" },
		{ "", "", "" },
		{ "label", "", "" },
	};
	struct gv_component_outside out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		gv_component_outside_find(
		    &out, cases[i].text, strlen(cases[i].text));
		assert_string_equal(out.label, cases[i].label);
		assert_string_equal(out.lsn, cases[i].lsn);
	}
}

static void
servers(void **state)
{
	static const struct {
		const char *source, *target, *expect;
	} targets[] = {
		{ "orders", "copy", "copy" },
		{ "host=db1 port=6432 dbname=orders", "copy",
		    "host=db1 port=6432 dbname=orders dbname='copy'" },
		{ "host=db1", "it's \\", "host=db1 dbname='it\\'s \\\\'" },
		{ "host=db1", "host=db2 dbname=x", "host=db2 dbname=x" },
		{ "postgresql://u@db1:6432/orders", "a&b",
		    "postgresql://u@db1:6432/orders?dbname=a%26b" },
		{ "postgres://db1/o?sslmode=require", "copy",
		    "postgres://db1/o?sslmode=require&dbname=copy" },
		{ "host=db1", "postgresql://db2/x", "postgresql://db2/x" },
	};
	static const struct {
		const char *words[2];
		size_t n, expect;
	} options[] = {
		{ { "--host=db1" }, 1, 1 },
		{ { "--host", "db1" }, 2, 2 },
		{ { "-h", "db1" }, 2, 2 },
		{ { "-hdb1" }, 1, 1 },
		{ { "-P", "3307" }, 2, 2 },
		{ { "-U", "app" }, 2, 2 },
		{ { "--ssl-ca=x" }, 1, 1 },
		{ { "--hostname=x" }, 1, 0 },
		{ { "-t", "orders" }, 2, 0 },
		{ { "--ignore-table=a.b" }, 1, 0 },
		{ { "-h" }, 1, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(targets) / sizeof(targets[0]); i++) {
		struct gv_buf out = GV_BUF_INIT;

		assert_int_equal(gv_component_server_target(&out,
				     targets[i].source, targets[i].target),
		    0);
		assert_string_equal(out.p, targets[i].expect);
		gv_buf_release(&out);
	}
	for (i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		assert_int_equal(
		    gv_component_server_option(options[i].words, options[i].n),
		    options[i].expect);
	assert_int_equal(gv_component_server_option(NULL, 0), 0);
}

/* What no program could be given. */
static void
refused(void **state)
{
	const struct gv_component_given given = { .file = "/m" };
	struct gv_policy_component c = {
		.name = "a", .engine = GV_POLICY_REDIS, .source = "6379"
	};
	struct gv_component_secret secret = { .file = "/c" };
	struct gv_component_argv argv = { .n = 0 };
	struct gv_component_recipe recipe;
	size_t i;

	(void)state;
	assert_int_equal(gv_component_recipe(&recipe, &c, &given), GV_EREFUSED);
	assert_message("the source of a redis component is HOST:PORT or "
		       "unix:PATH, not '6379'");
	gv_component_recipe_release(&recipe);
	for (i = 0; i < GV_COMPONENT_ARGS; i++)
		assert_int_equal(gv_component_argv_add(&argv, "x"), 0);
	assert_int_equal(gv_component_argv_add(&argv, "x"), GV_EREFUSED);
	assert_message("a program of the component has too many arguments: at "
		       "most ");
	gv_component_argv_release(&argv);
	assert_int_equal(
	    gv_component_secret_env(&secret, GV_COMPONENT_NO_SECRET, NULL),
	    GV_EREFUSED);
	assert_message("a component of this type has no credentials");
}

/* A program that wants one value has the first line of the file. */
static void
values(void **state)
{
	struct gv_component_secret secret = { .file = "/c",
		.dir = GV_BUF_INIT,
		.path = GV_BUF_INIT,
		.text = GV_SECRET_INIT };

	(void)state;
	assert_int_equal(gv_secret_add(&secret.text, "word\nmore", 9), 0);
	assert_int_equal(gv_component_secret_env(
			     &secret, GV_COMPONENT_VALUE, "REDISCLI_AUTH"),
	    0);
	assert_string_equal(secret.env[0], "REDISCLI_AUTH=word");
	assert_int_equal(gv_component_secret_env(
			     &secret, GV_COMPONENT_ARGUMENT, "--config="),
	    0);
	gv_component_secret_close(&secret);
	assert_int_equal(
	    gv_component_secret_env(&secret, GV_COMPONENT_NO_SECRET, NULL), 0);
}

UNIT(component_recipe)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments),
		cmocka_unit_test(no_passwords),
		cmocka_unit_test(outside),
		cmocka_unit_test(servers),
		cmocka_unit_test(refused),
		cmocka_unit_test(values),
	};

	return UNIT_RUN(tests);
}
