#include "textindex/pathlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/enc.h"
#include "base/err.h"
#include "sys/file.h"
#include "worktree/cache.h"

/* The bytes of the file, numbers in network order:
 *
 *	8 bytes		"GVPATHS1"
 *	32 bytes	the stamp of the refs
 *	5 * 4 bytes	how many versions, paths, changes, steps, bytes of texts
 *	24 bytes each	versions, rising: the id, the length
 *	4 bytes each	of each path, its version now
 *	12 bytes each	changes: the step, the path, the version
 *	28 bytes each	steps: the time, the commit
 *	…		texts, a NUL behind each: id, author and subject of each
 *			step, then the paths
 *	4 bytes		CRC-32 of all before
 */
#define MAGIC   "GVPATHS1"
#define NAME    GV_CACHE_SEARCH "/pathlog"
#define HEAD    (GV_CACHE_MAGIC + GV_EXTENT_STAMP + 5 * 4)
#define CONTENT (GV_OID_RAW + 4)
#define NOW     4
#define CHANGE  12
#define STEP    (8 + GV_OID_RAW)
#define TEXTS   3 /* of a step */
#define MOST    ((size_t)256 * 1024 * 1024)

/* ---- reading ------------------------------------------------------------- */

static uint32_t
number(const char *p)
{
	return (uint32_t)gv_enc_number(p, 4);
}

void
gv_pathlog_version(
    struct gv_pathlog_version *out, const struct gv_pathlog *log, size_t i)
{
	const char *p = log->versions + i * CONTENT;

	memcpy(out->oid.id, p, GV_OID_RAW);
	out->len = number(p + GV_OID_RAW);
}

void
gv_pathlog_change(
    struct gv_pathlog_change *out, const struct gv_pathlog *log, size_t i)
{
	const char *p = log->changes + i * CHANGE;

	out->step = number(p);
	out->path = number(p + 4);
	out->version = number(p + 8);
}

uint32_t
gv_pathlog_now(const struct gv_pathlog *log, size_t path)
{
	return number(log->nows + path * NOW);
}

static const char *
next_text(const char **p)
{
	const char *text = *p;

	*p += strlen(text) + 1;
	return text;
}

void
gv_pathlog_steps(struct gv_pathlog_step *out, const struct gv_pathlog *log)
{
	const char *p = log->steps, *text = log->texts;
	size_t i;

	for (i = 0; i < log->n_steps; i++, p += STEP) {
		out[i].time = (int64_t)gv_enc_number(p, 8);
		memcpy(out[i].commit.id, p + 8, GV_OID_RAW);
		out[i].id = next_text(&text);
		out[i].author = next_text(&text);
		out[i].subject = next_text(&text);
	}
}

void
gv_pathlog_paths(const char **out, const struct gv_pathlog *log)
{
	const char *text = log->paths;
	size_t i;

	for (i = 0; i < log->n_paths; i++)
		out[i] = next_text(&text);
}

static bool
is_version(const struct gv_pathlog *log, uint32_t version)
{
	return version < log->n_versions || version == GV_PATHLOG_NONE;
}

/* Whether each number is one of something that is there, and in its order. */
static bool
makes_sense(const struct gv_pathlog *log)
{
	struct gv_pathlog_change c;
	uint32_t step = 0;
	size_t i;

	for (i = 1; i < log->n_versions; i++)
		if (memcmp(log->versions + (i - 1) * CONTENT,
			log->versions + i * CONTENT, GV_OID_RAW) >= 0)
			return false;
	for (i = 0; i < log->n_paths; i++)
		if (!is_version(log, gv_pathlog_now(log, i)))
			return false;
	for (i = 0; i < log->n_changes; i++, step = c.step) {
		gv_pathlog_change(&c, log, i);
		if (c.step < step || c.step >= log->n_steps ||
		    c.path >= log->n_paths || !is_version(log, c.version))
			return false;
	}
	return true;
}

/* Behind that many texts; NULL where there are fewer. */
static const char *
pass_texts(const char *p, const char *end, size_t n)
{
	for (; n && p; n--) {
		p = memchr(p, 0, (size_t)(end - p));
		if (p)
			p++;
	}
	return p;
}

/* Find where the paths begin. All texts are there, and nothing else. */
static bool
count_texts(struct gv_pathlog *log, const char *end)
{
	const char *p = pass_texts(log->texts, end, TEXTS * log->n_steps);

	log->paths = p;
	return pass_texts(p, end, log->n_paths) == end;
}

int
gv_pathlog_parse(struct gv_pathlog *out, const char *bytes, size_t len)
{
	const char *p;
	size_t texts;

	if (!gv_cache_is_sealed(bytes, len, MAGIC) || len < HEAD + GV_CACHE_SUM)
		return GV_ECORRUPT;
	p = bytes + GV_CACHE_MAGIC;
	memcpy(out->stamp, p, GV_EXTENT_STAMP);
	p += GV_EXTENT_STAMP;
	out->n_versions = number(p);
	out->n_paths = number(p + 4);
	out->n_changes = number(p + 8);
	out->n_steps = number(p + 12);
	texts = number(p + 16);
	/* no sum overflows 64 bits */
	if ((uint64_t)out->n_versions * CONTENT + (uint64_t)out->n_paths * NOW +
		(uint64_t)out->n_changes * CHANGE +
		(uint64_t)out->n_steps * STEP + texts !=
	    len - HEAD - GV_CACHE_SUM)
		return GV_ECORRUPT;
	out->versions = bytes + HEAD;
	out->nows = out->versions + out->n_versions * CONTENT;
	out->changes = out->nows + out->n_paths * NOW;
	out->steps = out->changes + out->n_changes * CHANGE;
	out->texts = out->steps + out->n_steps * STEP;
	return count_texts(out, out->texts + texts) && makes_sense(out)
	    ? 0
	    : GV_ECORRUPT;
}

