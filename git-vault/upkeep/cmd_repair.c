#include "git-vault/front/cmd.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/time.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/front/progress.h"
#include "git-vault/upkeep/fault_out.h"
#include "record/good.h"
#include "record/mark.h"
#include "record/tombstone.h"
#include "remote/remote.h"
#include "repo/refs.h"
#include "repo/repo.h"
#include "retention/reparent.h"
#include "safe/safe.h"
#include "vault/note.h"
#include "verify/repair.h"
#include "verify/verify.h"

struct repair_opts {
	bool dry_run, reparent;
	const char *remote, *all_of;
	int64_t threads;
	struct gv_opt_list identities;
};

static const struct gv_opt opts[] = {
	{ .type = GV_OPT_BOOL,
	    .letter = 'n',
	    .name = "dry-run",
	    .at = offsetof(struct repair_opts, dry_run),
	    .help = "show what would be repaired, change nothing" },
	{ .type = GV_OPT_STRING,
	    .name = "remote",
	    .arg = "REMOTE",
	    .kind = GV_OPT_REMOTE,
	    .at = offsetof(struct repair_opts, remote),
	    .help = "also fetch missing objects from this remote" },
	{ .type = GV_OPT_BOOL,
	    .name = "reparent",
	    .at = offsetof(struct repair_opts, reparent),
	    .help = "drop commits that only snapshots keep" },
	{ .type = GV_OPT_STRING,
	    .name = "all-of",
	    .arg = "COMMIT",
	    .kind = GV_OPT_REF,
	    .at = offsetof(struct repair_opts, all_of),
	    .help = "with --reparent: all snapshots that keep this commit" },
	{ .type = GV_OPT_INT,
	    .name = "threads",
	    .arg = "N",
	    .at = offsetof(struct repair_opts, threads),
	    .help = "use N threads; default: one per processor" },
	GV_IDENTITY_OPT(struct repair_opts, identities), GV_OPT_LAST
};

/* Reports come in no order that fits a document, so they are stored first. */
struct telling {
	struct gv_ctx *ctx;
	bool dry_run;
	struct gv_json found, lost, moved, left, absent, stepped;
	struct gv_buf hints;   /* lines, of what is to be told again */
	struct gv_buf let_go;  /* lines, which hold once all is done */
	struct gv_buf damaged; /* the first snapshot that is */
	bool is_state_damaged; /* some version of one is */
};

static void
on_found(void *telling, const struct gv_repair_found *f)
{
	struct telling *t = telling;
	size_t mark;
	struct gv_out *out = t->ctx->out;
	char hex[GV_OID_HEX + 1];

	if (t->ctx->json) {
		gv_json_object(&t->found, NULL);
		gv_json_oid(&t->found, "object", &f->oid);
		gv_json_string(&t->found, "type", gv_oid_type_name(f->type));
		gv_json_string(&t->found, "source", f->source);
		gv_json_path(&t->found, "detail", f->detail, strlen(f->detail));
		gv_json_end(&t->found);
		return;
	}
	gv_progress_clear(t->ctx->progress);
	gv_oid_format(hex, &f->oid);
	mark = gv_out_fold_begin(out);
	gv_out_paint(out, GV_OUT_ADDED, t->dry_run ? "found" : "repaired");
	gv_out_printf(
	    out, " %s %s: %s", gv_oid_type_name(f->type), hex, f->source);
	if (*f->detail) {
		gv_out_printf(out, ", ");
		gv_out_path(out, f->detail, strlen(f->detail));
	}
	gv_out_printf(out, "\n");
	gv_out_fold_end(out, mark);
}

static void
on_lost(void *telling, const struct gv_verify_fault *f)
{
	struct telling *t = telling;
	size_t mark;
	struct gv_out *out = t->ctx->out;
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &f->oid);
	if (t->ctx->json) {
		gv_fault_out_json(&t->lost, f);
		return;
	}
	t->is_state_damaged |= f->state != NULL;
	gv_progress_clear(t->ctx->progress);
	mark = gv_out_fold_begin(out);
	gv_out_paint(out, GV_OUT_REMOVED, "lost");
	gv_out_printf(out, " ");
	gv_fault_out_text(out, f);
	gv_out_printf(out, *f->snapshot || f->state ? ": " : "");
	if (!gv_oid_is_zero(&f->oid) && strstr(f->reason, hex) == NULL)
		gv_out_printf(out, "object %s: ", hex);
	gv_out_text(out, f->reason, strlen(f->reason));
	gv_out_printf(out, "\n");
	gv_out_fold_end(out, mark);
}

