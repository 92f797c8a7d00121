#include "git-vault/front/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/path.h"
#include "base/time.h"
#include "base/vec.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"
#include "git-vault/front/run_note.h"
#include "git-vault/upkeep/fault_list.h"
#include "git-vault/upkeep/fault_out.h"
#include "record/record_load.h"
#include "record/record_nested.h"
#include "record/record_resolve.h"
#include "remote/verify_remote.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "safe/safe_scopes.h"
#include "snapshot/nested.h"
#include "verify/verify.h"

struct verify_opts {
	bool all, deep;
	int64_t threads;
	const char *max_time, *remote;
	struct gv_opt_list identities;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .name = "all",
	    .at = offsetof(struct verify_opts, all),
	    .help = "check all snapshots, the trash and state versions; "
		    "default without SNAP" },
	{ .type = GV_OPT_BOOL,
	    .name = "deep",
	    .at = offsetof(struct verify_opts, deep),
	    .help = "also restore every file and state in memory, and "
		    "compare" },
	{ .type = GV_OPT_STRING,
	    .name = "max-time",
	    .arg = "DURATION",
	    .at = offsetof(struct verify_opts, max_time),
	    .help = "stop after this long (90s, 10m, 2h); the next run "
		    "continues there" },
	{ .type = GV_OPT_STRING,
	    .name = "remote",
	    .arg = "REMOTE",
	    .kind = GV_OPT_REMOTE,
	    .at = offsetof(struct verify_opts, remote),
	    .help = "check which vault refs that remote has" },
	{ .type = GV_OPT_INT,
	    .name = "threads",
	    .arg = "N",
	    .at = offsetof(struct verify_opts, threads),
	    .help = "use N threads; default: one per processor" },
	GV_IDENTITY_OPT(struct verify_opts, identities), GV_OPT_LAST
};

struct printing {
	struct gv_ctx *ctx;
	bool begun; /* the document: not before something is known */
	struct gv_fault_list faults;
	struct {
		char *scope;
		uint64_t values;
	} * unopened; /* scopes whose values no key opened */
	size_t n, cap;
	struct {
		char *vault, *why;
		uint64_t values;
	} * unasked; /* vaults that did not answer */
	size_t n_unasked, cap_unasked;
};

static void
begin(struct printing *p)
{
	if (!p->begun) {
		gv_json_object(p->ctx->json, NULL);
		gv_json_array(p->ctx->json, "faults");
	}
	p->begun = true;
}

/* An object that many snapshots share has one line, at the end. With -v each
 * fault is printed when it is found; so it is where memory is short. */
static void
print_text(void *printing, const struct gv_verify_fault *f)
{
	struct printing *p = printing;
	struct gv_ctx *c = p->ctx;
	size_t mark;

	if (c->verbosity <= 0 && gv_fault_list_add(&p->faults, f) == 0)
		return;
	gv_progress_clear(c->progress);
	mark = gv_out_fold_begin(c->out);
	gv_fault_out_line(c->out, f);
	gv_out_printf(c->out, "\n");
	gv_out_fold_end(c->out, mark);
}

static void
print_json(void *printing, const struct gv_verify_fault *f)
{
	begin(printing);
	gv_fault_out_json(((struct printing *)printing)->ctx->json, f);
}

static void
note_unopened(void *printing, const char *scope, uint64_t values)
{
	struct printing *p = printing;

	if (GV_GROW(p->unopened, p->n, p->cap) < 0)
		return;
	p->unopened[p->n].values = values;
	p->unopened[p->n].scope = strdup(scope);
	if (p->unopened[p->n].scope)
		p->n++;
}

