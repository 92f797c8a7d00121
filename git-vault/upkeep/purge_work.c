#include "git-vault/upkeep/purge_work.h"

#include <string.h>

#include "git-vault/front/cmd.h"
#include "git-vault/front/json.h"
#include "git-vault/front/out.h"
#include "git-vault/upkeep/purge_copies.h"
#include "git-vault/upkeep/purge_out.h"
#include "remote/remote.h"
#include "repo/repo.h"
#include "search/search_index.h"

static void
told(void *ctx, const struct gv_purge_note *n)
{
	struct gv_purge_work *w = ctx;

	if (w->noted == 0)
		w->noted = gv_purge_records_of(&w->records, n);
	gv_purge_out(w->ctx, n);
}

static int
going(void *ctx, const struct gv_oid *oids, size_t n)
{
	struct gv_purge_work *w = ctx;

	return gv_purge_copies_note(w->ctx, oids, n, w->command);
}

int
gv_purge_work_here(struct gv_purge_work *w, struct gv_purge_opts *how)
{
	struct gv_repo *repo = w->ctx->repo;
	int r = gv_purge_records_load(&w->records, w->ctx);

	how->dry_run = w->dry_run;
	how->now = w->ctx->now;
	how->told = told;
	how->going = going;
	how->ctx = w;
	if (r < 0 || (r = gv_purge_run(&w->result, repo, how)) < 0 ||
	    (r = w->noted) < 0 || w->dry_run)
		return r;
	/* it may have grams of what is gone now; the next fold makes it again
	 */
	gv_search_index_remove(repo);
	return gv_purge_copies_done(w->ctx, w->command);
}

void
gv_purge_work_put(const struct gv_purge_work *w)
{
	const struct gv_purge_result *r = &w->result;
	struct gv_json *j = w->ctx->json;

	gv_purge_records_tell(&w->records, w->ctx, w->dry_run);
	gv_json_bool(j, "dry_run", w->dry_run);
	gv_json_uint(j, "snapshots", r->snapshots);
	gv_json_uint(j, "rewritten", r->rewritten);
	gv_json_uint(j, "saves", r->saves);
	gv_json_uint(j, "places", r->places);
	gv_json_uint(j, "left", r->left);
	gv_json_uint(j, "unreachable", r->unreachable);
}

void
gv_purge_work_say(const struct gv_purge_work *w, const char *noun)
{
	const struct gv_purge_result *r = &w->result;
	struct gv_out *out = w->ctx->out;
	char snapshots[GV_OUT_SIZE_MAX], saves[GV_OUT_SIZE_MAX],
	    places[GV_OUT_SIZE_MAX];

	gv_out_count(snapshots, r->rewritten, "snapshot");
	gv_out_count(saves, r->saves, "automatic save");
	gv_out_count(places, r->places, noun);
	gv_out_printf(out, "%s%s%s %s, %s %s\n", snapshots,
	    r->saves ? " and " : "", r->saves ? saves : "",
	    w->dry_run ? "would be rewritten" : "rewritten", places,
	    strcmp(noun, "file") == 0 ? "removed" : "in clear");
	gv_purge_records_tell(&w->records, w->ctx, w->dry_run);
}

void
gv_purge_work_hint(const struct gv_purge_work *w)
{
	const struct gv_purge_result *r = &w->result;
	struct gv_out *out = w->ctx->out;
	struct gv_remote remote;
	size_t at = 0;

	if (r->unreachable && !w->dry_run)
		gv_out_say(out,
		    "the old objects stay in the object database until git "
		    "deletes them: git vault fold --reclaim --expire=now");
	if (r->rewritten && !w->dry_run &&
	    gv_remote_next(&remote, &at, &w->ctx->repo->config))
		gv_out_say(out,
		    "other clones still have it, and remotes that it was "
		    "pushed to: purge there, too");
	if (r->left)
		gv_out_say(out,
		    "git vault cannot change the remaining places; rewrite "
		    "your history, expire reflogs, and purge again");
}

int
gv_purge_work_copies(struct gv_purge_work *w)
{
	int r = gv_purge_copies_run(w->ctx, w->identities, w->dry_run);

	return r < 0 ? r : r == 3 || w->result.left ? 3 : 0;
}
