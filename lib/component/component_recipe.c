#include "component/component_recipe.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "component/component_server.h"
#include "config/policy.h"

/*
 * Words in capitals stand for what a run gives: SOURCE, TARGET, FILE,
 * DEFAULTS (an argument with the file of credentials; left out without one),
 * MARK (letters that nobody who writes into the database knows), OPTIONS (those
 * of the policy), CONNECTION (those of them that say where the
 * server is).
 */
static const struct row {
	enum gv_policy_engine engine;
	const char *dump[18], *restore[12], *before[8];
	const char *says, *input;
	enum gv_component_proof_kind proof;
	enum gv_component_secret_kind secret;
	const char *variable;
	bool is_file, is_new_file, lets_change, has_mark;
	enum gv_component_guard_kind guards;
} rows[] = {
	{ .engine = GV_POLICY_POSTGRESQL,
	    .dump = { "pg_dump", "--format=plain", "--restrict-key=MARK",
		"--clean", "--if-exists", "--no-password", "OPTIONS",
		"--dbname=SOURCE" },
	    .restore = { "psql", "--no-psqlrc", "--quiet", "--no-password",
		"--set=ON_ERROR_STOP=1", "--single-transaction",
		"--output=/dev/null", "CONNECTION", "--dbname=TARGET" },
	    .guards = GV_COMPONENT_GUARD_PG,
	    .proof = GV_COMPONENT_PROOF_PG,
	    .secret = GV_COMPONENT_FILE_NAME,
	    .variable = "PGPASSFILE" },
	{ .engine = GV_POLICY_MARIADB,
	    .dump = { "mariadb-dump", "DEFAULTS", "--single-transaction",
		"--quick", "--routines", "--events", "--triggers", "--hex-blob",
		"--skip-dump-date", "--skip-extended-insert", "OPTIONS", "--",
		"SOURCE" },
	    /* older ones pass over an option that is loose */
	    .restore = { "mariadb", "DEFAULTS", "--batch", "--loose-sandbox",
		"--local-infile=0", "CONNECTION", "--", "TARGET" },
	    .proof = GV_COMPONENT_PROOF_MARIADB,
	    .secret = GV_COMPONENT_ARGUMENT },
	{ .engine = GV_POLICY_MYSQL,
	    .dump = { "mysqldump", "DEFAULTS", "--single-transaction",
		"--quick", "--routines", "--events", "--triggers", "--hex-blob",
		"--skip-dump-date", "--skip-extended-insert", "OPTIONS", "--",
		"SOURCE" },
	    .restore = { "mysql", "DEFAULTS", "--batch",
		"--loose-skip-system-command", "--local-infile=0", "CONNECTION",
		"--", "TARGET" },
	    .proof = GV_COMPONENT_PROOF_MARIADB,
	    .secret = GV_COMPONENT_ARGUMENT },
	{ .engine = GV_POLICY_SQLITE,
	    .before = { "sqlite3", "-batch", "-init", "/dev/null", "-readonly",
		"SOURCE", "PRAGMA integrity_check" },
	    .says = "ok\n",
	    .dump = { "sqlite3", "-batch", "-init", "/dev/null", "-readonly",
		"SOURCE" },
	    /* .dump leaves these two out */
	    .input = "BEGIN;\n"
		     "SELECT 'PRAGMA application_id='||application_id||';' "
		     "FROM pragma_application_id;\n"
		     "SELECT 'PRAGMA user_version='||user_version||';' "
		     "FROM pragma_user_version;\n"
		     ".dump\n",
	    /* whoever writes into the database could put a statement behind
	     * one of its schema: no other file is opened, no program run */
	    .restore = { "sqlite3", "-batch", "-bail", "-safe", "-init",
		"/dev/null", "FILE" },
	    .guards = GV_COMPONENT_GUARD_SQLITE,
	    .proof = GV_COMPONENT_PROOF_SQLITE,
	    .is_new_file = true },
	{ .engine = GV_POLICY_REDIS,
	    /* from a server that does not know the length before, what it
	     * writes to its output ends with the mark of the end */
	    .has_mark = true,
	    .dump = { "redis-cli", "ADDRESS", "OPTIONS", "--rdb", "-" },
	    .proof = GV_COMPONENT_PROOF_RDB,
	    .secret = GV_COMPONENT_VALUE,
	    .variable = "REDISCLI_AUTH" },
	{ .engine = GV_POLICY_ETCD,
	    .dump = { "etcdctl", "--endpoints=SOURCE", "OPTIONS", "snapshot",
		"save", "FILE" },
	    .restore = { "etcdctl", "snapshot", "restore", "FILE",
		"--data-dir=TARGET" },
	    .proof = GV_COMPONENT_PROOF_ETCD,
	    .secret = GV_COMPONENT_LINES,
	    .is_file = true },
	{ .engine = GV_POLICY_MONGODB,
	    .dump = { "mongodump", "DEFAULTS", "--archive", "OPTIONS",
		"--uri=SOURCE" },
	    .restore = { "mongorestore", "DEFAULTS", "--archive", "--drop",
		"--uri=TARGET" },
	    .proof = GV_COMPONENT_PROOF_MONGO,
	    .secret = GV_COMPONENT_ARGUMENT,
	    .variable = "--config=" },
	{ .engine = GV_POLICY_CONSUL,
	    .dump = { "consul", "snapshot", "save", "OPTIONS", "FILE" },
	    .restore = { "consul", "snapshot", "restore", "FILE" },
	    .proof = GV_COMPONENT_PROOF_GZIP,
	    .secret = GV_COMPONENT_LINES,
	    .is_file = true },
	{ .engine = GV_POLICY_RAFT,
	    .dump = { "vault", "operator", "raft", "snapshot", "save",
		"OPTIONS", "FILE" },
	    .restore = { "vault", "operator", "raft", "snapshot", "restore",
		"FILE" },
	    .proof = GV_COMPONENT_PROOF_GZIP,
	    .secret = GV_COMPONENT_LINES,
	    .is_file = true },
};

