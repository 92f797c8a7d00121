#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "autosave/autosave.h"
#include "base/buf.h"
#include "base/err.h"
#include "object/odb.h"
#include "object/pack.h"
#include "object/repo_odb.h"
#include "repo/ref.h"
#include "repo/repo.h"
#include "sys/file.h"
#include "sys/lock.h"
#include "vault/author.h"

/* Another save takes less, mostly. */
#define WAIT_MS 1000

int
gv_autosave_lock(int *lock, struct gv_repo *repo)
{
	struct gv_buf path = GV_BUF_INIT;
	int r = gv_repo_check_writable(repo);

	*lock = -1;
	if (r == 0)
		r = gv_repo_make_vault_dir(repo);
	gv_buf_addf(&path, "%s/" GV_AUTOSAVE_LOCK, repo->vault_dir);
	if (r == 0 && (r = gv_buf_check(&path)) == 0)
		r = gv_lock_open(lock, path.p, WAIT_MS);
	gv_buf_release(&path);
	return r;
}

static void
add_header(struct gv_buf *out, const char *name, const struct gv_oid *oid)
{
	char hex[GV_OID_HEX + 1];

	gv_oid_format(hex, oid);
	gv_buf_addf(out, "%s %s\n", name, hex);
}

int
gv_autosave_add(struct gv_oid *link, struct gv_pack_lane *lane,
    const struct gv_autosave_new *of)
{
	struct gv_buf text = GV_BUF_INIT;
	int r;

	add_header(&text, "tree", &of->root);
	if (!gv_oid_is_zero(&of->before))
		add_header(&text, "parent", &of->before);
	add_header(&text, "parent", &of->commit);
	if ((r = gv_author_add(&text, of->repo, of->now)) == 0) {
		gv_buf_addf(&text,
		    "automatic save %s\n\nVault-Auto: %s\nVault-Since: %u\n",
		    of->id, of->id, of->since);
		r = gv_buf_check(&text);
	}
	if (r == 0)
		r = gv_pack_add(
		    lane, link, GV_OTYPE_COMMIT, text.p, text.len, NULL);
	gv_buf_release(&text);
	return r;
}

/* Both: a process that is killed leaves the ref at either. */
static int
note(struct gv_repo *repo, const struct gv_oid *was, const struct gv_oid *is)
{
	struct gv_buf path = GV_BUF_INIT, text = GV_BUF_INIT;
	char hex[GV_OID_HEX + 1];
	int r;

	gv_buf_addf(&path, "%s/auto", repo->vault_dir);
	gv_oid_format(hex, was);
	gv_buf_addf(&text, "%s\n", hex);
	gv_oid_format(hex, is);
	gv_buf_addf(&text, "%s\n", hex);
	if ((r = gv_buf_check(&path)) == 0 && (r = gv_buf_check(&text)) == 0)
		r = gv_file_replace(
		    AT_FDCWD, path.p, text.p, text.len, 0600, false);
	gv_buf_release(&path);
	gv_buf_release(&text);
	return r;
}

int
gv_autosave_step(struct gv_ref_tx *tx, struct gv_repo *repo,
    const struct gv_oid *was, const struct gv_oid *is)
{
	struct gv_buf name = GV_BUF_INIT;
	int r = gv_autosave_ref(&name, repo);

	if (r == 0 && (r = note(repo, was, is)) == 0) {
		if (gv_oid_is_zero(is))
			gv_ref_delete(tx, name.p, was);
		else if (gv_oid_is_zero(was))
			gv_ref_create(tx, name.p, is);
		else
			gv_ref_update(tx, name.p, is, was);
	}
	gv_buf_release(&name);
	return r;
}

/* ---- thinning ------------------------------------------------------------ */

/* Make the links of those that stay (NULL: all), from the oldest on; what is
 * older than the oldest that goes, or has no link, keeps its links. */
static int
relink(struct gv_oid *tip, struct gv_pack_lane *lane, struct gv_repo *repo,
    const struct gv_autosaves *chain, const bool *stays, int64_t now)
{
	struct gv_oid before = { { 0 } };
	size_t i = chain->n;
	int r = 0;

	while (i > 0 && (stays == NULL || stays[i - 1]) &&
	    !gv_oid_is_zero(&chain->saves[i - 1].link))
		before = chain->saves[--i].link;
	while (r == 0 && i-- > 0) {
		const struct gv_autosave *save = &chain->saves[i];

		if (stays && !stays[i])
			continue;
		r = gv_autosave_add(tip, lane,
		    &(struct gv_autosave_new){ .repo = repo,
			.before = before,
			.id = save->id,
			.commit = save->commit,
			.root = save->root,
			.now = now });
		before = *tip;
	}
	return r;
}