static void
print_unopened(struct printing *p)
{
	struct gv_ctx *ctx = p->ctx;
	size_t i;

	if (ctx->json)
		gv_json_array(ctx->json, "unopened");
	for (i = 0; i < p->n; i++) {
		if (ctx->json) {
			gv_json_object(ctx->json, NULL);
			gv_json_string(
			    ctx->json, "scope", p->unopened[i].scope);
			gv_json_uint(
			    ctx->json, "secrets", p->unopened[i].values);
			gv_json_end(ctx->json);
		} else {
			if (gv_safe_is_absent(ctx->repo, p->unopened[i].scope))
				gv_out_say(ctx->out,
				    "the secrets of scope %s were not checked: "
				    "they are not in this clone, which syncs "
				    "with --only",
				    p->unopened[i].scope);
			else
				gv_out_say(ctx->out,
				    p->unopened[i].values == 1
					? "%" PRIu64
					  " value of scope %s was not "
					  "opened: no key here reads it"
					: "%" PRIu64
					  " values of scope %s were not "
					  "opened: no key here reads them",
				    p->unopened[i].values,
				    p->unopened[i].scope);
		}
		free(p->unopened[i].scope);
	}
	if (ctx->json)
		gv_json_end(ctx->json);
	free(p->unopened);
}

static void
note_unasked(
    void *printing, const char *vault, const char *why, uint64_t values)
{
	struct printing *p = printing;

	if (GV_GROW(p->unasked, p->n_unasked, p->cap_unasked) < 0)
		return;
	p->unasked[p->n_unasked].values = values;
	p->unasked[p->n_unasked].vault = strdup(vault);
	p->unasked[p->n_unasked].why = strdup(why);
	p->n_unasked++;
}

static void
print_unasked(struct printing *p)
{
	struct gv_ctx *ctx = p->ctx;
	char count[GV_OUT_SIZE_MAX];
	size_t i;

	if (ctx->json)
		gv_json_array(ctx->json, "unasked");
	for (i = 0; i < p->n_unasked; i++) {
		const char *vault = p->unasked[i].vault;
		const char *why = p->unasked[i].why;

		gv_out_count(count, p->unasked[i].values, "value");
		if (ctx->json) {
			gv_json_object(ctx->json, NULL);
			gv_json_string(ctx->json, "vault", vault);
			gv_json_uint(
			    ctx->json, "secrets", p->unasked[i].values);
			gv_json_string(ctx->json, "reason", why);
			gv_json_end(ctx->json);
		} else {
			gv_out_warn(ctx->out,
			    "%s of the vault %s not checked: %s", count,
			    vault ? vault : "", why ? why : "");
		}
		free(p->unasked[i].vault);
		free(p->unasked[i].why);
	}
	if (ctx->json)
		gv_json_end(ctx->json);
	free(p->unasked);
}

static void
print_summary(struct gv_ctx *ctx, const struct gv_verify_result *res)
{
	char size[GV_OUT_SIZE_MAX], snapshots[GV_OUT_SIZE_MAX];
	char faults[GV_OUT_SIZE_MAX], objects[GV_OUT_SIZE_MAX];
	char versions[GV_OUT_SIZE_MAX], trashed[48] = "", saves[64] = "";
	char automatic[GV_OUT_SIZE_MAX];
	char count[3 * GV_OUT_SIZE_MAX + 64];

	gv_out_size(size, res->bytes);
	gv_out_count(snapshots, res->snapshots, "snapshot");
	gv_out_count(versions, res->versions, "state version");
	if (res->trashed)
		snprintf(trashed, sizeof(trashed), ", %" PRIu64 " in the trash",
		    res->trashed);
	gv_out_count(automatic, res->saves, "automatic save");
	if (res->saves)
		snprintf(saves, sizeof(saves), ", %s", automatic);
	snprintf(count, sizeof(count),
	    res->versions ? "%s%s%s and %s" : "%s%s%s", snapshots, trashed,
	    saves, versions);
	gv_out_count(faults, res->faults, "fault");
	gv_out_count(objects, res->objects, "object");
	if (res->faults && res->damaged + res->bad_versions)
		gv_out_say(ctx->out,
		    "%s verified, %" PRIu64 " damaged: %s in %s (%s)", count,
		    res->damaged + res->bad_versions, faults, objects, size);
	else if (res->faults)
		gv_out_say(ctx->out, "%s verified: %s in %s (%s)", count,
		    faults, objects, size);
	else
		gv_out_printf(ctx->out, "%s verified, all intact: %s (%s)\n",
		    count, objects, size);
	if (res->faults && ctx->repo->partial)
		gv_out_say(ctx->out,
		    "this clone is partial: objects it could not fetch are not "
		    "damaged while a remote has them; check that 'git fetch' "
		    "reaches the remote");
	else if (res->faults)
		gv_out_say(ctx->out,
		    "to look for intact copies of damaged objects: git vault "
		    "repair");
	if (res->without_base)
		gv_out_say(ctx->out,
		    res->without_base == 1
			? "%" PRIu64 " snapshot is without its base, which "
			  "its server alone has and nobody verified here"
			: "%" PRIu64 " snapshots are without their base, which "
			  "their server alone has and nobody verified here",
		    res->without_base);
	if (res->left)
		gv_out_say(ctx->out,
		    "the time is over before %" PRIu64
		    " more; the next 'git vault verify --max-time' goes on "
		    "there",
		    res->left);
	if (res->shut_versions)
		gv_out_say(ctx->out,
		    res->shut_versions == 1
			? "%" PRIu64 " state version was not opened: no "
			  "key here reads it"
			: "%" PRIu64 " state versions were not opened: no "
			  "key here reads them",
		    res->shut_versions);
}

