#include "git-vault/analysis/drift.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/glob.h"
#include "drift/accepted.h"
#include "drift/drift_source.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/kept_opt.h"
#include "git-vault/front/out.h"
#include "safe/safe.h"
#include "state/track.h"

/* The day that it is, in UTC. */
void
gv_drift_cmd_today(char out[GV_TIME_MAX], const struct gv_ctx *ctx)
{
	gv_time_rfc3339(out, ctx->now);
	out[GV_ACCEPTED_DATE] = '\0';
}

struct accepting {
	struct gv_ctx *ctx;
	struct gv_drift_source *source;
	const char *key;
	size_t n;
};

static bool
is_meant(const struct accepting *a, const struct gv_drift_finding *f)
{
	return f->verdict == GV_DRIFT_DRIFT &&
	    (strcmp(f->key, a->key) == 0 ||
		gv_glob_match(
		    a->key, strlen(a->key), f->key, strlen(f->key), 0));
}

static int
accept_one(struct accepting *a, const struct gv_drift_finding *f,
    const char *left, const char *right)
{
	const struct gv_drift_cmd_opts *o = a->ctx->opts;
	char digests[2][GV_ACCEPTED_DIGEST];
	const struct gv_accepted_entry entry = { .key = f->key,
		.envs = { left, right },
		.digests = { digests[0], digests[1] },
		.reason = o->reason,
		.until = o->until,
		.owner = o->owner };
	int r;

	gv_accepted_digest(digests[0], f, &f->left);
	gv_accepted_digest(digests[1], f, &f->right);
	if ((r = gv_drift_source_accept(a->source, f, &entry)) < 0)
		return r;
	a->n++;
	if (a->ctx->json) {
		gv_json_object(a->ctx->json, NULL);
		gv_json_string(a->ctx->json, "key", f->key);
		gv_json_string(a->ctx->json, "left", left);
		gv_json_string(a->ctx->json, "right", right);
		gv_json_end(a->ctx->json);
		return 0;
	}
	gv_out_printf(a->ctx->out, "accepted between %s and %s: ", left, right);
	gv_out_text(a->ctx->out, f->key, strlen(f->key));
	gv_out_printf(a->ctx->out, "\n");
	return 0;
}

/* What of the key differs between two environments. */
static int
accept_pair(struct accepting *a, unsigned left, unsigned right)
{
	const struct gv_drift_env *envs = a->source->envs;
	struct gv_drift_report report = { .n = 0 };
	char today[GV_TIME_MAX];
	size_t i;
	int r;

	gv_drift_cmd_today(today, a->ctx);
	r = gv_drift_source_compare(&report, a->source, left, right, today);
	for (i = 0; r == 0 && i < report.n; i++)
		if (is_meant(a, &report.findings[i]))
			r = accept_one(a, &report.findings[i], envs[left].name,
			    envs[right].name);
	gv_drift_report_release(&report);
	return r;
}

static int
accept_key(struct accepting *a)
{
	unsigned left, right;
	int r = 0;

	for (left = 0; r == 0 && left < a->source->n_envs; left++)
		for (right = left + 1; r == 0 && right < a->source->n_envs;
		     right++)
			r = accept_pair(a, left, right);
	return r;
}

static int
accept_keys(struct accepting *a, int argc, char **argv)
{
	size_t before;
	int i, r = gv_drift_source_open(&a->source, a->ctx->repo);

	if (r == 0)
		r = gv_drift_source_name_hidden(a->source, true);

	for (i = 1; r == 0 && i < argc; i++) {
		a->key = argv[i];
		before = a->n;
		if ((r = accept_key(a)) == 0 && a->n == before)
			r = gv_err(GV_ENOTFOUND,
			    "there is no drift at '%s'; to list it: git vault "
			    "drift --all",
			    a->key);
	}
	gv_drift_source_close(a->source);
	return r;
}

/* ---- accepting what differs between states ------------------------------- */

