#include "git-vault/hook/hook_out.h"

#include <string.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/shell.h"
#include "detect/finding.h"
#include "detect/sweep.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "git-vault/secret/finding_out.h"
#include "repo/oid.h"

#define SHOWN  20 /* findings */
#define ABBREV 10 /* digits of a commit */

/* "path:line: likely: rule in 0123456789, fingerprint 0123-4567" */
static void
print(struct gv_ctx *ctx, const struct gv_sweep *sweep,
    const struct gv_finding *f)
{
	struct gv_buf text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1], id[GV_IDKEY_TEXT + 1];

	gv_path_quote(&text, f->path, strlen(f->path));
	gv_buf_addf(&text, ":%u: %s: %s", f->line, gv_finding_grades[f->grade],
	    f->rule->id);
	/* a blob that is pushed by itself came by none */
	if (f->places && !gv_oid_is_zero(&f->places->introduced)) {
		gv_oid_format(hex, &f->places->introduced);
		gv_buf_addf(&text, " in commit %.*s", ABBREV, hex);
	}
	if (sweep->key) {
		gv_idkey_format(id, sweep->key, &f->fingerprint);
		gv_buf_addf(&text, ", fingerprint %s", id);
	}
	gv_out_error(ctx->out, "%s", text.p);
	gv_buf_release(&text);
}

/* Also print how to allow the finding by its fingerprint, since nobody can
 * guess that. */
static void
warn_of_key(struct gv_ctx *ctx, const struct gv_sweep *sweep)
{
	struct gv_buf text = GV_BUF_INIT;

	if (gv_sweep_add_foreign(&text, sweep))
		gv_out_warn(ctx->out, "%s", text.p);
	gv_finding_out_keyless(ctx, sweep);
	gv_buf_release(&text);
}

size_t
gv_hook_out_findings(struct gv_ctx *ctx, const struct gv_sweep *sweep)
{
	size_t i, n = 0;

	for (i = 0; i < sweep->n; i++) {
		if (!gv_finding_counts(&sweep->findings[i], GV_FINDING_LIKELY))
			continue;
		if (n++ < SHOWN)
			print(ctx, sweep, &sweep->findings[i]);
	}
	if (n > SHOWN)
		gv_out_error(ctx->out, "and %zu more", n - SHOWN);
	if (n)
		warn_of_key(ctx, sweep);
	gv_finding_out_unread(ctx, sweep);
	return n;
}

/* The finding that the hint explains: the first that counts. */
static const struct gv_finding *
first(const struct gv_sweep *sweep)
{
	size_t i;

	for (i = 0; i < sweep->n; i++)
		if (gv_finding_counts(&sweep->findings[i], GV_FINDING_LIKELY))
			return &sweep->findings[i];
	return NULL;
}

/* The command that explains a finding. False where it cannot be found again: it
 * has no fingerprint, or no commit brought it. */
static bool
add_explain(struct gv_buf *out, const struct gv_ctx *ctx,
    const struct gv_sweep *sweep, bool is_staged)
{
	const struct gv_finding *f = sweep->key ? first(sweep) : NULL;
	char hex[GV_OID_HEX + 1], id[GV_IDKEY_TEXT + 1];
	struct gv_buf range = GV_BUF_INIT;

	if (f == NULL ||
	    (!is_staged &&
		(f->places == NULL || gv_oid_is_zero(&f->places->introduced))))
		return false;
	gv_cmd_paste(out, ctx);
	if (is_staged) {
		gv_buf_addstr(out, " scan --staged --explain");
	} else {
		gv_oid_format(hex, &f->places->introduced);
		gv_buf_addf(&range, "%.*s^!", ABBREV, hex);
		gv_buf_addstr(out, " scan --range");
		gv_shell_word(out, range.p);
		gv_buf_addstr(out, " --explain");
		gv_buf_release(&range);
	}
	gv_idkey_format(id, sweep->key, &f->fingerprint);
	gv_shell_word(out, id);
	return true;
}

void
gv_hook_out_allow(
    struct gv_ctx *ctx, const struct gv_sweep *sweep, bool is_staged)
{
	struct gv_buf command = GV_BUF_INIT;

	gv_out_error(ctx->out,
	    "hint: to allow a false alarm, write %s and a reason into "
	    ".gitvault.yaml (git vault help policy), or the comment "
	    "gitvault:allow RULE REASON on its line",
	    sweep->key ? "its fingerprint" : "its path and rule");
	if (add_explain(&command, ctx, sweep, is_staged) &&
	    gv_buf_check(&command) == 0)
		gv_out_error(ctx->out, "hint: %s", command.p);
	gv_buf_release(&command);
}
