#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/shell.h"
#include "component/component_restore.h"
#include "component/component_run.h"
#include "component/component_server.h"
#include "component/component_stored.h"
#include "git-vault/component/component.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "object/repo_odb.h"
#include "policy/team.h"
#include "safe/safe.h"
#include "sys/entry.h"
#include "sys/file.h"
#include "sys/outfile.h"

/* ---- verify -------------------------------------------------------------- */

static int
verify_dump(uint64_t *size, struct gv_ctx *ctx, struct gv_safe *safe,
    const struct gv_policy *policy, const struct gv_component_stored *s,
    const struct gv_ref *ref)
{
	const struct gv_policy_component *c =
	    gv_policy_component(policy, s->record.name);
	int r = gv_component_stream(size, ctx->repo, safe, ref, NULL, NULL);

	return r == 0 && c && strcmp(c->env, s->record.env) == 0
	    ? gv_component_check(ctx->repo, safe, c, ref)
	    : r;
}

static void
tell(struct gv_ctx *ctx, const struct gv_component_stored *s,
    const struct gv_ref *ref, uint64_t size, const char *why)
{
	char text[GV_OUT_SIZE_MAX];

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_string(ctx->json, "ref", ref->name);
		gv_json_string(ctx->json, "id", s->text ? s->record.id : NULL);
		gv_json_bool(ctx->json, "intact", why == NULL);
		gv_json_uint(ctx->json, "size", size);
		gv_json_string(ctx->json, "reason", why);
		gv_json_end(ctx->json);
		return;
	}
	gv_out_size(text, size);
	if (why)
		gv_out_printf(ctx->out, "damaged  %s: %s\n", ref->name, why);
	else
		gv_out_printf(ctx->out, "intact   %s %s of %s, %s\n",
		    s->record.id, s->record.name, s->record.env, text);
}

static int
verify_one(bool *failed, struct gv_ctx *ctx, struct gv_safe *safe,
    const struct gv_policy *policy, const struct gv_ref *ref)
{
	struct gv_component_stored s = { .text = NULL };
	struct gv_odb *odb;
	uint64_t size = 0;
	int r = gv_repo_odb(ctx->repo, &odb);

	if (r == 0)
		r = gv_component_stored_load(&s, odb, ref);
	if (r == 0)
		r = verify_dump(&size, ctx, safe, policy, &s, ref);
	if (r == GV_ENOMEM || r == GV_ECANCELED || r == GV_ENOKEY) {
		gv_component_stored_release(&s);
		return r;
	}
	*failed |= r < 0;
	tell(ctx, &s, ref, size, r < 0 ? gv_err_message() : NULL);
	gv_component_stored_release(&s);
	return 0;
}

static int
is_safety(bool *is, struct gv_odb *odb, const struct gv_ref *ref)
{
	struct gv_component_stored s = { .text = NULL };
	const int r = gv_component_stored_load(&s, odb, ref);

	*is = r == 0 && gv_component_is_safety(&s);
	gv_component_stored_release(&s);
	return r == GV_ENOMEM ? r : 0;
}

int
gv_component_is_newest(
    bool *is, struct gv_odb *odb, const struct gv_refs *refs, size_t i)
{
	const char *const name = refs->refs[i].name;
	const size_t len = (size_t)(strrchr(name, '/') + 1 - name);
	bool safety;
	int r = is_safety(&safety, odb, &refs->refs[i]);

	*is = !safety;
	while (r == 0 && *is && ++i < refs->n &&
	    strncmp(refs->refs[i].name, name, len) == 0) {
		r = is_safety(&safety, odb, &refs->refs[i]);
		*is = safety;
	}
	return r;
}

static int
verify_each(bool *failed, struct gv_ctx *ctx, const struct gv_refs *refs,
    const struct gv_ref *only)
{
	const struct gv_component_opts *o = ctx->opts;
	struct gv_policy policy = GV_POLICY_INIT;
	struct gv_safe *safe = NULL;
	struct gv_odb *odb;
	size_t i;
	int r = gv_repo_odb(ctx->repo, &odb);

	if (r == 0 && (r = gv_team_load(&policy, ctx->repo)) == 0)
		r = gv_identity_opt_open(&safe, ctx, &o->identities);
	for (i = 0; r == 0 && i < refs->n; i++) {
		bool is = only ? &refs->refs[i] == only : o->all;

		if (only == NULL && !is)
			r = gv_component_is_newest(&is, odb, refs, i);
		if (r == 0 && is)
			r = verify_one(
			    failed, ctx, safe, &policy, &refs->refs[i]);
	}
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	gv_policy_release(&policy);
	return r;
}

