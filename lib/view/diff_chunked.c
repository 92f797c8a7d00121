#include "view/diff.h"

#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "base/vec.h"
#include "object/chunk.h"
#include "object/odb.h"
#include "object/repo_odb.h"
#include "record/manifest.h"
#include "repo/hash.h"
#include "repo/repo.h"

/* The size of a file in chunks, else 0. */
static uint64_t
chunked_size(const struct gv_manifest *m, const char *path, size_t len)
{
	const struct gv_manifest_entry *e =
	    m && path ? gv_manifest_get(m, path, len) : NULL;

	return e ? e->chunked : 0;
}

static int
add_bytes(void *ctx, const void *data, size_t len)
{
	gv_hash_sha256_update(ctx, data, len);
	return 0;
}

/* Whether a file in chunks is a blob, byte for byte. What cannot be read here
 * is not known to be equal. */
static bool
is_equal(
    struct gv_odb *odb, const struct gv_oid *pointer, const struct gv_oid *blob)
{
	unsigned char digest[GV_CHUNK_DIGEST];
	struct gv_chunk_pointer p;
	struct gv_hash_sha256 h;
	enum gv_otype type;
	size_t size;

	if (gv_chunk_pointer_load(&p, odb, pointer) < 0 || p.has_holes ||
	    gv_odb_read_header(odb, &type, &size, blob) < 0 || size != p.size)
		return false;
	gv_hash_sha256_init(&h);
	if (gv_odb_stream(odb, blob, add_bytes, &h) < 0)
		return false;
	gv_hash_sha256_finish(&h, digest);
	return memcmp(digest, p.digest, sizeof(digest)) == 0;
}

static int
add_same(struct gv_diff *d, const struct gv_diff_change *c)
{
	int r = GV_GROW(d->same, d->n_same, d->cap_same);

	if (r == 0)
		d->same[d->n_same++] = c->path;
	return r;
}

/* Of the side that is whole. A lost one cannot be compared. */
static void
find_size(
    uint64_t *size, struct gv_odb *odb, unsigned mode, const struct gv_oid *oid)
{
	if (!S_ISREG(mode) && !S_ISLNK(mode))
		return;
	if (gv_odb_read_size(odb, size, oid) < 0)
		*size = 0;
}

/* Set the sizes of a change; 1 where nothing changed. */
static int
mind(struct gv_odb *odb, struct gv_diff_change *c,
    const struct gv_manifest *from, const struct gv_manifest *to)
{
	const char *old = c->old_path ? c->old_path : c->path;
	uint64_t a, b;

	if (c->status == 'm')
		return 0;
	a = !c->old_mode ? 0
			 : chunked_size(from, old,
			       c->old_path ? c->old_path_len : c->path_len);
	b = c->new_mode ? chunked_size(to, c->path, c->path_len) : 0;
	c->old_chunked = a > 0;
	c->new_chunked = b > 0;
	if (a)
		c->old_size = a;
	else if (b)
		find_size(&c->old_size, odb, c->old_mode, &c->old_oid);
	if (b)
		c->new_size = b;
	else if (a)
		find_size(&c->new_size, odb, c->new_mode, &c->new_oid);
	if (c->status != 'M' || c->old_mode != c->new_mode || !a == !b ||
	    !S_ISREG(c->old_mode))
		return 0;
	return is_equal(
	    odb, a ? &c->old_oid : &c->new_oid, a ? &c->new_oid : &c->old_oid);
}

int
gv_diff_mind_chunked(
    struct gv_diff *diff, struct gv_repo *repo, const struct gv_diff_opts *opts)
{
	const struct gv_manifest *from = NULL, *to = NULL;
	struct gv_odb *odb;
	size_t i, n = 0;
	int r = gv_repo_odb(repo, &odb);

	if (diff->n == diff->metadata)
		return r;
	if (r < 0)
		return r;
	r = gv_diff_side_load(&from, &diff->owned[0], odb, &opts->from);
	if (r < 0)
		return r;
	r = gv_diff_side_load(&to, &diff->owned[1], odb, &opts->to);
	if (r < 0)
		return r;
	for (i = 0; r == 0 && i < diff->n; i++) {
		struct gv_diff_change *c = &diff->changes[i];

		if (mind(odb, c, from, to)) {
			r = add_same(diff, c);
			diff->modified--;
		} else {
			diff->changes[n++] = *c;
		}
	}
	if (r < 0)
		return r;
	diff->n = n;
	return 0;
}
