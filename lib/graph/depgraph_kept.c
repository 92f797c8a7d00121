#include "graph/depgraph_kept.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "graph/depgraph_fact.h"
#include "repo/hash.h"
#include "repo/repo.h"
#include "sys/cancel.h"
#include "sys/dir.h"
#include "sys/self.h"
#include "worktree/fact.h"

/* ---- the key ------------------------------------------------------------- */

struct keying {
	struct gv_depgraph_kept *kept;
	const struct gv_depgraph *g;
	struct gv_hash_sha256 hash;
	struct gv_buf text; /* of a file that is read */
	int root;           /* -1: not open yet */
	unsigned n_read;
};

/* Bytes of any length, so that two lists of them differ where one does. */
static void
add_text(struct keying *k, const char *p, size_t len)
{
	const uint32_t n = (uint32_t)len;

	gv_hash_sha256_update(&k->hash, &n, sizeof(n));
	gv_hash_sha256_update(&k->hash, p, len);
}

/* The id of what a file of the working tree holds; of one that is too large,
 * of as much as is read of it. Whether it can be read. */
static bool
read_id(struct gv_oid *id, struct keying *k, const struct gv_repo *repo,
    const struct gv_depgraph_file *file)
{
	bool ok;
	int fd;

	if (k->n_read++ == GV_DEPGRAPH_KEPT_READS)
		return false;
	if (k->root < 0)
		k->root = gv_dir_open_root(repo->worktree);
	fd =
	    k->root < 0 ? -1 : gv_dir_open_file(k->root, file->path, file->len);
	if (fd < 0)
		return false;
	gv_buf_reset(&k->text);
	ok = gv_depgraph_read_all(&k->text, fd);
	gv_file_close(fd);
	if (ok)
		gv_hash_object(id, GV_OTYPE_BLOB, k->text.p, k->text.len);
	return ok;
}

/* Those of Git, which say of what is missing whether that is a mistake. */
static bool
has_rules(const struct gv_depgraph_file *file)
{
	static const char name[] = ".gitignore";
	const size_t n = sizeof(name) - 1;

	return file->len >= n &&
	    memcmp(file->path + file->len - n, name, n) == 0 &&
	    (file->len == n || file->path[file->len - n - 1] == '/');
}

/* What a file holds counts where it is read. */
static bool
add_content(struct keying *k, const struct gv_repo *repo,
    const struct gv_depgraph_file *file, struct gv_depgraph_blob *blob)
{
	struct gv_oid id = blob->id;

	if (gv_depgraph_is_followed(file)) {
		gv_hash_sha256_update(&k->hash, id.id, GV_OID_RAW);
		return !gv_oid_is_zero(&id);
	}
	if (!blob->is_file ||
	    (file->dialect == GV_SYMBOL_DIALECT_NONE && !has_rules(file)))
		return true;
	k->kept->is_private |= (file->flags & GV_DEPGRAPH_PRIVATE) != 0;
	if (gv_oid_is_zero(&id)) {
		if (blob->is_stored || (file->flags & GV_DEPGRAPH_PRIVATE) ||
		    !read_id(&id, k, repo, file))
			return false;
		if (k->text.len <= GV_DEPGRAPH_FILE_MOST)
			blob->id = id;
	}
	gv_hash_sha256_update(&k->hash, id.id, GV_OID_RAW);
	return true;
}

static bool
add_file(struct keying *k, const struct gv_repo *repo,
    const struct gv_depgraph_file *file, struct gv_depgraph_blob *blob)
{
	const unsigned char kind[4] = { file->flags, blob->is_file,
		blob->is_stored, file->env != NULL };

	gv_hash_sha256_update(&k->hash, kind, sizeof(kind));
	add_text(k, file->path, file->len);
	if (file->env)
		add_text(k, file->env, strlen(file->env));
	return add_content(k, repo, file, blob);
}

static int
add_program(struct keying *k)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_self_stamp(&text);

	add_text(k, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

int
gv_depgraph_kept_key(struct gv_depgraph_kept *kept, const struct gv_depgraph *g,
    const struct gv_repo *repo, struct gv_depgraph_blob *blobs)
{
	struct keying k = {
		.kept = kept, .g = g, .text = GV_BUF_INIT, .root = -1
	};
	char *before = gv_err_save();
	bool is_known;
	uint32_t i;
	int r;

	*kept = (struct gv_depgraph_kept){ .has_key = false };
	gv_hash_sha256_init(&k.hash);
	r = add_program(&k);
	is_known = r == 0;
	for (i = 0; is_known && i < g->n_files; i++)
		is_known = !gv_cancel_requested() &&
		    add_file(&k, repo, &g->files[i], &blobs[g->files[i].given]);
	if (is_known)
		gv_hash_sha256_finish(&k.hash, kept->key);
	kept->has_key = is_known;
	gv_buf_release(&k.text);
	gv_file_close(k.root);
	gv_err_restore(before);
	return gv_cancel_requested() ? gv_cancel_error()
	    : r == GV_ENOMEM         ? gv_err_nomem()
				     : 0;
}

/* ---- the file ------------------------------------------------------------ */

int
gv_depgraph_kept_load(struct gv_depgraph_kept *kept, struct gv_depgraph *g,
    const struct gv_repo *repo)
{
	int r;

	if (!kept->has_key ||
	    gv_cache_map(&kept->map, repo, GV_FACT_GRAPH) < 0 ||
	    kept->map.p == NULL)
		return 0;
	r = gv_depgraph_image_read(g, kept->map.p, kept->map.len, kept->key);
	if (r < 0)
		gv_file_unmap(&kept->map);
	return r == 0 ? 1 : r == GV_ECORRUPT ? 0 : r;
}

void
gv_depgraph_kept_save(const struct gv_depgraph_kept *kept,
    const struct gv_depgraph *g, const struct gv_repo *repo)
{
	struct gv_depgraph_image image;
	char *before;

	if (!kept->has_key || kept->is_private ||
	    g->symbols.n < GV_DEPGRAPH_KEPT_LEAST)
		return;
	before = gv_err_save();
	if (gv_depgraph_image_make(&image, g, kept->key) == 0)
		gv_cache_save_private(
		    repo, GV_FACT_GRAPH, image.parts, GV_DEPGRAPH_IMAGE_PARTS);
	gv_depgraph_image_release(&image);
	gv_err_restore(before);
}

void
gv_depgraph_kept_release(struct gv_depgraph_kept *kept)
{
	gv_file_unmap(&kept->map);
}