static const char *const left_names[] = {
	[GV_REPAIR_LEFT_NOTHING] = "nothing",
	[GV_REPAIR_LEFT_SOME] = "some",
	[GV_REPAIR_LEFT_FILES] = "files",
	[GV_REPAIR_LEFT_ALL] = "all",
};

static const char *const left_texts[] = {
	[GV_REPAIR_LEFT_NOTHING] = "nothing of it can be read",
	[GV_REPAIR_LEFT_SOME] = "part of it is missing, the rest is intact",
	[GV_REPAIR_LEFT_FILES] =
	    "all its files are intact; other metadata is missing",
	[GV_REPAIR_LEFT_ALL] =
	    "it is intact; part of the history that it keeps is missing",
};

static void
on_left(void *telling, const char *snapshot, enum gv_repair_left left)
{
	struct telling *t = telling;
	size_t mark;

	if (t->ctx->json) {
		gv_json_object(&t->left, NULL);
		gv_json_string(&t->left, "snapshot", snapshot);
		gv_json_string(&t->left, "left", left_names[left]);
		gv_json_end(&t->left);
		return;
	}
	mark = gv_out_fold_begin(t->ctx->out);
	gv_out_paint(t->ctx->out, GV_OUT_REMOVED, "damaged");
	gv_out_printf(t->ctx->out, " ");
	gv_out_text(t->ctx->out, snapshot, strlen(snapshot));
	gv_out_printf(t->ctx->out, ": %s\n", left_texts[left]);
	gv_out_fold_end(t->ctx->out, mark);
	if (t->damaged.len == 0)
		gv_buf_addstr(&t->damaged, snapshot);
}

/* Nothing is given up before a remote was asked: whether one is to be. */
static bool
name_remote(const struct telling *t)
{
	const struct repair_opts *o = t->ctx->opts;
	struct gv_remote remote;
	size_t at = 0;

	if (o->remote || !gv_remote_next(&remote, &at, &t->ctx->repo->config))
		return false;
	gv_out_say(t->ctx->out,
	    "a remote may have what is missing; to ask it: git vault repair "
	    "--remote %.*s",
	    (int)remote.len, remote.name);
	return true;
}

/* What can be done with those that are beyond repair. */
static void
print_hints(const struct telling *t, const struct gv_repair_result *res)
{
	bool may_have;
	char count[GV_OUT_SIZE_MAX];
	const char *at, *lf;

	for (at = t->hints.p; at && (lf = strchr(at, '\n')); at = lf + 1)
		gv_out_say(t->ctx->out, "%.*s", (int)(lf - at), at);
	/* nothing is to be given up for a network that is down */
	if (t->ctx->repo->partial && res->lost) {
		gv_out_say(t->ctx->out,
		    "this clone is partial: objects it could not fetch are not "
		    "lost while a remote has them; try again when 'git fetch' "
		    "reaches the remote");
		return;
	}
	if (res->unasked) {
		gv_out_count(count, res->unasked, "object");
		gv_out_say(t->ctx->out,
		    "%s could not be asked for at the remote, and %s not lost "
		    "while it has %s; try again when it can be fetched from",
		    count, res->unasked == 1 ? "is" : "are",
		    res->unasked == 1 ? "it" : "them");
		return;
	}
	may_have = res->lost && name_remote(t);
	if (t->is_state_damaged)
		gv_out_say(t->ctx->out,
		    "an incomplete version can rarely be restored; save the "
		    "state again with 'git vault state save', or go back to a "
		    "version that 'git vault state verify' finds intact");
	if (t->damaged.len == 0 || gv_buf_check(&t->damaged) < 0)
		return;
	/* the same files are stored as the same objects, so this may be all
	 * that is needed */
	if (t->ctx->repo->worktree)
		gv_out_say(t->ctx->out,
		    "to store again what the files here have of it: git vault "
		    "snapshot --force");
	gv_out_say(t->ctx->out,
	    "to restore what is intact of %s: git vault restore %s "
	    "--skip-damaged --to restored-%s",
	    t->damaged.p, t->damaged.p, t->damaged.p);
	gv_out_say(t->ctx->out,
	    "to delete it for good%s: git vault delete --force %s && git vault "
	    "prune --empty-trash",
	    may_have ? ", if no remote has it" : "", t->damaged.p);
}

