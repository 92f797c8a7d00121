#include "git-vault/front/cmd.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/share/clone_name.h"
#include "key/keyring_store.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_who.h"
#include "sync/sync.h"
#include "sys/env.h"
#include "sys/exec.h"

/*
 * git clone, the refs of the vault, and whether this host has a key that opens
 * what is encrypted: what a person on a new laptop has to find out next.
 */

struct clone_opts {
	bool yes;
	struct gv_opt_list identities;
};

static const struct gv_opt opts[] = { GV_ASK_OPT(struct clone_opts, yes),
	GV_IDENTITY_OPT(struct clone_opts, identities), GV_OPT_LAST };

/* What was found in the new clone. */
struct found {
	const char *dir;
	size_t snapshots;
	struct gv_safe *safe;
	const struct gv_keyring_kept *kept;     /* NULL: there is no keyring */
	const struct gv_keyring_recipient *who; /* NULL: nobody that we are */
	struct gv_buf key; /* our recipient; empty: this host has no key */
	struct gv_buf add; /* by what an owner adds it */
	struct gv_buf next;
};

/* Git's variables name another repository, if any. */
static int
run_git(const struct gv_ctx *ctx, const char *url, const char *dir)
{
	static const char *const others[] = { "GIT_DIR", "GIT_WORK_TREE",
		"GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR" };
	const char *const argv[] = { "git", "clone",
		ctx->verbosity < 0 ? "--quiet" : "--no-quiet", "--", url, dir,
		NULL };
	size_t i;
	int status = 0, r = 0;

	for (i = 0; r == 0 && i < sizeof(others) / sizeof(*others); i++)
		r = gv_env_set(others[i], NULL);
	if (r == 0 && (r = gv_exec_wait(&status, argv)) == 0 && status)
		r = gv_err(GV_ERROR,
		    "git could not clone %s: see its message above", url);
	return r;
}

static size_t
count_snapshots(const struct gv_sync_report *report)
{
	size_t i, n = 0;

	for (i = 0; i < report->n; i++)
		n += report->items[i].action == GV_SYNC_TAKEN &&
		    strncmp(report->items[i].ref, GV_REFS_SNAPSHOTS,
			strlen(GV_REFS_SNAPSHOTS)) == 0;
	return n;
}

/* A user who has agreed has compared the fingerprint. */
static void
tell_news(struct gv_ctx *ctx, const struct gv_safe_news *news, bool has_asked)
{
	struct gv_safe_news rest = *news;

	if (has_asked)
		rest.is_first_seen = false;
	gv_identity_opt_tell_news(ctx, &rest);
}

/* What the remote has for the vault comes as by a first sync: the keyring is
 * pinned, once the user has agreed or where nobody can be asked, and its
 * fingerprint is shown. */
static int
fetch(struct found *f, struct gv_ctx *ctx)
{
	const struct clone_opts *o = ctx->opts;
	struct gv_sync_opts how = { .no_push = true };
	struct gv_sync_report report;
	int r;

	gv_identity_opt_fill(&how.safe, ctx, &o->identities);
	how.safe.asks_keyring = !o->yes && gv_ask_may(ctx);
	r = gv_sync_run(&report, ctx->repo, &how);
	if (r == 0)
		f->snapshots = count_snapshots(&report);
	if (report.warnings.len)
		gv_out_warn(ctx->out, "%.*s", (int)report.warnings.len - 1,
		    report.warnings.p);
	if (report.news)
		tell_news(ctx, report.news, how.safe.asks_keyring);
	gv_sync_release(&report);
	return r;
}

static int
find_access(struct found *f, struct gv_ctx *ctx)
{
	const struct clone_opts *o = ctx->opts;
	int r = gv_identity_opt_open(&f->safe, ctx, &o->identities);

	if (r < 0)
		return r;
	f->kept = gv_safe_keyring(f->safe);
	if (f->kept == NULL)
		return 0;
	if ((r = gv_safe_own(&f->key, &f->who, f->safe)) >= 0 &&
	    f->who == NULL && f->key.len)
		r = gv_safe_add_command(&f->add, f->safe);
	return r < 0 ? r : 0;
}

static int
find_next(struct found *f)
{
	struct gv_buf *b = &f->next;

	if (f->kept && f->key.len == 0) {
		gv_buf_addstr(b, "git vault key generate");
	} else {
		gv_buf_addstr(b, "git -C");
		gv_shell_word(b, f->dir);
		gv_buf_addstr(b,
		    f->snapshots == 0 && f->kept == NULL ? " vault snapshot"
							 : " vault list");
	}
	return gv_buf_check(b);
}

/* The owners, who can let this host in. */
static void
add_owners(struct gv_buf *out, const struct gv_keyring *k)
{
	size_t i, n = 0;

	for (i = 0; i < k->n_recipients; i++)
		if (k->recipients[i].role == GV_KEYRING_OWNER)
			gv_buf_addf(out, "%s%s", n++ ? ", " : "",
			    k->recipients[i].name);
}