static void
json_summary(struct gv_json *json, const struct gv_verify_result *res)
{
	gv_json_uint(json, "snapshots", res->snapshots);
	gv_json_uint(json, "in_trash", res->trashed);
	gv_json_uint(json, "automatic_saves", res->saves);
	gv_json_uint(json, "damaged", res->damaged);
	gv_json_uint(json, "versions", res->versions);
	gv_json_uint(json, "versions_damaged", res->bad_versions);
	gv_json_uint(json, "versions_unopened", res->shut_versions);
	gv_json_uint(json, "versions_unreadable", res->owed_versions);
	gv_json_uint(json, "secrets_unreadable", res->owed_values);
	gv_json_uint(json, "without_base", res->without_base);
	gv_json_uint(json, "left", res->left);
	gv_json_uint(json, "objects", res->objects);
	gv_json_uint(json, "bytes", res->bytes);
	gv_json_uint(json, "secrets", res->values);
	gv_json_uint(json, "sealed", res->sealed);
}

/* --- what is linked in repositories inside --- */

/* Only noted: they are other repositories, and this one is whole. */
static void
note_missing(void *ctx, const struct gv_record *rec,
    const struct gv_record_nested *link, const char *reason)
{
	struct gv_ctx *c = ctx;
	struct gv_buf path = GV_BUF_INIT;

	if (c->json) {
		gv_json_object(c->json, NULL);
		gv_json_string(c->json, "snapshot", rec->id);
		gv_json_path(c->json, "path", link->path, strlen(link->path));
		gv_json_string(c->json, "linked", link->id);
		gv_json_string(c->json, "reason", reason);
		gv_json_end(c->json);
		return;
	}
	gv_path_quote(&path, link->path, strlen(link->path));
	gv_out_warn(c->out, "%s links the snapshot %s of %s: %s", rec->id,
	    link->id, path.p, reason);
	gv_buf_release(&path);
}

static int
check_links_of(struct gv_ctx *ctx, const char *name)
{
	struct gv_records recs = { 0 };
	int r = name ? gv_records_resolve(&recs, ctx->repo, &name, 1)
		     : gv_records_load(&recs, ctx->repo, NULL);

	if (r == 0)
		r = gv_nested_check(ctx->repo, &recs, note_missing, ctx);
	gv_records_release(&recs);
	/* it is damaged, which was reported, or in the trash */
	return r == GV_ECORRUPT || (name && r == GV_ENOTFOUND) ? 0 : r;
}