static void
on_moved(void *telling, const char *path, const char *to)
{
	struct telling *t = telling;
	size_t mark;
	struct gv_out *out = t->ctx->out;

	if (t->ctx->json) {
		gv_json_object(&t->moved, NULL);
		gv_json_path(&t->moved, "path", path, strlen(path));
		if (to)
			gv_json_path(&t->moved, "to", to, strlen(to));
		else
			gv_json_null(&t->moved, "to");
		gv_json_end(&t->moved);
		return;
	}
	gv_progress_clear(t->ctx->progress);
	mark = gv_out_fold_begin(out);
	gv_out_paint(out, GV_OUT_CHANGED, to ? "put aside" : "rebuilt");
	gv_out_printf(out, " ");
	gv_out_path(out, path, strlen(path));
	if (to) {
		gv_out_printf(out, " -> ");
		gv_out_path(out, to, strlen(to));
	}
	gv_out_printf(out, "\n");
	gv_out_fold_end(out, mark);
}

/* Of entries whose text is lost. What they are of is named above. */
static void
add_less(struct telling *t, const struct gv_repair_step *s)
{
	if (strcmp(s->ref, GV_REF_MARKS) == 0)
		gv_buf_addf(&t->hints,
		    "pins still hold, but their reasons are missing; set "
		    "missing tags again before the next prune that uses them\n");
	else if (strcmp(s->ref, GV_REF_NOTES) == 0)
		gv_buf_addf(&t->hints,
		    "record again what was built from these commits: git vault "
		    "artifact record\n");
}

/* A ref that stays since a remote may have it; the first one is asked first. */
static void
add_waits(struct telling *t, const char *ref)
{
	struct gv_remote remote;
	size_t at = 0;

	if (!gv_remote_next(&remote, &at, &t->ctx->repo->config))
		remote = (struct gv_remote){ .name = "origin", .len = 6 };
	gv_buf_addf(&t->hints,
	    "%s stays unchanged, since a remote may have it; to ask the "
	    "remote, and to give it up if the remote does not have it: git "
	    "vault repair --remote %.*s\n",
	    ref, (int)remote.len, remote.name);
}

/* What is to be done, or said once more, for what is lost of a ref. */
static void
add_hint(struct telling *t, const struct gv_repair_step *s, const char *since)
{
	const char *all = *since ? "" : "all ";

	if (s->how == GV_REPAIR_STEP_LESS) {
		add_less(t, s);
		return;
	}
	if (strcmp(s->ref, GV_REF_MARKS) == 0)
		gv_buf_addf(&t->hints,
		    "%spins and tags%s are missing: pin again what must stay, "
		    "before the next prune",
		    all, since);
	else if (strcmp(s->ref, GV_REF_DELETED) == 0)
		gv_buf_addf(&t->hints,
		    "%sdeletions%s are missing: a sync may bring deleted "
		    "snapshots back; delete them again then",
		    all, since);
	else if (strcmp(s->ref, GV_REF_NOTES) == 0)
		gv_buf_addf(&t->hints,
		    "%snotes of commits%s are missing: record again what was "
		    "built, by 'git vault artifact record'",
		    all, since);
	else if (strncmp(s->ref, GV_REFS_GOOD, strlen(GV_REFS_GOOD)) == 0)
		gv_buf_addf(&t->hints,
		    "the record %s is missing; if that version is still good, "
		    "make a new record by 'git vault good mark'",
		    s->ref + strlen(GV_REFS_GOOD));
	else
		gv_buf_addf(&t->hints,
		    "%sevents of %s%s left the chain: what could be read of "
		    "them is in .git/vault/damaged, and 'git vault audit "
		    "verify' will report the changed end of the chain",
		    all, s->ref, since);
	gv_buf_addf(&t->hints,
	    " ('git vault sync' fetches what a remote knows about them)\n");
}

static const char *const step_names[] = {
	[GV_REPAIR_STEP_BACK] = "back",
	[GV_REPAIR_STEP_EMPTY] = "empty",
	[GV_REPAIR_STEP_LESS] = "less",
	[GV_REPAIR_STEP_SAME] = "same",
	[GV_REPAIR_STEP_WAITS] = "waits",
	[GV_REPAIR_STEP_ASIDE] = "aside",
	[GV_REPAIR_STEP_FOUND] = "found",
};

