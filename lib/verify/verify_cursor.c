#include "verify/verify_cursor.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/err.h"
#include "base/vec.h"
#include "worktree/cache.h"

/*
 *	8 bytes		"GVVERIF1"; "GVVERID1" of a deep verification
 *	8 bytes		when it began, seconds since 1970, big-endian
 *	n * 8 bytes	the first bytes of the ids, sorted, none twice
 *	4 bytes		CRC-32 of all before, big-endian
 */
#define NAME  "verifying"
#define MAGIC "GVVERIF1"
#define DEEP  "GVVERID1"
#define HEAD  (GV_CACHE_MAGIC + 8)
#define KEY   GV_VERIFY_CURSOR_KEY

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, KEY);
}

int
gv_verify_cursor_parse(
    struct gv_verify_cursor *out, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t begun;
	size_t n, i;
	bool deep = gv_cache_is_sealed(data, len, DEEP);

	memset(out, 0, sizeof(*out));
	if (len < HEAD + GV_CACHE_SUM ||
	    (len - HEAD - GV_CACHE_SUM) % KEY != 0 ||
	    (!deep && !gv_cache_is_sealed(data, len, MAGIC)))
		return GV_ECORRUPT;
	begun = gv_enc_number(p + GV_CACHE_MAGIC, 8);
	n = (len - HEAD - GV_CACHE_SUM) / KEY;
	if (begun == 0 || begun > INT64_MAX)
		return GV_ECORRUPT;
	for (i = 1; i < n; i++)
		if (compare(p + HEAD + (i - 1) * KEY, p + HEAD + i * KEY) >= 0)
			return GV_ECORRUPT;
	if (gv_vec_grow((void **)&out->keys, &out->cap, n + 1, KEY) < 0)
		return GV_ENOMEM;
	memcpy(out->keys, p + HEAD, n * KEY);
	out->n = out->n_sorted = n;
	out->begun = (int64_t)begun;
	out->deep = deep;
	return 0;
}

static void
sort(struct gv_verify_cursor *c)
{
	size_t i, n = 0;

	if (c->n_sorted == c->n)
		return;
	qsort(c->keys, c->n, KEY, compare);
	for (i = 0; i < c->n; i++) {
		if (n &&
		    compare(c->keys + (n - 1) * KEY, c->keys + i * KEY) == 0)
			continue;
		memmove(c->keys + n * KEY, c->keys + i * KEY, KEY);
		n++;
	}
	c->n = c->n_sorted = n;
}

void
gv_verify_cursor_format(struct gv_buf *out, struct gv_verify_cursor *c)
{
	size_t from = out->len;

	sort(c);
	gv_buf_addstr(out, c->deep ? DEEP : MAGIC);
	gv_enc_add_number(out, (uint64_t)c->begun, 8);
	gv_buf_add(out, c->n ? (char *)c->keys : "", c->n * KEY);
	gv_cache_seal(out, from);
}

int
gv_verify_cursor_load(struct gv_verify_cursor *out, const struct gv_repo *repo)
{
	struct gv_buf data = GV_BUF_INIT;
	int r = gv_cache_load(&data, repo, NAME);

	memset(out, 0, sizeof(*out));
	if (r == 0)
		r = gv_verify_cursor_parse(out, data.p, data.len);
	gv_buf_release(&data);
	return r == GV_ENOMEM ? r : 0;
}

void
gv_verify_cursor_save(struct gv_verify_cursor *c, const struct gv_repo *repo)
{
	struct gv_buf data = GV_BUF_INIT;

	gv_verify_cursor_format(&data, c);
	gv_cache_save(repo, NAME, &data, false);
	gv_buf_release(&data);
}

void
gv_verify_cursor_remove(const struct gv_repo *repo)
{
	gv_cache_remove(repo, NAME);
}

bool
gv_verify_cursor_has(const struct gv_verify_cursor *c, const struct gv_oid *oid)
{
	return c->n_sorted &&
	    bsearch(oid->id, c->keys, c->n_sorted, KEY, compare) != NULL;
}

int
gv_verify_cursor_add(struct gv_verify_cursor *c, const struct gv_oid *oid)
{
	int r = gv_vec_grow((void **)&c->keys, &c->cap, c->n + 1, KEY);

	if (r == 0)
		memcpy(c->keys + c->n++ * KEY, oid->id, KEY);
	return r;
}

void
gv_verify_cursor_release(struct gv_verify_cursor *c)
{
	if (c == NULL)
		return;
	free(c->keys);
	memset(c, 0, sizeof(*c));
}
