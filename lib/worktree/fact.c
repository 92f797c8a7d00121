#include "worktree/fact.h"

#include <string.h>

#include "worktree/cache.h"

/* A key is a blob's id and, in eight bytes, big-endian, its kind. */
#define KEY (GV_OID_RAW + 8)

/* A file of less is written as a whole each time; else once the recent ones
 * take a share of that. */
#define LARGE ((size_t)256 * 1024)
#define SHARE 8

static void
set_key(unsigned char key[KEY], const struct gv_oid *blob, uint64_t kind)
{
	int i;

	memcpy(key, blob->id, GV_OID_RAW);
	for (i = 0; i < 8; i++)
		key[GV_OID_RAW + i] = (unsigned char)(kind >> (56 - 8 * i));
}

static int
recent_name(struct gv_buf *out, const char *name)
{
	gv_buf_addf(out, "%s" GV_FACT_RECENT, name);
	return gv_buf_check(out);
}

int
gv_fact_load(struct gv_fact *out, const struct gv_repo *repo, const char *name,
    const struct gv_oid *version)
{
	struct gv_buf recent = GV_BUF_INIT;
	int r = recent_name(&recent, name);

	*out = (struct gv_fact)GV_FACT_INIT;
	out->old.stamp = out->recent.stamp = *version;
	if (r == 0 && (r = gv_table_load(&out->old, repo, name)) == 0)
		r = gv_table_load(&out->recent, repo, recent.p);
	gv_buf_release(&recent);
	return r;
}

/* Whether the recent ones have become too many, and all are written. */
static bool
is_full(const struct gv_fact *facts)
{
	const struct gv_table *recent = &facts->recent;

	return facts->old.len < LARGE ||
	    recent->len + recent->n_rows * KEY + recent->added.len >
	    facts->old.len / SHARE;
}

/* Of one key the last that was added counts. */
static int
join(struct gv_fact *facts)
{
	const struct gv_table *from = &facts->recent;
	const char *key, *p;
	size_t i, len;
	int r = 0;

	for (i = 0; r == 0 && i < from->n; i++) {
		key = gv_table_key(from, i);
		p = gv_table_get(from, key, &len);
		r = gv_table_add(&facts->old, key, p, len);
	}
	for (i = 0; r == 0 && i < from->n_rows; i++)
		r = gv_table_add(&facts->old, from->rows[i].key,
		    from->added.p ? from->added.p + from->rows[i].at : "",
		    from->rows[i].len);
	return r;
}

/* All of them go to the one file before the other is removed: a process that is
 * killed between leaves some in both, and one that cannot write the large file,
 * on a full disk or in the quarantine of a push, leaves the other. */
void
gv_fact_save(
    struct gv_fact *facts, const struct gv_repo *repo, const char *name)
{
	struct gv_buf recent = GV_BUF_INIT;

	if (facts->recent.n_rows == 0 || recent_name(&recent, name) < 0)
		goto out;
	if (!is_full(facts)) {
		(void)gv_table_save(
		    &facts->recent, repo, recent.p, NULL, NULL, true);
		goto out;
	}
	if (join(facts) < 0)
		goto out;
	if (gv_table_save(&facts->old, repo, name, NULL, NULL, true))
		gv_cache_remove(repo, recent.p);
	facts->recent.n_rows = 0;
out:
	gv_buf_release(&recent);
}

const char *
gv_fact_get(const struct gv_fact *facts, const struct gv_oid *blob,
    uint64_t kind, size_t *len)
{
	unsigned char key[KEY];
	const char *p;

	set_key(key, blob, kind);
	p = gv_table_get(&facts->recent, key, len);
	return p ? p : gv_table_get(&facts->old, key, len);
}

int
gv_fact_add(struct gv_fact *facts, const struct gv_oid *blob, uint64_t kind,
    const void *p, size_t len)
{
	unsigned char key[KEY];

	set_key(key, blob, kind);
	return gv_table_add(&facts->recent, key, p, len);
}

void
gv_fact_release(struct gv_fact *facts)
{
	gv_table_release(&facts->old);
	gv_table_release(&facts->recent);
}