/* What is missing, and the command that comes next. */
static void
say(struct gv_ctx *ctx, const struct found *f)
{
	struct gv_buf owners = GV_BUF_INIT;
	char count[GV_OUT_SIZE_MAX];

	gv_out_count(count, f->snapshots, "snapshot");
	if (f->snapshots || f->kept)
		gv_out_say(ctx->out, "cloned into %s with %s of its vault",
		    f->dir, f->snapshots ? count : "no snapshot");
	else
		gv_out_say(ctx->out,
		    "cloned into %s; the remote has no vault yet", f->dir);
	if (f->kept)
		add_owners(&owners, &f->kept->keyring);
	if (f->who)
		gv_out_say(ctx->out, "you have a key of its keyring: %s (%s)",
		    f->who->name, gv_keyring_role_name(f->who->role));
	else if (f->kept && f->key.len == 0)
		gv_out_say(ctx->out,
		    "its secrets stay encrypted: this host has no key. If you "
		    "saved yours, give its file to 'git vault key recover'. "
		    "Else make one, and give the line that it prints to an "
		    "owner (%s)",
		    owners.len ? owners.p : "-");
	else if (f->kept)
		gv_out_say(ctx->out,
		    "its secrets stay encrypted: your key is not in the "
		    "keyring. An owner (%s) can add it: %s",
		    owners.len ? owners.p : "-", f->add.len ? f->add.p : "-");
	gv_out_say(ctx->out, "hint: %s", f->next.p);
	gv_buf_release(&owners);
}

static void
print_json(struct gv_ctx *ctx, const struct found *f)
{
	struct gv_json *j = ctx->json;

	gv_json_object(j, NULL);
	gv_json_path(j, "directory", f->dir, strlen(f->dir));
	gv_json_uint(j, "snapshots", f->snapshots);
	gv_json_string(j, "keyring", f->kept ? f->kept->print : NULL);
	gv_json_string(j, "recipient", f->key.len ? f->key.p : NULL);
	gv_json_string(j, "name", f->who ? f->who->name : NULL);
	gv_json_string(
	    j, "role", f->who ? gv_keyring_role_name(f->who->role) : NULL);
	gv_json_string(j, "add", f->add.len ? f->add.p : NULL);
	gv_json_string(j, "next", f->next.p);
	gv_json_end(j);
}

/* The clone is there, whatever became of its vault. */
static int
say_unfetched(struct gv_ctx *ctx, const char *dir)
{
	struct gv_buf word = GV_BUF_INIT;

	gv_shell_word(&word, dir);
	gv_out_warn(ctx->out, "cloned into %s, but without its vault: %s", dir,
	    gv_err_message());
	if (gv_buf_check(&word) == 0)
		gv_out_say(
		    ctx->out, "hint: git -C%s vault sync --fetch-only", word.p);
	gv_buf_release(&word);
	return 3;
}

static int
look(struct gv_ctx *ctx, struct found *f)
{
	int r;

	if ((r = gv_exec_chdir(f->dir)) < 0 ||
	    (r = gv_repo_open(&ctx->repo, 0)) < 0)
		return r;
	gv_cmd_answer(ctx);
	if ((r = fetch(f, ctx)) < 0)
		return r == GV_ECANCELED || r == GV_ENOMEM
		    ? r
		    : say_unfetched(ctx, f->dir);
	if ((r = find_access(f, ctx)) < 0 || (r = find_next(f)) < 0)
		return r;
	if (ctx->json)
		print_json(ctx, f);
	else
		say(ctx, f);
	return 0;
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	struct gv_buf name = GV_BUF_INIT;
	struct found f = {
		.key = GV_BUF_INIT, .add = GV_BUF_INIT, .next = GV_BUF_INIT
	};
	int r = 0;

	if (argc > 1)
		gv_buf_addstr(&name, argv[1]);
	else
		r = gv_clone_name(&name, argv[0]);
	if (r == 0)
		r = gv_buf_check(&name);
	f.dir = name.p;
	if (r == 0 && (r = run_git(ctx, argv[0], f.dir)) == 0)
		r = look(ctx, &f);
	gv_safe_close(f.safe);
	gv_buf_release(&f.key);
	gv_buf_release(&f.add);
	gv_buf_release(&f.next);
	gv_buf_release(&name);
	return r;
}

const struct gv_cmd cmd_clone = {
	.name = "clone",
	.summary = "clone a repository with its vault",
	.usage = "[-y] [--identity FILE]... URL [DIR]",
	.group = GV_CMD_SHARE,
	.opts = opts,
	.opts_size = sizeof(struct clone_opts),
	.min_args = 1,
	.max_args = 2,
	.args = { GV_OPT_PATH, GV_OPT_DIR },
	.run = run,
};
