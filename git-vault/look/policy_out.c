#include "git-vault/look/policy_out.h"

#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/lines.h"
#include "env/envmap.h"
#include "git-vault/front/ask.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/identity_opt.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "policy/consent_diff.h"
#include "policy/consent_seen.h"
#include "policy/team.h"
#include "repo/oid.h"
#include "repo/repo.h"
#include "safe/safe.h"
#include "secret/consent_accept.h"
#include "secret/key.h"

static void
print_lines(struct gv_ctx *ctx, const struct gv_buf *lines, char sign)
{
	const char *p = lines->p, *line;
	size_t n;

	while (gv_lines_next(&line, &n, &p, lines->p + lines->len)) {
		gv_out_paint(ctx->out,
		    sign == '+' ? GV_OUT_ADDED : GV_OUT_REMOVED, "  %c ", sign);
		gv_out_text(ctx->out, line, n);
		gv_out_printf(ctx->out, "\n");
	}
}

void
gv_policy_out_diff(struct gv_ctx *ctx, const struct gv_consent_diff *diff)
{
	size_t i;

	for (i = 0; i < diff->n; i++) {
		const struct gv_consent_point *p = &diff->points[i];

		gv_out_paint(ctx->out, GV_OUT_HEAD, "%s%s%s", p->file,
		    p->key ? ": " : "", p->key ? p->key : "");
		gv_out_printf(ctx->out, " (%s): ", p->about);
		gv_out_paint(ctx->out, p->waits ? GV_OUT_CHANGED : GV_OUT_ADDED,
		    "%s",
		    p->waits ? "does not count until it is accepted"
			     : "counts, nothing is loosened");
		gv_out_printf(ctx->out, "\n");
		print_lines(ctx, &p->was, '-');
		print_lines(ctx, &p->now, '+');
	}
}

/* ---- scopes -------------------------------------------------------------- */

#define SCOPES_SHOWN 20 /* folders; the rest is counted */

static void
print_scopes(struct gv_ctx *ctx, const struct gv_envmap_differences *d)
{
	size_t i;

	for (i = 0; i < d->n && i < SCOPES_SHOWN; i++) {
		const struct gv_envmap_difference *it = &d->items[i];
		char files[GV_OUT_SIZE_MAX];

		gv_out_count(files, it->files, "file");
		gv_out_paint(ctx->out, GV_OUT_HEAD, "scope of ");
		gv_out_path(ctx->out, *it->folder ? it->folder : ".",
		    *it->folder ? strlen(it->folder) : 1);
		gv_out_printf(ctx->out,
		    " (%s): %s, by its name; the tree says: %s%s\n", files,
		    it->scope, *it->env ? "environment " : "no environment",
		    it->env);
	}
	if (d->n > SCOPES_SHOWN)
		gv_out_printf(ctx->out, "and %zu more\n", d->n - SCOPES_SHOWN);
	if (d->n)
		gv_out_say(ctx->out,
		    "to have it so, put the path into environments.NAME.paths "
		    "or secrets.scopes of %s and accept that",
		    GV_TEAM_POLICY);
}

static void
json_scopes(struct gv_json *j, const struct gv_envmap_differences *d)
{
	size_t i;

	gv_json_array(j, "scopes");
	for (i = 0; i < d->n; i++) {
		const struct gv_envmap_difference *it = &d->items[i];

		gv_json_object(j, NULL);
		gv_json_path(j, "path", it->folder, strlen(it->folder));
		gv_json_uint(j, "files", it->files);
		gv_json_string(j, "scope", it->scope);
		gv_json_string(j, "environment", *it->env ? it->env : NULL);
		gv_json_end(j);
	}
	gv_json_end(j);
}

int
gv_policy_out_scopes(struct gv_ctx *ctx)
{
	struct gv_envmap_differences d = { .n = 0 };
	struct gv_envmap *map = NULL;
	int r;

	if ((r = gv_envmap_load(&map, ctx->repo)) == 0 &&
	    (r = gv_envmap_differ(&d, map)) == 0) {
		if (ctx->json)
			json_scopes(ctx->json, &d);
		else
			print_scopes(ctx, &d);
	}
	gv_envmap_differences_release(&d);
	gv_envmap_free(map);
	return r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
}

/* ---- a question --------------------------------------------------------- */

/* One id for all files as they are. */
static int
name_present(struct gv_oid *out, const struct gv_consent_diff *diff)
{
	struct gv_buf text = GV_BUF_INIT;
	int i, r;

	for (i = 0; i < GV_CONSENT_FILES; i++) {
		char hex[GV_OID_HEX + 1];
		struct gv_oid id;

		gv_consent_name(&id, &diff->present, (enum gv_consent_file)i);
		gv_oid_format(hex, &id);
		gv_buf_addf(&text, "%s %d\n", hex, diff->present.has[i]);
	}
	if ((r = gv_buf_check(&text)) == 0)
		gv_consent_name_text(out, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

/* Do not ask for a passphrase here: the user would type it only for this
 * program to find out whether to ask another question. */
static int
open_safe(struct gv_safe **out, struct gv_ctx *ctx)
{
	struct gv_safe_opts opts;

	gv_identity_opt_fill(&opts, ctx, NULL);
	opts.ask = NULL;
	return gv_safe_open(out, ctx->repo, &opts);
}

static int
put_question(struct gv_ctx *ctx, const struct gv_consent_diff *diff,
    struct gv_safe *safe, const struct gv_oid *of)
{
	bool yes = false;
	int r;

	gv_policy_out_diff(ctx, diff);
	if (gv_out_flush(ctx->out) < 0)
		return GV_ERROR;
	r = gv_ask(&yes, ctx, false, NULL, "accept this policy %s?",
	    gv_safe_keyring(safe) ? "for all clones" : "for this clone");
	if (r < 0)
		return r;
	if (!yes) {
		gv_consent_see(ctx->repo, GV_CONSENT_DECLINED, of, ctx->now);
		gv_out_say(ctx->out,
		    "not accepted; to accept it later: git vault policy "
		    "accept");
		return 0;
	}
	r = gv_consent_accept(&diff->present, ctx->repo, safe, ctx->now);
	if (r < 0)
		return r;
	gv_out_say(ctx->out, "accepted the policy%s",
	    gv_safe_keyring(safe) ? "; to share that: git vault sync" : "");
	return 0;
}

int
gv_policy_out_ask(struct gv_ctx *ctx)
{
	struct gv_consent_diff diff = { .n = 0 };
	struct gv_safe *safe = NULL;
	struct gv_oid of;
	char *before = NULL;
	int r;

	if (ctx->json || ctx->verbosity < 0 || !gv_ask_may(ctx))
		return 0;
	/* what cannot be read is for the command itself to report */
	before = gv_err_save();
	r = gv_consent_diff_load(&diff, ctx->repo);
	if (r < 0 || diff.n_waits == 0 ||
	    diff.accepted.from == GV_CONSENT_PINNED ||
	    (r = name_present(&of, &diff)) < 0 ||
	    gv_consent_is_declined(ctx->repo, &of) ||
	    (r = open_safe(&safe, ctx)) < 0 || !gv_key_may_accept(safe)) {
		gv_err_restore(before);
		r = r == GV_ENOMEM || r == GV_ECANCELED ? r : 0;
		goto out;
	}
	gv_err_restore(before);
	r = put_question(ctx, &diff, safe, &of);
out:
	gv_consent_diff_release(&diff);
	gv_safe_close(safe);
	return r;
}