/* The environments that have a saved state. */
struct state_envs {
	char *names[GV_DRIFT_CMD_ENVS];
	size_t n;
};

static int
note_env(void *ctx, const struct gv_track_version *v)
{
	struct state_envs *envs = ctx;

	/* they come by environment */
	if (envs->n && strcmp(envs->names[envs->n - 1], v->env) == 0)
		return 0;
	if (envs->n == GV_DRIFT_CMD_ENVS)
		return gv_err(GV_EREFUSED,
		    "more than %d environments have states", GV_DRIFT_CMD_ENVS);
	envs->names[envs->n] = strdup(v->env);
	return envs->names[envs->n++] ? 0 : gv_err_nomem();
}

/* All keys, in the states of two environments. */
static int
accept_states_of(struct accepting *a, struct gv_safe *safe, int argc,
    char **argv, const char *left, const char *right)
{
	int i,
	    r = gv_drift_source_open_states(
		&a->source, a->ctx->repo, safe, left, right);

	if (r == 0)
		r = gv_drift_source_name_hidden(a->source, true);
	for (i = 1; r == 0 && i < argc; i++) {
		a->key = argv[i];
		r = accept_pair(a, 0, 1);
	}
	gv_drift_source_close(a->source);
	a->source = NULL;
	return r;
}

static int
accept_states(struct accepting *a, int argc, char **argv)
{
	struct state_envs envs = { .n = 0 };
	struct gv_safe *safe = NULL;
	size_t x, y;
	int r = gv_identity_opt_open(&safe, a->ctx, NULL);

	if (r == GV_ENOMEM || r == GV_ECANCELED)
		return r;
	if (r < 0)
		safe = NULL;
	r = gv_track_each(a->ctx->repo, note_env, NULL, &envs);
	for (x = 0; r == 0 && x < envs.n; x++)
		for (y = x + 1; r == 0 && y < envs.n; y++)
			r = accept_states_of(
			    a, safe, argc, argv, envs.names[x], envs.names[y]);
	if (r == 0 && a->n == 0)
		r = gv_err(GV_ENOTFOUND,
		    "the saved states have no drift at '%s'; to list it: git "
		    "vault drift --state A B",
		    argv[1]);
	gv_identity_opt_tell(a->ctx, safe);
	gv_safe_close(safe);
	while (envs.n > 0)
		free(envs.names[--envs.n]);
	return r;
}

int
gv_drift_cmd_accept(struct gv_ctx *ctx, int argc, char **argv)
{
	const struct gv_drift_cmd_opts *o = ctx->opts;
	struct accepting a = { .ctx = ctx };
	int r;

	if (argc < 2)
		return gv_err(GV_EUSAGE,
		    "'drift accept' needs the key of a difference; to list them: git vault drift --all");
	if (o->all || o->from || o->strict || o->classes || o->patch)
		return gv_err(GV_EUSAGE,
		    "'drift accept' goes with --state, --reason, --until and --owner "
		    "only");
	if (o->reason == NULL || *o->reason == '\0')
		return gv_err(GV_EUSAGE, "'drift accept' needs a --reason");
	if (o->until && !gv_accepted_is_date(o->until))
		return gv_err(GV_EUSAGE,
		    "--until takes a day such as 2027-01-31, not '%s'",
		    o->until);
	if ((r = gv_kept_opt_check(ctx->repo, ctx->cmd->opts, o)) < 0)
		return r;
	if (ctx->json) {
		gv_json_object(ctx->json, NULL);
		gv_json_array(ctx->json, "accepted");
	}
	r = o->state ? accept_states(&a, argc, argv)
		     : accept_keys(&a, argc, argv);
	if (ctx->json) {
		gv_json_end(ctx->json);
		gv_json_end(ctx->json);
	}
	if (r == 0)
		gv_out_say(ctx->out,
		    "commit " GV_ACCEPTED_FILE " for it to hold everywhere");
	return r;
}