static const struct row archive = {
	.dump = { "tar", "--create", "--file=-", "--sort=name",
	    "--numeric-owner", "--format=posix",
	    "--pax-option=delete=atime,delete=ctime", "OPTIONS",
	    "--directory=SOURCE", "." },
	.restore = { "tar", "--extract", "--file=-", "--preserve-permissions",
	    "--numeric-owner", "--directory=TARGET" },
	.proof = GV_COMPONENT_PROOF_TAR,
};

static const struct row growing = {
	.dump = { "tar", "--create", "--file=-", "--sort=name",
	    "--numeric-owner", "--format=posix",
	    "--pax-option=delete=atime,delete=ctime", "OPTIONS",
	    "--directory=SOURCE", "." },
	.restore = { "tar", "--extract", "--file=-", "--preserve-permissions",
	    "--numeric-owner", "--directory=TARGET" },
	.proof = GV_COMPONENT_PROOF_TAR,
	.lets_change = true,
};

/* What the team's own programs print. */
static const struct row own = {
	.proof = GV_COMPONENT_PROOF_NONE,
	.secret = GV_COMPONENT_LINES,
};

/* ---- arguments ----------------------------------------------------------- */

int
gv_component_argv_add(struct gv_component_argv *argv, const char *arg)
{
	if (argv->n == GV_COMPONENT_ARGS)
		return gv_err(GV_EREFUSED,
		    "a program of the component has too many arguments: at "
		    "most %d",
		    GV_COMPONENT_ARGS);
	argv->items[argv->n] = strdup(arg);
	if (argv->items[argv->n] == NULL)
		return gv_err_nomem();
	argv->n++;
	return 0;
}

static int
add_all(struct gv_component_argv *argv, const struct gv_policy_texts *from)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < from->n; i++)
		r = gv_component_argv_add(argv, from->items[i]);
	return r;
}

/* Whether others could read a password among the arguments of the process. */
static bool
has_password(const char *text)
{
	static const char *const marks[] = { "password=", "PASSWORD=",
		"--pass=", "passwd=", "token=", "secret=" };
	const char *host, *at;
	size_t i;

	for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strstr(text, marks[i]))
			return true;
	/* SCHEME://USER:PASSWORD@HOST */
	host = strstr(text, "://");
	at = host ? strchr(host + 3, '@') : NULL;
	return at && memchr(host + 3, ':', (size_t)(at - host - 3));
}

static int
check_password(const struct gv_policy_component *c, const char *text)
{
	return text && has_password(text)
	    ? gv_err(GV_EREFUSED,
		  "the component '%s' has a password in its source or "
		  "options, where every process can read it; use credentials "
		  "instead, see git-vault-component(1)",
		  c->name)
	    : 0;
}

/* "-pSECRET" of the clients of MariaDB and MySQL, "-a" of redis-cli, and an
 * option whose value is the next word. */