int
gv_autosave_renew(struct gv_ref_tx *tx, struct gv_pack_lane *lane,
    struct gv_repo *repo, const struct gv_autosaves *chain, int64_t now)
{
	struct gv_oid tip = { { 0 } };
	int r = relink(&tip, lane, repo, chain, NULL, now);

	return r < 0 ? r : gv_autosave_step(tx, repo, &chain->tip, &tip);
}

static int
write_thinned(struct gv_repo *repo, const struct gv_autosaves *chain,
    const bool *stays, int64_t now)
{
	struct gv_ref_tx tx = GV_REF_TX_INIT;
	struct gv_pack_result done = { 0 };
	struct gv_pack *pack = NULL;
	struct gv_pack_lane *lane = NULL;
	struct gv_oid tip = { { 0 } };
	struct gv_odb *odb;
	int r = gv_repo_odb(repo, &odb), closed = 0;

	if (r < 0)
		return r;
	r = gv_pack_open(&pack,
	    &(struct gv_pack_opts){
		.objects_dir = repo->objects_dir, .odb = odb });
	if (r == 0 && (r = gv_pack_lane_open(&lane, pack)) == 0) {
		r = relink(&tip, lane, repo, chain, stays, now);
		closed = gv_pack_lane_close(lane);
		r = r < 0 ? r : closed;
	}
	if (r == 0 && (r = gv_pack_finish(pack, &done)) == 0 &&
	    (r = gv_autosave_step(&tx, repo, &chain->tip, &tip)) == 0) {
		tx.keeps_objects = true;
		r = gv_ref_commit(&tx, repo);
		if (tx.moved != GV_REF_MOVED_NONE)
			gv_pack_unkeep(pack);
	}
	gv_ref_tx_release(&tx);
	gv_pack_free(pack);
	return r;
}

int
gv_autosave_thin(size_t *n, struct gv_repo *repo,
    const struct gv_autosave_rules *rules, int64_t now)
{
	struct gv_autosaves chain = { .n = 0 };
	struct gv_thin_save *saves = NULL;
	bool *stays = NULL;
	int r = gv_autosave_load(&chain, repo, NULL);

	*n = 0;
	if (r < 0 || chain.n == 0)
		goto out;
	saves = calloc(chain.n, sizeof(*saves));
	stays = calloc(chain.n, sizeof(*stays));
	if (saves == NULL || stays == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	if ((r = gv_autosave_weigh(saves, repo, &chain, rules)) == 0 &&
	    (*n = gv_thin_choose(stays, saves, chain.n, rules->of)) > 0)
		r = write_thinned(repo, &chain, stays, now);
out:
	free(saves);
	free(stays);
	gv_autosave_release(&chain);
	return r;
}

int
gv_autosave_tidy(size_t *n, struct gv_repo *repo,
    const struct gv_autosave_rules *rules, int64_t now)
{
	struct gv_autosave last;
	int lock = -1, r = gv_autosave_last(&last, repo);

	*n = 0;
	if (r > 0 && (r = gv_autosave_lock(&lock, repo)) == 0)
		r = gv_autosave_thin(n, repo, rules, now);
	gv_lock_close(lock);
	return r;
}

static int
shorten(
    size_t *n, struct gv_repo *repo, const struct gv_oid *commit, int64_t now)
{
	struct gv_autosaves chain = { .n = 0 };
	bool *stays = NULL;
	size_t i, k;
	int r = gv_autosave_load(&chain, repo, NULL);

	for (k = 1; k < chain.n; k++)
		if (gv_oid_equal(&chain.saves[k].commit, commit))
			break;
	if (r < 0 || k >= chain.n)
		goto out;
	if ((stays = calloc(chain.n, sizeof(*stays))) == NULL) {
		r = gv_err_nomem();
		goto out;
	}
	for (i = 0; i < k; i++)
		stays[i] = true;
	if ((r = write_thinned(repo, &chain, stays, now)) == 0)
		*n = chain.n - k;
out:
	free(stays);
	gv_autosave_release(&chain);
	return r;
}

int
gv_autosave_shorten(
    size_t *n, struct gv_repo *repo, const struct gv_oid *commit, int64_t now)
{
	int lock = -1, r = gv_autosave_lock(&lock, repo);

	*n = 0;
	if (r == 0)
		r = shorten(n, repo, commit, now);
	gv_lock_close(lock);
	return r;
}