int
gv_component_cmd_verify(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_component_opts *o = ctx->opts;
	const struct gv_ref *only = NULL;
	struct gv_refs refs = { 0 };
	bool failed = false;
	int r = argc ? gv_component_find(&refs, ctx, argv[0], o->env)
		     : gv_component_list(&refs, ctx->repo, o->env, NULL);

	if (r == 0 && argc == 2)
		r = gv_component_pick(&only, ctx, &refs, argv[0], argv[1]);
	if (r < 0)
		goto out;
	if (refs.n == 0)
		gv_out_say(ctx->out, "there is no dump of a component");
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "dumps");
	}
	r = verify_each(&failed, ctx, &refs, only);
	if (ctx->json && r == 0) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	}
out:
	gv_refs_release(&refs);
	return r < 0 ? r : failed;
}

/* ---- restore ------------------------------------------------------------- */

static int
tell_audit(struct gv_ctx *ctx, struct gv_safe *safe,
    const struct gv_component_stored *s)
{
	const struct gv_component_opts *o = ctx->opts;
	const char *env = s->record.env;
	struct gv_audit_event event = { .what = "component-restore",
		.time = ctx->now,
		.ids = &s->record.binding,
		.n_ids = 1,
		.scopes = &env,
		.n_scopes = 1,
		.reason = o->reason };

	return gv_audit_tell_given(
	    ctx->repo, safe, &event, "the dump is opened");
}

static int
restore_file(uint64_t *size, struct gv_ctx *ctx, struct gv_safe *safe,
    const struct gv_ref *ref)
{
	const struct gv_component_opts *o = ctx->opts;
	struct gv_outfile out = {
		.path = strcmp(o->to, "-") == 0 ? NULL : o->to, .mode = 0600
	};
	int r = gv_outfile_open(&out);

	return r < 0 ? r
		     : gv_outfile_close(&out,
			   gv_component_stream(size, ctx->repo, safe, ref,
			       gv_outfile_write, &out));
}

/* Whether the target has something that a restore replaces, and a dump of it
 * could be made: a server always, a file or a directory where it is there. */
static bool
has_something(const struct gv_policy_component *c, const char *target)
{
	switch (c->engine) {
	case GV_POLICY_EXTERNAL:
	case GV_POLICY_ETCD: /* into a new directory */
	case GV_POLICY_REDIS:
		return false;
	case GV_POLICY_POSTGRESQL:
	case GV_POLICY_MARIADB:
	case GV_POLICY_MYSQL:
	case GV_POLICY_MONGODB:
	case GV_POLICY_CONSUL:
	case GV_POLICY_RAFT:
	case GV_POLICY_COMMAND:
		return true;
	default:
		return c->restore.n || gv_file_exists(AT_FDCWD, target);
	}
}

/* Whether the target is the name of a database, which no file here is. */
static bool
is_name(const struct gv_policy_component *c)
{
	return c->restore.n == 0 &&
	    (c->engine == GV_POLICY_MARIADB || c->engine == GV_POLICY_MYSQL ||
		c->engine == GV_POLICY_MONGODB);
}

/* Where the programs find what is at the target: they run at the top of the
 * working tree, and the user may be elsewhere. */
static int
place(
    struct gv_buf *out, const struct gv_policy_component *c, const char *target)
{
	char *real = NULL;

	if (c->engine == GV_POLICY_POSTGRESQL && c->source)
		return gv_component_server_target(out, c->source, target);
	if (!is_name(c) && gv_file_exists(AT_FDCWD, target))
		real = gv_entry_real_path(target);
	gv_buf_addstr(out, real ? real : target);
	free(real);
	return gv_buf_check(out);
}

static int
go_on_without(struct gv_ctx *ctx, const char *target, const char *why)
{
	const struct gv_component_opts *o = ctx->opts;
	bool yes = false;
	int r;

	gv_out_warn(ctx->out, "what is in %s could not be dumped first: %s",
	    target, why);
	r = gv_ask(&yes, ctx, o->yes, NULL,
	    "replace it all the same? There is no way back");
	return r < 0 || yes
	    ? r
	    : gv_err(GV_EREFUSED,
		  "nothing was restored: what is in %s could not be dumped "
		  "first; to replace it without a way back, add --yes",
		  target);
}

/* What is replaced is dumped first: that is the way back. */
static int
save_first(char id[GV_RECORD_ID_LEN + 1], struct gv_ctx *ctx,
    struct gv_safe *safe, const struct gv_policy_component *c,
    const char *target)
{
	struct gv_policy_component there = *c;
	const struct gv_component_run_opts opts = { .component = &there,
		.label = GV_COMPONENT_SAFETY,
		.now = ctx->now };
	struct gv_component_ran ran;
	struct gv_buf source = GV_BUF_INIT;
	int r;

	if (!has_something(c, target))
		return 0;
	if ((r = place(&source, c, target)) < 0)
		goto out;
	/* the team's own program knows where it restores to */
	if (c->restore.n == 0)
		there.source = source.p;
	there.check = (struct gv_policy_texts){ .n = 0 };
	r = gv_component_run(&ran, ctx->repo, safe, &opts);
	if (r == 0 && ran.why)
		r = go_on_without(ctx, target, ran.why);
	else if (r == 0)
		memcpy(id, ran.record.id, GV_RECORD_ID_LEN + 1);
	gv_component_ran_release(&ran);
out:
	gv_buf_release(&source);
	return r;
}