static bool
is_password_option(
    const struct gv_policy_component *c, const char *option, const char *next)
{
	static const char *const words[] = { "--password", "--pass", "-token",
		"--token" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(option, words[i]) == 0)
			return true;
	switch (c->engine) {
	case GV_POLICY_MARIADB:
	case GV_POLICY_MYSQL:
	case GV_POLICY_MONGODB:
		return strncmp(option, "-p", 2) == 0 &&
		    (option[2] || c->engine == GV_POLICY_MONGODB);
	case GV_POLICY_REDIS:
		return strcmp(option, "-a") == 0;
	case GV_POLICY_ETCD:
		return strncmp(option, "--user", 6) == 0 &&
		    (strchr(option, ':') || (next && strchr(next, ':')));
	default:
		return false;
	}
}

static int
check_options(const struct gv_policy_component *c)
{
	size_t i;
	int r = check_password(c, c->source);

	for (i = 0; r == 0 && i < c->options.n; i++) {
		r = check_password(c, c->options.items[i]);
		if (r == 0 &&
		    is_password_option(c, c->options.items[i],
			i + 1 < c->options.n ? c->options.items[i + 1] : NULL))
			r = check_password(c, "password=");
	}
	return r;
}

/* "HOST:PORT", "PORT" or "unix:PATH" as redis-cli takes it. */
static int
add_address(struct gv_component_argv *argv, const char *source)
{
	char host[256];
	const char *colon = strrchr(source, ':');
	int r;

	if (strncmp(source, "unix:", 5) == 0)
		return (r = gv_component_argv_add(argv, "-s")) < 0
		    ? r
		    : gv_component_argv_add(argv, source + 5);
	if (colon == NULL || (size_t)(colon - source) >= sizeof(host))
		return gv_err(GV_EREFUSED,
		    "the source of a redis component is HOST:PORT or "
		    "unix:PATH, not '%s'",
		    source);
	memcpy(host, source, (size_t)(colon - source));
	host[colon - source] = '\0';
	if ((r = gv_component_argv_add(argv, "-h")) < 0 ||
	    (r = gv_component_argv_add(argv, host)) < 0 ||
	    (r = gv_component_argv_add(argv, "-p")) < 0)
		return r;
	return gv_component_argv_add(argv, colon + 1);
}

/* An argument that ends with one of the words. */
static int
add_filled(struct gv_component_argv *argv, const char *arg, const char *word,
    const char *value)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	gv_buf_add(&text, arg, strlen(arg) - strlen(word));
	gv_buf_addstr(&text, value ? value : "");
	if ((r = gv_buf_check(&text)) == 0)
		r = gv_component_argv_add(argv, text.p);
	gv_buf_release(&text);
	return r;
}

static bool
ends(const char *arg, const char *word)
{
	const size_t n = strlen(arg), k = strlen(word);

	return n >= k && strcmp(arg + n - k, word) == 0;
}

struct making {
	const struct gv_policy_component *of;
	const struct gv_component_given *given;
	const struct row *row;
};

static int
add_defaults(struct gv_component_argv *argv, const struct making *m)
{
	return m->given->credentials == NULL
	    ? 0
	    : add_filled(argv,
		  m->row->variable ? m->row->variable
				   : "--defaults-extra-file=",
		  "", m->given->credentials);
}

static int
add_connection(struct gv_component_argv *argv, const struct making *m)
{
	const struct gv_policy_texts *all = &m->of->options;
	size_t i, end;
	int r = 0;

	for (i = end = 0; r == 0 && i < all->n; i++) {
		if (i == end)
			end += gv_component_server_option(
			    all->items + i, all->n - i);
		if (i < end)
			r = gv_component_argv_add(argv, all->items[i]);
		else
			end = i + 1;
	}
	return r;
}

bool
gv_component_recipe_is_plain(const struct gv_policy_component *component)
{
	const struct gv_policy_texts *all = &component->options;
	size_t i, n;

	for (i = 0; i < all->n; i += n)
		if ((n = gv_component_server_option(
			 all->items + i, all->n - i)) == 0)
			return false;
	return true;
}

static int
add_target(struct gv_component_argv *argv, const struct making *m,
    const char *arg, const char *target)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = 0;

	if (m->of->engine == GV_POLICY_POSTGRESQL && m->of->source && target)
		r = gv_component_server_target(&text, m->of->source, target);
	if (r == 0)
		r = add_filled(argv, arg, "TARGET", text.len ? text.p : target);
	gv_buf_release(&text);
	return r;
}