static int
check_links(struct gv_ctx *ctx, int argc, char **argv)
{
	int i, r = 0;

	if (ctx->repo->worktree == NULL)
		return 0;
	if (argc == 0)
		return check_links_of(ctx, NULL);
	for (i = 0; r == 0 && i < argc; i++)
		r = check_links_of(ctx, argv[i]);
	return r;
}

/* --- what a remote holds --- */

static const char *const state_words[GV_VERIFY_REMOTE_STATES] = {
	[GV_VERIFY_REMOTE_THERE] = "there",
	[GV_VERIFY_REMOTE_MISSING] = "missing",
	[GV_VERIFY_REMOTE_DIFFERENT] = "different",
	[GV_VERIFY_REMOTE_ONLY] = "only_there",
};

static void
remote_json(
    struct gv_json *j, const char *remote, const struct gv_verify_remote *v)
{
	size_t i;

	gv_json_object(j, NULL);
	gv_json_string(j, "remote", remote);
	gv_json_array(j, "refs");
	for (i = 0; i < v->n; i++) {
		gv_json_object(j, NULL);
		gv_json_string(j, "ref", v->refs[i].name);
		gv_json_string(j, "state", state_words[v->refs[i].state]);
		gv_json_oid(j, "local_id", &v->refs[i].ours);
		gv_json_oid(j, "remote_id", &v->refs[i].theirs);
		gv_json_end(j);
	}
	gv_json_end(j);
	for (i = 0; i < GV_VERIFY_REMOTE_STATES; i++)
		gv_json_uint(j, state_words[i], v->counts[i]);
	gv_json_end(j);
}

static void
remote_text(
    struct gv_ctx *ctx, const char *remote, const struct gv_verify_remote *v)
{
	static const char *const words[GV_VERIFY_REMOTE_STATES] = {
		[GV_VERIFY_REMOTE_MISSING] = "missing",
		[GV_VERIFY_REMOTE_DIFFERENT] = "different",
		[GV_VERIFY_REMOTE_ONLY] = "only there",
	};
	char count[GV_OUT_SIZE_MAX];
	size_t i;

	for (i = 0; i < v->n; i++) {
		enum gv_verify_remote_state state = v->refs[i].state;

		if (state == GV_VERIFY_REMOTE_THERE)
			continue;
		gv_out_paint(ctx->out,
		    state == GV_VERIFY_REMOTE_ONLY ? GV_OUT_DIM
						   : GV_OUT_REMOVED,
		    "%s", words[state]);
		gv_out_printf(ctx->out, " ");
		gv_out_text(ctx->out, v->refs[i].name, strlen(v->refs[i].name));
		gv_out_printf(ctx->out, "\n");
	}
	gv_out_count(count, v->counts[GV_VERIFY_REMOTE_THERE], "ref");
	gv_out_printf(ctx->out, "%s of the vault on ", count);
	gv_out_text(ctx->out, remote, strlen(remote));
	gv_out_printf(ctx->out,
	    ", %zu missing, %zu different, %zu only there\n",
	    v->counts[GV_VERIFY_REMOTE_MISSING],
	    v->counts[GV_VERIFY_REMOTE_DIFFERENT],
	    v->counts[GV_VERIFY_REMOTE_ONLY]);
}

static int
run_remote(struct gv_ctx *ctx, const char *remote)
{
	struct gv_verify_remote v = { 0 };
	bool is_short;
	int r = gv_verify_remote_ask(&v, ctx->repo, remote);

	if (r == 0 && ctx->json)
		remote_json(ctx->json, remote, &v);
	else if (r == 0)
		remote_text(ctx, remote, &v);
	is_short = v.counts[GV_VERIFY_REMOTE_MISSING] ||
	    v.counts[GV_VERIFY_REMOTE_DIFFERENT];
	gv_verify_remote_release(&v);
	return r < 0 ? r : is_short;
}