static void
step_json(struct telling *t, const struct gv_repair_step *s, const char *time)
{
	gv_json_object(&t->stepped, NULL);
	gv_json_string(&t->stepped, "ref", s->ref);
	gv_json_string(&t->stepped, "how", step_names[s->how]);
	if (gv_oid_is_zero(&s->from)) {
		gv_json_null(&t->stepped, "version");
		gv_json_null(&t->stepped, "time");
	} else {
		gv_json_oid(&t->stepped, "version", &s->from);
		gv_json_string(&t->stepped, "time", time);
	}
	gv_json_end(&t->stepped);
}

static void
on_stepped(void *telling, const struct gv_repair_step *s)
{
	struct telling *t = telling;
	size_t mark;
	struct gv_out *out = t->ctx->out;
	char time[GV_TIME_MAX], since[GV_TIME_MAX + sizeof(" since ")];
	char hex[GV_OID_HEX + 1];
	const char *done;

	gv_time_rfc3339(time, s->time);
	if (t->ctx->json) {
		step_json(t, s, time);
		return;
	}
	if (s->how == GV_REPAIR_STEP_WAITS) {
		add_waits(t, s->ref);
		return;
	}
	gv_oid_format(hex, &s->from);
	if (s->how == GV_REPAIR_STEP_FOUND)
		done = t->dry_run ? "would find again" : "found again";
	else if (s->how == GV_REPAIR_STEP_BACK)
		done = t->dry_run ? "would step back" : "stepped back";
	else if (s->how == GV_REPAIR_STEP_ASIDE)
		done = t->dry_run ? "would remove" : "removed";
	else
		done = t->dry_run ? "would rebuild" : "rebuilt";
	mark = gv_out_fold_begin(out);
	gv_out_paint(out, GV_OUT_CHANGED, "%s", done);
	gv_out_printf(out, " %s: ", s->ref);
	if (s->how == GV_REPAIR_STEP_BACK)
		gv_out_printf(out, "to %s of %s\n", hex, time);
	else if (s->how == GV_REPAIR_STEP_FOUND)
		gv_out_printf(out,
		    "its file was empty; it now points to %s of %s\n", hex,
		    time);
	else if (s->how == GV_REPAIR_STEP_LESS)
		gv_out_printf(
		    out, "with all its entries except the missing ones\n");
	else if (s->how == GV_REPAIR_STEP_SAME)
		gv_out_printf(
		    out, "with its newest entries; earlier ones are missing\n");
	else if (s->how == GV_REPAIR_STEP_ASIDE)
		gv_out_printf(out, "it points to missing objects\n");
	else
		gv_out_printf(out, "empty, since no version of it is intact\n");
	gv_out_fold_end(out, mark);
	snprintf(since, sizeof(since), " since %s", time);
	if (s->how != GV_REPAIR_STEP_SAME && s->how != GV_REPAIR_STEP_FOUND)
		add_hint(t, s, s->how == GV_REPAIR_STEP_BACK ? since : "");
}

static void
on_absent(void *telling, const char *scope)
{
	struct telling *t = telling;

	if (t->ctx->json) {
		gv_json_string(&t->absent, NULL, scope);
		return;
	}
	gv_progress_clear(t->ctx->progress);
	gv_out_say(t->ctx->out,
	    "the secrets of scope %s were not checked: they are not in this "
	    "clone, which syncs with --only",
	    scope);
}

static void
on_warn(void *telling, const char *text)
{
	const struct telling *t = telling;

	gv_progress_clear(t->ctx->progress);
	gv_out_warn(t->ctx->out, "%s", text);
}

static void
print_sum(struct gv_ctx *ctx, const struct gv_repair_result *res, bool dry_run)
{
	char snapshots[GV_OUT_SIZE_MAX], versions[GV_OUT_SIZE_MAX];
	char count[2 * GV_OUT_SIZE_MAX + sizeof(" and  of states")];
	char found[GV_OUT_SIZE_MAX], lost[GV_OUT_SIZE_MAX];

	gv_out_count(snapshots, res->snapshots, "snapshot");
	gv_out_count(versions, res->versions, "version");
	snprintf(count, sizeof(count),
	    res->versions ? "%s and %s of states" : "%s", snapshots, versions);
	gv_out_count(found, res->found, "object");
	gv_out_count(lost, res->lost, "object");
	if (res->found + res->lost + res->moved == 0)
		gv_out_printf(ctx->out,
		    "%s looked at: there is nothing to repair\n", count);
	else
		gv_out_printf(ctx->out, "%s looked at: %s %s, %s lost\n", count,
		    found, dry_run ? "found" : "repaired", lost);
}