static int
add_arg(struct gv_component_argv *argv, const struct making *m, const char *arg)
{
	const char *const source = m->of->source;
	const char *const target = m->given->target ? m->given->target : source;

	if (strcmp(arg, "OPTIONS") == 0)
		return add_all(argv, &m->of->options);
	if (strcmp(arg, "CONNECTION") == 0)
		return add_connection(argv, m);
	if (strcmp(arg, "DEFAULTS") == 0)
		return add_defaults(argv, m);
	if (strcmp(arg, "ADDRESS") == 0)
		return add_address(argv, source);
	if (ends(arg, "SOURCE"))
		return add_filled(argv, arg, "SOURCE", source);
	if (ends(arg, "TARGET"))
		return add_target(argv, m, arg, target);
	if (ends(arg, "MARK"))
		return add_filled(argv, arg, "MARK", m->given->mark);
	if (ends(arg, "FILE"))
		return add_filled(argv, arg, "FILE", m->given->file);
	return gv_component_argv_add(argv, arg);
}

static int
make(struct gv_component_argv *argv, const struct making *m,
    const char *const *args, size_t n)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < n && args[i]; i++)
		r = add_arg(argv, m, args[i]);
	return r;
}

/* ---- the recipe ---------------------------------------------------------- */

static const struct row *
row_of(enum gv_policy_engine engine)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].engine == engine)
			return &rows[i];
	if (engine == GV_POLICY_LOGS)
		return &growing;
	return engine == GV_POLICY_COMMAND || engine == GV_POLICY_EXTERNAL
	    ? &own
	    : &archive;
}

static int
make_all(struct gv_component_recipe *out, const struct making *m)
{
	const struct gv_policy_component *c = m->of;
	const struct row *row = m->row;
	int r;

	if (c->engine == GV_POLICY_EXTERNAL) {
		r = add_all(&out->run, &c->run);
		if (r == 0)
			r = add_all(&out->dump, &c->info);
	} else if (c->engine == GV_POLICY_COMMAND) {
		r = add_all(&out->dump, &c->run);
	} else {
		r = make(&out->dump, m, row->dump,
		    sizeof(row->dump) / sizeof(row->dump[0]));
	}
	if (r == 0)
		r = make(&out->before, m, row->before,
		    sizeof(row->before) / sizeof(row->before[0]));
	if (r < 0)
		return r;
	return c->restore.n
	    ? add_all(&out->restore, &c->restore)
	    : make(&out->restore, m, row->restore,
		  sizeof(row->restore) / sizeof(row->restore[0]));
}

/* NULL for a name that none has. */
static const struct row *
row_named(const char *engine)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(gv_policy_engines[rows[i].engine], engine) == 0)
			return &rows[i];
	return NULL;
}

const char *
gv_component_recipe_input(const char *engine)
{
	const struct row *row = row_named(engine);

	return row && row->input ? row->input : "";
}

enum gv_component_guard_kind
gv_component_recipe_guards(const char *engine)
{
	const struct row *row = row_named(engine);

	return row ? row->guards : GV_COMPONENT_GUARD_NONE;
}

int
gv_component_recipe(struct gv_component_recipe *out,
    const struct gv_policy_component *component,
    const struct gv_component_given *given)
{
	const struct making m = { component, given, row_of(component->engine) };

	*out = (struct gv_component_recipe){ .says = m.row->says,
		.input = m.row->input,
		.is_file = m.row->is_file,
		.is_new_file = m.row->is_new_file && component->restore.n == 0,
		.lets_change = m.row->lets_change,
		.has_mark = m.row->has_mark,
		.guards = component->restore.n ? GV_COMPONENT_GUARD_NONE
					       : m.row->guards,
		.secret = m.row->secret,
		.variable = m.row->variable,
		.proof =
		    component->expect ? GV_COMPONENT_PROOF_TEXT : m.row->proof,
		.expect = component->expect };
	return check_options(component) < 0 ? GV_EREFUSED : make_all(out, &m);
}

void
gv_component_argv_release(struct gv_component_argv *argv)
{
	while (argv->n)
		free(argv->items[--argv->n]);
	argv->items[0] = NULL;
}

void
gv_component_recipe_release(struct gv_component_recipe *recipe)
{
	gv_component_argv_release(&recipe->before);
	gv_component_argv_release(&recipe->run);
	gv_component_argv_release(&recipe->dump);
	gv_component_argv_release(&recipe->restore);
}