static int
check_opts(const struct verify_opts *o, struct gv_verify_opts *how, int argc)
{
	if (o->all && argc)
		return gv_err(
		    GV_EUSAGE, "--all means every snapshot; name some, or all");
	if (o->remote && (argc || o->deep || o->max_time))
		return gv_err(GV_EUSAGE,
		    "--remote compares everything on the remote; it takes no "
		    "snapshot and no other option except --all");
	if (o->max_time && argc)
		return gv_err(GV_EUSAGE,
		    "--max-time is for all snapshots; leave the names out");
	if (o->max_time && gv_time_parse_span(&how->max_time, o->max_time) < 0)
		return gv_err(GV_EUSAGE,
		    "--max-time takes a duration as 90s, 10m or 2h, not '%s'",
		    o->max_time);
	return 0;
}

/* Fail only if a secret or version cannot be decrypted although you have access
 * to it. Those that you have no access to are only counted. */
static int
check_owed(const struct gv_verify_result *res)
{
	char values[GV_OUT_SIZE_MAX], versions[GV_OUT_SIZE_MAX];

	gv_out_count(values, res->owed_values, "secret");
	gv_out_count(versions, res->owed_versions, "version");
	if (res->owed_values == 0 && res->owed_versions == 0)
		return 0;
	return gv_err(GV_ENOKEY,
	    "the keyring gives you access to %s%s%s%s, but no key here "
	    "decrypts %s; ask another reader to run: git vault key reseal "
	    "--all-versions",
	    res->owed_values ? values : "",
	    res->owed_values && res->owed_versions ? " and " : "",
	    res->owed_versions ? versions : "",
	    res->owed_versions ? " of states" : "",
	    res->owed_values + res->owed_versions == 1 ? "it" : "them");
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct verify_opts *o = ctx->opts;
	struct printing printing = { .ctx = ctx, .faults = GV_FAULT_LIST_INIT };
	struct gv_verify_opts how = { .deep = o->deep,
		.threads = (int)o->threads,
		.now = ctx->now,
		.fault = ctx->json ? print_json : print_text,
		.unopened = note_unopened,
		.unasked = note_unasked,
		.fault_ctx = &printing,
		.begin = gv_progress_on_begin,
		.add = gv_progress_on_add,
		.progress_ctx = ctx->progress };
	struct gv_verify_result res;
	struct gv_safe *safe = NULL;
	int r;

	if ((r = check_opts(o, &how, argc)) < 0)
		return r;
	if (o->remote)
		return run_remote(ctx, o->remote);
	how.snapshots = (const char *const *)argv;
	how.n_snapshots = (size_t)argc;
	r = gv_identity_opt_open(&safe, ctx, &o->identities);
	if (r < 0 && (o->deep || r == GV_ENOMEM))
		return r;
	if (r < 0)
		gv_out_warn(ctx->out,
		    "the secrets of the scopes are not checked: %s",
		    gv_err_message());
	how.safe = safe;
	gv_run_note_counts(ctx);
	r = gv_verify_run(&res, ctx->repo, &how);
	gv_progress_clear(ctx->progress);
	gv_fault_list_print(&printing.faults, ctx->out);
	gv_fault_list_release(&printing.faults);
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	if (r < 0)
		return r;
	if (ctx->json) {
		begin(&printing);
		gv_json_end(ctx->json);
		json_summary(ctx->json, &res);
		gv_json_bool(ctx->json, "deep", o->deep);
		print_unopened(&printing);
		print_unasked(&printing);
		gv_json_array(ctx->json, "links_missing");
	} else {
		print_summary(ctx, &res);
		print_unopened(&printing);
		print_unasked(&printing);
	}
	if (res.left == 0)
		r = check_links(ctx, argc, argv);
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	}
	if (r < 0 || res.faults)
		return r < 0 ? r : 1;
	return check_owed(&res);
}

const struct gv_cmd cmd_verify = {
	.name = "verify",
	.summary = "check that every snapshot and state is intact",
	.usage = "[SNAP...] [--all] [--deep]\n"
		 "[--all] [--deep] --max-time DURATION\n"
		 "[--all] --remote REMOTE",
	.group = GV_CMD_CARE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct verify_opts),
	.runs = "",
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT },
	.run = run,
};
