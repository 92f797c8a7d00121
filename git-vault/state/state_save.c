#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/state/state.h"
#include "git-vault/state/state_stack.h"
#include "git-vault/state/state_subject.h"
#include "git-vault/state/state_version.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "sys/cancel.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "toolstate/state.h"
#include "toolstate/state_repair.h"

/* A state of which a half is that of before and a half that of now was never
 * one. So a file must end as it began: the one that it was, as large, and not
 * written since. */
struct reading {
	int fd;
	const char *path;
	struct stat was;
};

/* Stamps are as coarse as the kernel's tick: what was written so lately may be
 * written again without another one. */
#define TICK_MS 20

static bool
is_fresh(const struct stat *st)
{
	const struct timespec now = gv_clock_coarse();
	const int64_t age = (int64_t)(now.tv_sec - st->st_mtim.tv_sec) * 1000 +
	    (now.tv_nsec - st->st_mtim.tv_nsec) / 1000000;

	return age >= 0 && age < TICK_MS;
}

/* How the file is that will be read. */
static int
look(struct reading *in)
{
	unsigned tries;

	for (tries = 0; tries < 3; tries++) {
		if (fstat(in->fd, &in->was) < 0)
			return gv_err_sys("cannot read %s", in->path);
		if (!S_ISREG(in->was.st_mode) || !is_fresh(&in->was))
			break;
		gv_clock_sleep(TICK_MS);
	}
	return 0;
}

static bool
is_as_it_was(const struct reading *in)
{
	struct stat st;

	return !S_ISREG(in->was.st_mode) ||
	    (fstat(in->fd, &st) == 0 && st.st_size == in->was.st_size &&
		st.st_mtim.tv_sec == in->was.st_mtim.tv_sec &&
		st.st_mtim.tv_nsec == in->was.st_mtim.tv_nsec);
}

/* Who waits for a pipe or a terminal can be stopped. */
static int64_t
read_some(void *ctx, void *data, size_t len)
{
	struct reading *in = ctx;
	ssize_t n;

	do {
		if (gv_cancel_requested())
			return gv_cancel_error();
		n = read(in->fd, data, len);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return gv_err_sys("cannot read %s", in->path);
	if (n == 0 && !is_as_it_was(in))
		return gv_err(GV_EREFUSED,
		    "%s has changed while it was read; save it again",
		    strcmp(in->path, "-") == 0 ? "stdin" : in->path);
	return n;
}

static int
rewind_file(void *ctx)
{
	struct reading *in = ctx;

	return gv_file_rewind(in->fd) < 0 ? 1 : 0;
}

static int
open_file(struct reading *in)
{
	if (strcmp(in->path, "-") == 0)
		return look(in);
	in->fd = open(in->path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0)
		return gv_cancel_requested()
		    ? gv_cancel_error()
		    : gv_err_sys("cannot open %s", in->path);
	return look(in);
}

static int
choose_commit(struct gv_oid *out, const struct gv_ctx *ctx)
{
	const struct gv_state_opts *o = ctx->opts;

	*out = ctx->repo->head;
	if (o->commit == NULL)
		return 0;
	return gv_state_commit(out, o->commit);
}

static void
tell_note(struct gv_ctx *ctx, const struct gv_track_saved *saved)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &saved->version.code);
	if (saved->unnoted)
		gv_out_warn(ctx->out,
		    "the version is saved, but the note of commit %.12s does "
		    "not name it: %s; the next 'git vault state save' tries "
		    "again",
		    hex, saved->unnoted);
}

/* What sync would hold back with the state. */
static void
tell_apart(struct gv_ctx *ctx, const struct gv_track_saved *saved)
{
	char hex[GV_OID_HEX + 1];

	if (saved->apart == NULL)
		return;
	gv_oid_format(hex, &saved->version.code);
	gv_out_warn(ctx->out, "%s", saved->apart);
	gv_out_say(ctx->out,
	    "the version names commit %.12s without storing it, so that 'git "
	    "vault sync' can push the state",
	    hex);
}

static void
tell(struct gv_ctx *ctx, const struct gv_track_saved *saved)
{
	const struct gv_track_version *v = &saved->version;
	char id[GV_OID_HEX + 1], n[GV_OUT_SIZE_MAX], parts[GV_OUT_SIZE_MAX];

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_bool(ctx->json, "created", saved->is_new);
		gv_json_uint(ctx->json, "new_parts", saved->new_parts);
		gv_json_string(ctx->json, "warning",
		    *saved->warning ? saved->warning : NULL);
		gv_state_version_json(ctx->json, "version", v);
		gv_json_end(ctx->json);
		return;
	}
	gv_oid_format(id, &v->commit);
	gv_out_printf(ctx->out, "%s\n", id);
	gv_out_count(n, v->items, "resource");
	gv_out_count(parts, v->parts, "part");
	if (!saved->is_new)
		gv_out_say(ctx->out, "%s/%s is as the last version has it",
		    v->env, v->stack);
	else
		gv_out_say(ctx->out,
		    "saved %s/%s: %s in %s, %" PRIu64 " of them %s", v->env,
		    v->stack, n, parts, saved->new_parts,
		    v->seal == GV_POLICY_SEAL_FULL ? "newly encrypted" : "new");
	if (saved->is_new && *saved->warning)
		gv_out_warn(ctx->out, "%s", saved->warning);
}

/* Warn that snapshots save this file under another name. The file then has
 * versions in two places, and each lacks those of the other. */