/* The policy in force says by which programs. */
static int
restore_into(char before[GV_RECORD_ID_LEN + 1], struct gv_ctx *ctx,
    struct gv_safe *safe, const struct gv_component_stored *s,
    const struct gv_ref *ref)
{
	const struct gv_component_opts *o = ctx->opts;
	const struct gv_policy_component *c;
	struct gv_policy policy = GV_POLICY_INIT;
	int r = gv_team_load(&policy, ctx->repo);

	c = r == 0 ? gv_policy_component(&policy, s->record.name) : NULL;
	if (r == 0 && (c == NULL || strcmp(c->env, s->record.env) != 0))
		r = gv_err(GV_ENOTFOUND,
		    "the policy in force has no component %s of %s, so nobody "
		    "knows how to restore it; to get the dump: git vault "
		    "component restore --env %s %s --to %s.dump",
		    s->record.name, s->record.env, s->record.env,
		    s->record.name, s->record.name);
	if (r == 0)
		r = save_first(before, ctx, safe, c, o->into);
	if (r == 0)
		r = gv_component_restore(ctx->repo, safe, c, ref, o->into);
	gv_policy_release(&policy);
	return r;
}

static void
tell_restored(
    struct gv_ctx *ctx, const struct gv_component_stored *s, const char *before)
{
	const struct gv_component_opts *o = ctx->opts;
	struct gv_buf target = GV_BUF_INIT;

	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_component_json(ctx->json, &s->record);
		gv_json_time(ctx->json, "time", s->time);
		gv_json_string(ctx->json, "to", o->to);
		gv_json_string(ctx->json, "into", o->into);
		gv_json_string(ctx->json, "undo", *before ? before : NULL);
		gv_json_end(ctx->json);
		return;
	}
	gv_out_say(ctx->out, "restored %s of %s, dump %s, to %s",
	    s->record.name, s->record.env, s->record.id,
	    o->into ? o->into : o->to);
	if (*before == '\0')
		return;
	gv_shell_word(&target, o->into);
	if (gv_buf_check(&target) == 0)
		gv_out_say(ctx->out,
		    "what was there before is the dump %s; undo: git vault "
		    "component restore %s %s --into%s",
		    before, s->record.name, before, target.p);
	gv_buf_release(&target);
}

static int
restore(struct gv_ctx *ctx, const struct gv_ref *ref)
{
	const struct gv_component_opts *o = ctx->opts;
	struct gv_component_stored s = { .text = NULL };
	struct gv_safe *safe = NULL;
	char before[GV_RECORD_ID_LEN + 1] = "";
	struct gv_odb *odb;
	uint64_t size;
	int r = gv_repo_odb(ctx->repo, &odb);

	if (r == 0 && (r = gv_component_stored_load(&s, odb, ref)) == 0 &&
	    (r = gv_identity_opt_open(&safe, ctx, &o->identities)) == 0 &&
	    (r = tell_audit(ctx, safe, &s)) == 0)
		r = o->into ? restore_into(before, ctx, safe, &s, ref)
			    : restore_file(&size, ctx, safe, ref);
	if (r == 0)
		tell_restored(ctx, &s, before);
	gv_identity_opt_tell(ctx, safe);
	gv_safe_close(safe);
	gv_component_stored_release(&s);
	return r;
}

int
gv_component_cmd_restore(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_component_opts *o = ctx->opts;
	const struct gv_ref *ref;
	struct gv_refs refs = { 0 };
	int r;

	if ((o->to == NULL) == (o->into == NULL))
		return gv_err(GV_EUSAGE,
		    "say where to: --to FILE writes the dump, --into TARGET "
		    "restores it into a server, a file or a directory");
	if (ctx->json && o->to && strcmp(o->to, "-") == 0)
		return gv_err(
		    GV_EUSAGE, "--json and --to - both write to stdout");
	r = gv_component_find(&refs, ctx, argv[0], o->env);
	if (r == 0 &&
	    (r = gv_component_pick(
		 &ref, ctx, &refs, argv[0], argc == 2 ? argv[1] : NULL)) == 0)
		r = restore(ctx, ref);
	gv_refs_release(&refs);
	return r;
}
