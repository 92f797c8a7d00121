#include "rollback/rollback_record.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "good/good_mark.h"
#include "record/good.h"
#include "rollback/rollback.h"
#include "safe/safe.h"

/*
 * The evidence that a record is of a rollback, whose id is that of the snapshot
 * of what stood before; the record that was gone back to is named by its tag:
 *
 *	git-vault://rollback/20250102T030405Z-0123abcd/to/0123…
 *	git-vault://rollback/20250102T030405Z-0123abcd/undoes/2025…
 */
static int
name(struct gv_buf *out, const struct gv_rollback_note *note)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, &note->good);
	gv_buf_addf(out, "git-vault://rollback/%s/%s/%s", note->id,
	    note->undoes[0] ? "undoes" : "to",
	    note->undoes[0] ? note->undoes : hex);
	return gv_buf_check(out);
}

/* Of one that was interrupted behind it. */
static unsigned
find_own(const struct gv_goods *goods, const char *uri)
{
	size_t i, j;

	for (i = 0; i < goods->n; i++)
		for (j = 0; j < goods->all[i].n_evidence; j++) {
			const char *one = goods->all[i].evidence[j].uri;

			if (one && strcmp(one, uri) == 0)
				return goods->all[i].n;
		}
	return 0;
}

/* What it lacks is put behind `lacks`. */
static int
mark(unsigned *out, struct gv_repo *repo, struct gv_safe *safe,
    struct gv_good_what *what, struct gv_buf *lacks)
{
	const struct gv_safe_opts opts = { .now = what->now };
	struct gv_good made = GV_GOOD_INIT;
	struct gv_safe *own = NULL;
	int r = safe ? 0 : gv_safe_open(&own, repo, &opts);

	if (r == 0 &&
	    (r = gv_good_mark(&made, repo, safe ? safe : own, what)) == 0) {
		*out = made.n;
		if (made.ungit)
			gv_buf_addf(lacks,
			    "its record %u of %s is not signed by git: %s",
			    made.n, made.env, made.ungit);
		gv_good_release(&made);
	}
	gv_safe_close(own);
	return r;
}

/* The states that the other one has noted are those that come back. */
static int
mark_undone(unsigned *out, struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_rollback_note *note, struct gv_good_what *what,
    struct gv_buf *lacks)
{
	struct gv_rollback_note undone;
	struct gv_good_version *versions;
	size_t i;
	int r = gv_rollback_load(&undone, repo, note->undoes);

	if (r < 0)
		return r;
	versions = calloc(undone.n_states + 1, sizeof(*versions));
	for (i = 0; versions && i < undone.n_states; i++)
		versions[i] = (struct gv_good_version){ undone.states[i].stack,
			undone.states[i].version };
	what->snapshot = note->undoes;
	what->versions = versions;
	what->n_versions = undone.n_states;
	r = versions ? mark(out, repo, safe, what, lacks) : gv_err_nomem();
	free(versions);
	gv_rollback_note_release(&undone);
	return r;
}

int
gv_rollback_record(unsigned *out, struct gv_repo *repo, struct gv_safe *safe,
    const struct gv_rollback_note *note, int64_t now)
{
	struct gv_buf uri = GV_BUF_INIT, lacks = GV_BUF_INIT;
	struct gv_goods goods = { 0 };
	struct gv_good_what what = { .env = note->env,
		.status = GV_GOOD_CANDIDATE,
		.n_evidence = 1,
		.reason = note->reason,
		.is_return = true,
		.now = now,
		.sign = GV_GOOD_SIGN_IF_CAN };
	int r;

	*out = 0;
	if (!note->is_whole)
		return 0;
	r = name(&uri, note);
	what.evidence = (const char *const[]){ uri.p };
	if (r == 0 && (r = gv_goods_load(&goods, repo, note->env)) == 0) {
		*out = find_own(&goods, uri.p);
		what.of = gv_goods_find_tag(&goods, &note->good);
	}
	if (r == 0 && *out == 0 && note->undoes[0])
		r = mark_undone(out, repo, safe, note, &what, &lacks);
	else if (r == 0 && *out == 0 && what.of)
		r = mark(out, repo, safe, &what, &lacks);
	else if (r == 0 && *out == 0)
		r = gv_err(GV_ENOTFOUND,
		    "the record of %s that was rolled back to is missing",
		    note->env);
	gv_goods_release(&goods);
	gv_buf_release(&uri);
	if (r < 0)
		r = gv_err_in(r, "it has no record of its own");
	else if (lacks.len)
		r = gv_err(GV_EREFUSED, "%s", lacks.p);
	gv_buf_release(&lacks);
	return r;
}