/* What was done stays done, whether it can be told at once or not. */
static void
tell_audit(struct gv_ctx *ctx, const char *what, const char *result,
    const char *reason)
{
	struct gv_audit_event e = { .what = what,
		.time = ctx->now,
		.result = result,
		.reason = reason };

	if (gv_audit_tell_done(ctx->repo, NULL, &e) < 0)
		gv_out_warn(ctx->out, "it is done, but %s", gv_err_message());
}

static void
tell_repair(struct gv_ctx *ctx, const struct gv_repair_result *res)
{
	char found[GV_OUT_SIZE_MAX], lost[GV_OUT_SIZE_MAX];
	char files[GV_OUT_SIZE_MAX];
	char text[3 * GV_OUT_SIZE_MAX + sizeof(" repaired,  lost,  put aside")];

	if (res->found + res->lost + res->moved == 0)
		return;
	gv_out_count(found, res->found, "object");
	gv_out_count(lost, res->lost, "object");
	gv_out_count(files, res->moved, "file");
	snprintf(text, sizeof(text), "%s repaired, %s lost, %s put aside",
	    found, lost, files);
	tell_audit(ctx, GV_AUDIT_REPAIR,
	    res->lost ? GV_AUDIT_PART : GV_AUDIT_DONE, text);
}

/* --- letting go --- */

static void
on_told(void *telling, const char *snapshot, const struct gv_oid *commit,
    uint64_t commits)
{
	struct telling *t = telling;
	char hex[GV_OID_HEX + 1], count[GV_OUT_SIZE_MAX];

	if (t->ctx->json) {
		gv_json_object(&t->moved, NULL);
		gv_json_string(&t->moved, "snapshot", snapshot);
		gv_json_oid(&t->moved, "commit", commit);
		gv_json_uint(&t->moved, "commits", commits);
		gv_json_end(&t->moved);
		return;
	}
	gv_oid_format(hex, commit);
	gv_out_count(count, commits, "commit");
	gv_buf_addf(&t->let_go, "%s %s go of %s (%s in all)\n", snapshot,
	    t->dry_run ? "would let" : "lets", hex, count);
}

static void
on_safe(void *telling, const struct gv_safe *safe)
{
	struct telling *t = telling;

	gv_identity_opt_tell_news(t->ctx, gv_safe_news(safe));
}

static int
run_reparent(
    struct gv_ctx *ctx, const struct repair_opts *o, int argc, char **argv)
{
	struct telling t = { .ctx = ctx,
		.dry_run = o->dry_run,
		.moved = GV_JSON_INIT,
		.let_go = GV_BUF_INIT };
	struct gv_reparent_opts how = { .snapshots = (const char *const *)argv,
		.n_snapshots = (size_t)argc,
		.all_of = o->all_of,
		.dry_run = o->dry_run,
		.told = on_told,
		.told_safe = on_safe,
		.ctx = &t };
	struct gv_reparent_result res;
	char count[GV_OUT_SIZE_MAX];
	int r;

	if (o->remote || (argc == 0) == (o->all_of == NULL))
		return gv_err(GV_EUSAGE,
		    "--reparent takes snapshots or --all-of COMMIT, and no "
		    "--remote");
	gv_json_array(&t.moved, NULL);
	r = gv_reparent_run(&res, ctx->repo, &how);
	gv_json_end(&t.moved);
	if (r < 0)
		goto out;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_uint(ctx->json, "snapshots", res.snapshots);
		gv_json_uint(ctx->json, "changed", res.changed);
		gv_json_uint(ctx->json, "withheld", res.withheld);
		gv_json_insert(ctx->json, "let_go", &t.moved);
		gv_json_bool(ctx->json, "dry_run", o->dry_run);
		gv_json_end(ctx->json);
	} else {
		gv_out_count(count, res.snapshots, "snapshot");
		gv_out_write(ctx->out, t.let_go.p, t.let_go.len);
		gv_out_printf(ctx->out, "%s checked, %" PRIu64 " rewritten\n",
		    count, o->dry_run ? 0 : res.changed);
	}
	if (res.withheld)
		gv_out_say(ctx->out,
		    "%" PRIu64 " secret%s encrypted in what was staged",
		    res.withheld, res.withheld == 1 ? " is" : "s are");
	if (res.changed && !o->dry_run) {
		gv_out_count(count, res.changed, "snapshot");
		tell_audit(ctx, GV_AUDIT_REPARENT, GV_AUDIT_DONE, count);
	}
	r = gv_buf_check(&t.let_go);
