#include "git-vault/recovery/recover_source.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "git-vault/front/cmd.h"
#include "git-vault/front/out.h"
#include "good/vouch.h"
#include "record/record_resolve.h"
#include "vault/author.h"

/* ---- found --------------------------------------------------------------- */

static int
find_record(struct gv_recover_source *s, struct gv_ctx *ctx, const char *env,
    unsigned n)
{
	int r;

	if ((r = gv_good_load(&s->good, ctx->repo, env, n)) < 0)
		return r;
	if (s->good.revoked)
		return gv_err(GV_EREFUSED,
		    "record %u of %s was revoked; others: git vault good list "
		    "%s",
		    n, env, env);
	if (s->good.distrust)
		return gv_err(GV_EREFUSED,
		    "record %u of %s does not count: %s; others: git vault "
		    "good list %s; to recover from its snapshot all the same: "
		    "git vault recover --snapshot %s %s",
		    n, env, s->good.distrust, env,
		    s->good.snapshot_id ? s->good.snapshot_id : "SNAP", env);
	return gv_good_snapshot(&s->rec, ctx->repo, &s->good);
}

static int
find_snapshot(struct gv_recover_source *s, struct gv_ctx *ctx,
    const char *prefix, const char *text)
{
	struct gv_buf query = GV_BUF_INIT;
	int r;

	gv_buf_addf(&query, "%s%s", prefix, text);
	if ((r = gv_buf_check(&query)) == 0)
		r = gv_record_resolve(&s->rec, ctx->repo,
		    &(struct gv_record_query){
			.text = query.p, .own_first = true });
	gv_buf_release(&query);
	return r;
}

/* The newest good record; without any, the newest snapshot. */
static int
find_newest(struct gv_recover_source *s, struct gv_ctx *ctx, const char *env)
{
	struct gv_goods all = { .n = 0 };
	int r = gv_goods_load(&all, ctx->repo, env);
	const bool has_records = all.n > 0;

	gv_goods_release(&all);
	if (r < 0)
		return r;
	if (has_records)
		return gv_good_resolve(&s->good, &s->rec, ctx->repo, env);
	gv_out_warn(ctx->out,
	    "%s has no known-good record, so the newest snapshot is taken",
	    env);
	return find_snapshot(s, ctx, "", "latest");
}

/* A commit alone lacks what Git leaves out, such as secrets. */
static int
check_has_snapshot(const struct gv_recover_source *s, const char *env)
{
	return s->rec.id[0]
	    ? 0
	    : gv_err(GV_EREFUSED,
		  "record %u of %s is of a commit without a snapshot; to "
		  "choose another one for --to: git vault good list %s",
		  s->good.n, env, env);
}

int
gv_recover_source_find(struct gv_recover_source *out, struct gv_ctx *ctx,
    const struct gv_recover_from *from)
{
	char *end;
	unsigned long n;
	int r;

	*out = (struct gv_recover_source){ .good = GV_GOOD_INIT };
	if ((from->to != NULL) + (from->snapshot != NULL) + (from->at != NULL) >
	    1)
		return gv_err(
		    GV_EUSAGE, "--to, --snapshot and --at exclude each other");
	if (from->snapshot)
		return find_snapshot(out, ctx, "", from->snapshot);
	if (from->at)
		return find_snapshot(out, ctx, "at:", from->at);
	if (from->to == NULL) {
		r = find_newest(out, ctx, from->env);
		return r < 0 ? r : check_has_snapshot(out, from->env);
	}
	n = strtoul(from->to, &end, 10);
	if (*end || n == 0 || n > 1000000)
		return gv_err(GV_EUSAGE,
		    "'%.64s' is not the number of a record; to list the "
		    "records: git vault good list %s",
		    from->to, from->env);
	r = find_record(out, ctx, from->env, (unsigned)n);
	return r < 0 ? r : check_has_snapshot(out, from->env);
}

/* ---- vouched for --------------------------------------------------------- */

int
gv_recover_source_check(const struct gv_recover_source *s, struct gv_ctx *ctx,
    const struct gv_recover_from *from)
{
	const struct gv_record *rec = &s->rec;
	const int len = (int)gv_author_name_len(rec->author);
	bool is_vouched = s->good.n > 0;
	int r = is_vouched ? 0 : gv_vouch_has(&is_vouched, ctx->repo, rec);

	if (r < 0 || is_vouched)
		return r;
	gv_out_warn(ctx->out,
	    "snapshot %s is not of this clone, and unsigned: it says that it "
	    "is %.*s's of %s, and no known-good record that counts names it",
	    rec->id, len ? len : 8, len ? rec->author : "somebody",
	    rec->host ? rec->host : "an unknown host");
	if (from->asks || from->only_shows ||
	    gv_vouch_is_typed(rec, from->snapshot))
		return 0;
	return gv_err(GV_EREFUSED,
	    "nothing was recovered: anybody who can push could have made "
	    "snapshot %s, and nobody is asked; if it is the right one: git "
	    "vault recover --yes --snapshot %s %s",
	    rec->id, rec->id, from->env);
}

void
gv_recover_source_release(struct gv_recover_source *s)
{
	gv_good_release(&s->good);
	gv_record_release(&s->rec);
}