int
gv_pathlog_load(struct gv_file_map *map, struct gv_pathlog *out,
    const struct gv_repo *repo, const unsigned char stamp[GV_EXTENT_STAMP])
{
	char *before = gv_err_save();
	int r = gv_cache_map(map, repo, NAME);

	if (r == 0)
		r = gv_pathlog_parse(out, map->p, map->len) == 0 &&
		    memcmp(out->stamp, stamp, GV_EXTENT_STAMP) == 0;
	return gv_err_settle(r >= 0 || r == GV_ENOMEM ? r : 0, before);
}

/* ---- writing ------------------------------------------------------------- */

struct ranked {
	const struct gv_pathlog_version *version;
	uint32_t number; /* in the draft */
};

static int
compare(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return memcmp(x->version->oid.id, y->version->oid.id, GV_OID_RAW);
}

/* Put the versions in their order; rank[i] is the new number of the i-th. */
static int
add_versions(
    struct gv_buf *out, uint32_t *rank, const struct gv_pathlog_draft *d)
{
	struct ranked *all = malloc((d->n_versions + 1) * sizeof(*all));
	size_t i;

	if (all == NULL)
		return gv_err_nomem();
	for (i = 0; i < d->n_versions; i++)
		all[i] = (struct ranked){ &d->versions[i], (uint32_t)i };
	if (d->n_versions)
		qsort(all, d->n_versions, sizeof(*all), compare);
	for (i = 0; i < d->n_versions; i++) {
		rank[all[i].number] = (uint32_t)i;
		gv_buf_add(out, all[i].version->oid.id, GV_OID_RAW);
		gv_enc_add_number(out, all[i].version->len, 4);
	}
	free(all);
	return 0;
}

static void
add_version(struct gv_buf *out, const uint32_t *rank, uint32_t version)
{
	gv_enc_add_number(out,
	    version == GV_PATHLOG_NONE ? GV_PATHLOG_NONE : rank[version], 4);
}

static void
add_text(struct gv_buf *out, const char *text)
{
	gv_buf_add(out, text, strlen(text) + 1);
}

static void
add_texts(struct gv_buf *out, const struct gv_pathlog_draft *d)
{
	size_t i;

	for (i = 0; i < d->n_steps; i++) {
		add_text(out, d->steps[i].id);
		add_text(out, d->steps[i].author);
		add_text(out, d->steps[i].subject);
	}
	for (i = 0; i < d->n_paths; i++)
		add_text(out, d->paths[i]);
}

static void
add_head(struct gv_buf *out, const struct gv_pathlog_draft *d, size_t texts)
{
	gv_buf_addstr(out, MAGIC);
	gv_buf_add(out, d->stamp, GV_EXTENT_STAMP);
	gv_enc_add_number(out, d->n_versions, 4);
	gv_enc_add_number(out, d->n_paths, 4);
	gv_enc_add_number(out, d->n_changes, 4);
	gv_enc_add_number(out, d->n_steps, 4);
	gv_enc_add_number(out, texts, 4);
}

static void
add_rest(struct gv_buf *out, const uint32_t *rank,
    const struct gv_pathlog_draft *d, const struct gv_buf *texts)
{
	size_t i;

	for (i = 0; i < d->n_paths; i++)
		add_version(out, rank, d->nows[i]);
	for (i = 0; i < d->n_changes; i++) {
		gv_enc_add_number(out, d->changes[i].step, 4);
		gv_enc_add_number(out, d->changes[i].path, 4);
		add_version(out, rank, d->changes[i].version);
	}
	for (i = 0; i < d->n_steps; i++) {
		gv_enc_add_number(out, (uint64_t)d->steps[i].time, 8);
		gv_buf_add(out, d->steps[i].commit.id, GV_OID_RAW);
	}
	gv_buf_add(out, texts->p, texts->len);
}

int
gv_pathlog_format(struct gv_buf *out, const struct gv_pathlog_draft *d)
{
	uint32_t *rank = malloc((d->n_versions + 1) * sizeof(*rank));
	struct gv_buf texts = GV_BUF_INIT;
	const size_t from = out->len;
	int r;

	if (rank == NULL)
		return gv_err_nomem();
	add_texts(&texts, d);
	if ((r = gv_buf_check(&texts)) < 0)
		goto out;
	add_head(out, d, texts.len);
	if ((r = add_versions(out, rank, d)) < 0)
		goto out;
	add_rest(out, rank, d, &texts);
	gv_cache_seal(out, from);
	r = gv_buf_check(out);
out:
	gv_buf_release(&texts);
	free(rank);
	return r;
}

void
gv_pathlog_save(
    const struct gv_repo *repo, const struct gv_pathlog_draft *draft)
{
	struct gv_buf out = GV_BUF_INIT;

	if (gv_pathlog_format(&out, draft) == 0 && out.len <= MOST)
		gv_cache_save_private(
		    repo, NAME, &(struct gv_cache_part){ out.p, out.len }, 1);
	gv_buf_release(&out);
}

void
gv_pathlog_remove(const struct gv_repo *repo)
{
	gv_cache_remove(repo, NAME);
}