static void
warn_other(struct gv_ctx *ctx, const struct gv_state_stack *s)
{
	if (s->is_kept &&
	    (strcmp(s->own.env, s->name.env) != 0 ||
		strcmp(s->own.stack, s->name.stack) != 0))
		gv_out_warn(ctx->out,
		    "snapshots save this file as %s/%s; to go on with that: "
		    "--env %s --stack %s",
		    s->own.env, s->own.stack, s->own.env, s->own.stack);
}

/* Refuse a new name that the user typed, since it may be mistyped. A name that
 * comes from the path is the one that snapshots use, and the first state of a
 * repository cannot be mistaken for another one. */
static int
find_stack(
    struct gv_state_stack *out, const struct gv_ctx *ctx, const char *path)
{
	const struct gv_state_opts *o = ctx->opts;
	int r = gv_state_stack_find(out, ctx, path);

	return r == 0 && out->is_new && out->is_said && !out->is_first &&
		!o->begin
	    ? gv_state_stack_refuse(out, "yet", "save", path)
	    : r;
}

/* Of one that has nothing whole, beside a version that is. */
static void
warn_of_none(const struct gv_state_subject *s, const struct gv_track_version *v,
    const char *id)
{
	char good[GV_STATE_VERSION_ID];

	if (s->has_good)
		gv_state_version_id(good, &s->good);
	gv_out_warn(s->ctx->out,
	    "it is not an intact state: %s: %s; it cannot be repaired%s; 'git "
	    "vault state triage --env %s --stack %s %s' lists what is missing, "
	    "'git vault state restore --env %s --stack %s %s' restores the "
	    "newest intact version",
	    gv_state_damage_name(s->triage.kind), s->triage.damage,
	    s->triage.is_yaml ? ", as it is YAML" : "", v->env, v->stack, id,
	    v->env, v->stack, s->has_good ? good : "VERSION");
}

/* Of a damaged one: the kind, what is whole, and what to do about it. */
static void
warn(struct gv_ctx *ctx, struct gv_safe *safe,
    const struct gv_track_saved *saved, const char *path)
{
	const struct gv_track_version *v = &saved->version;
	struct gv_state_subject s;
	char id[GV_STATE_VERSION_ID];

	if (!saved->is_new || v->damage == NULL)
		return;
	gv_state_version_id(id, v);
	if (gv_state_subject_of_saved(&s, ctx, safe, v, path) < 0)
		gv_out_warn(
		    ctx->out, "it is not an intact state: %s", v->damage);
	else if (s.triage.n == 0 && !s.has_good)
		gv_out_warn(ctx->out, "it is not an intact state: %s: %s",
		    gv_state_damage_name(s.triage.kind), s.triage.damage);
	else if (!gv_state_repair_may(&s.triage))
		warn_of_none(&s, v, id);
	else
		gv_out_warn(ctx->out,
		    "it is not an intact state: %s: %s; %zu resources in it "
		    "are intact, and %zu addresses of the newest intact "
		    "version are missing; 'git vault state triage --env %s "
		    "--stack %s %s' lists them, 'git vault state repair --env "
		    "%s --stack %s %s' builds a state of the intact ones",
		    gv_state_damage_name(s.triage.kind), s.triage.damage,
		    gv_state_subject_count(&s), s.n_lost, v->env, v->stack, id,
		    v->env, v->stack, id);
	gv_state_subject_close(&s);
}

/* Whether nothing in the name of a file says that a tool wrote it. What comes
 * by stdin is a state, or why would it be saved as one. */
static bool
is_any(const char *path)
{
	static const char *const ends[] = { ".json", ".yaml", ".yml" };
	size_t len = strlen(path), n, i;

	if (strcmp(path, "-") == 0 || strstr(path, ".tfstate"))
		return false;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		n = strlen(ends[i]);
		if (len > n && strcmp(path + len - n, ends[i]) == 0)
			return false;
	}
	return true;
}

static int
save(struct gv_ctx *ctx, struct gv_safe *safe, const char *path)
{
	const struct gv_state_opts *o = ctx->opts;
	struct reading in = { .fd = STDIN_FILENO, .path = path };
	const struct gv_state_source source = {
		.read = read_some, .rewind = rewind_file, .ctx = &in
	};
	struct gv_track_what what = { .force = o->force ? o->reason : NULL,
		.now = ctx->now,
		.is_any = is_any(path) };
	struct gv_track_saved saved = { .is_new = false };
	struct gv_state_stack stack;
	int r = find_stack(&stack, ctx, path);

	what.of = gv_state_stack_of(&stack);
	if (r == 0 && (r = choose_commit(&what.code, ctx)) == 0 &&
	    (r = open_file(&in)) == 0)
		r = gv_track_save(&saved, ctx->repo, safe, &what, &source);
	if (in.fd >= 0 && in.fd != STDIN_FILENO)
		gv_file_close(in.fd);
	if (r == 0) {
		tell(ctx, &saved);
		tell_note(ctx, &saved);
		tell_apart(ctx, &saved);
		warn_other(ctx, &stack);
		warn(ctx, safe, &saved, path);
	}
	gv_track_saved_release(&saved);
	return r;
}

int
gv_state_save(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_state_opts *o = ctx->opts;
	struct gv_safe *safe = NULL;
	int r = gv_state_check_force(ctx, "saves in spite of a guard");

	(void)argc;
	if (r == 0 &&
	    (r = gv_identity_opt_open(&safe, ctx, &o->identities)) == 0)
		r = save(ctx, safe, argv[0]);
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	return r;
}