out:
	gv_json_release(&t.moved);
	gv_buf_release(&t.let_go);
	return r;
}

static void
print_json(struct telling *t, const struct gv_repair_result *res)
{
	struct gv_json *json = t->ctx->json;

	gv_json_object(json, NULL);
	gv_json_uint(json, "snapshots", res->snapshots);
	gv_json_uint(json, "versions", res->versions);
	gv_json_insert(json, "repaired", &t->found);
	gv_json_insert(json, "lost", &t->lost);
	gv_json_insert(json, "damaged", &t->left);
	gv_json_insert(json, "files", &t->moved);
	gv_json_insert(json, "absent", &t->absent);
	gv_json_insert(json, "stepped", &t->stepped);
	gv_json_uint(json, "repaired_objects", res->found);
	gv_json_uint(json, "lost_objects", res->lost);
	gv_json_bool(json, "dry_run", t->dry_run);
	gv_json_end(json);
}

static int
run(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct repair_opts *o = ctx->opts;
	struct telling t = { .ctx = ctx,
		.dry_run = o->dry_run,
		.found = GV_JSON_INIT,
		.lost = GV_JSON_INIT,
		.moved = GV_JSON_INIT,
		.left = GV_JSON_INIT,
		.absent = GV_JSON_INIT,
		.stepped = GV_JSON_INIT,
		.hints = GV_BUF_INIT };
	struct gv_safe_opts safe;
	struct gv_repair_opts how = { .snapshots = (const char *const *)argv,
		.n_snapshots = (size_t)argc,
		.remote = o->remote,
		.dry_run = o->dry_run,
		.now = ctx->now,
		.threads = (int)o->threads,
		.found = on_found,
		.lost = on_lost,
		.left = on_left,
		.moved = on_moved,
		.stepped = on_stepped,
		.absent = on_absent,
		.warn = on_warn,
		.ctx = &t,
		.begin = gv_progress_on_begin,
		.add = gv_progress_on_add,
		.progress_ctx = ctx->progress };
	struct gv_repair_result res;
	int r;

	if (o->reparent)
		return run_reparent(ctx, o, argc, argv);
	if (o->all_of)
		return gv_err(GV_EUSAGE, "--all-of goes with --reparent");
	gv_json_array(&t.found, NULL);
	gv_json_array(&t.lost, NULL);
	gv_json_array(&t.moved, NULL);
	gv_json_array(&t.left, NULL);
	gv_json_array(&t.absent, NULL);
	gv_json_array(&t.stepped, NULL);
	gv_identity_opt_fill(&safe, ctx, &o->identities);
	how.safe = &safe;
	r = gv_repair_run(&res, ctx->repo, &how);
	gv_json_end(&t.found);
	gv_json_end(&t.lost);
	gv_json_end(&t.moved);
	gv_json_end(&t.left);
	gv_json_end(&t.absent);
	gv_json_end(&t.stepped);
	if (r == 0 && ctx->json) {
		print_json(&t, &res);
	} else if (r == 0) {
		print_sum(ctx, &res, o->dry_run);
		print_hints(&t, &res);
	}
	gv_json_release(&t.found);
	gv_json_release(&t.lost);
	gv_json_release(&t.left);
	gv_json_release(&t.moved);
	gv_json_release(&t.absent);
	gv_json_release(&t.stepped);
	gv_buf_release(&t.hints);
	gv_buf_release(&t.damaged);
	if (r == 0 && !o->dry_run)
		tell_repair(ctx, &res);
	return r < 0 ? r : res.lost ? 1 : 0;
}

const struct gv_cmd cmd_repair = {
	.name = "repair",
	.summary = "restore damaged or missing objects from other copies",
	.usage = "[SNAP...] [-n] [--remote REMOTE]\n"
		 "--reparent [-n] (SNAP... | --all-of COMMIT)",
	.group = GV_CMD_CARE,
	.flags = GV_CMD_REPO,
	.opts = opts,
	.opts_size = sizeof(struct repair_opts),
	.max_args = -1,
	.args = { GV_OPT_SNAPSHOT },
	.run = run,
};
