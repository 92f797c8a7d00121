#include "graph/depgraph_kept.h"

#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "graph/depgraph_fact.h"
#include "key/idkey.h"
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
	struct gv_hash_sha256 secret; /* of what private files hold */
	struct gv_buf text;           /* of a file that is read */
	int root;                     /* -1: not open yet */
	unsigned n_read;
};

/* Bytes of any length, so that two lists of them differ where one does. */
static void
add_text(struct gv_hash_sha256 *h, const char *p, size_t len)
{
	const uint32_t n = (uint32_t)len;

	gv_hash_sha256_update(h, &n, sizeof(n));
	gv_hash_sha256_update(h, p, len);
}

/* What private files hold comes behind the secret key of this clone, without
 * which nobody can test a guess. Whether there is one. */
static bool
begin_secret(struct keying *k, const struct gv_repo *repo)
{
	struct gv_idkey key;

	if (gv_repo_check_writable(repo) < 0 ||
	    gv_idkey_expect(&key, repo, true) < 0)
		return false;
	k->kept->is_private = true;
	gv_hash_sha256_init(&k->secret);
	gv_hash_sha256_update(&k->secret, key.bytes, sizeof(key.bytes));
	explicit_bzero(&key, sizeof(key));
	return true;
}

/* Two digests of it all, of which neither says anything of the other: one that
 * is part of the key, and one to encrypt by. */
static void
end_secret(struct keying *k)
{
	static const struct gv_hash_part name = { "name", 4 },
					 seal = { "seal", 4 };
	unsigned char sum[32], out[GV_HASH_KEYED];

	gv_hash_sha256_finish(&k->secret, sum);
	gv_hash_keyed(out, sum, &name, 1);
	gv_hash_sha256_update(&k->hash, out, sizeof(out));
	gv_hash_keyed(out, sum, &seal, 1);
	memcpy(k->kept->seal, out, GV_DEPGRAPH_SEAL);
	explicit_bzero(out, sizeof(out));
	explicit_bzero(sum, sizeof(sum));
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
	if (gv_oid_is_zero(&id)) {
		if (blob->is_stored || !read_id(&id, k, repo, file))
			return false;
		if (k->text.len <= GV_DEPGRAPH_FILE_MOST)
			blob->id = id;
	}
	if (file->flags & GV_DEPGRAPH_PRIVATE) {
		if (!k->kept->is_private && !begin_secret(k, repo))
			return false;
		add_text(&k->secret, file->path, file->len);
		add_text(&k->secret, k->text.p, k->text.len);
		return true;
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
	add_text(&k->hash, file->path, file->len);
	if (file->env)
		add_text(&k->hash, file->env, strlen(file->env));
	return add_content(k, repo, file, blob);
}

static int
add_program(struct keying *k)
{
	struct gv_buf text = GV_BUF_INIT;
	int r = gv_self_stamp(&text);

	add_text(&k->hash, text.p, text.len);
	gv_buf_release(&text);
	return r;
}

int
gv_depgraph_kept_key(struct gv_depgraph_kept *kept, const struct gv_depgraph *g,
    const struct gv_repo *repo, struct gv_depgraph_blob *blobs)
{
	struct keying k = {
		.kept = kept, .g = g, .text = GV_BUF_WIPED_INIT, .root = -1
	};
	char *before = gv_err_save();
	bool is_known;
	uint32_t i;
	int r;

	*kept = (struct gv_depgraph_kept){ .clear = GV_BUF_WIPED_INIT };
	gv_hash_sha256_init(&k.hash);
	r = add_program(&k);
	is_known = r == 0;
	for (i = 0; is_known && i < g->n_files; i++)
		is_known = !gv_cancel_requested() &&
		    add_file(&k, repo, &g->files[i], &blobs[g->files[i].given]);
	if (kept->is_private)
		end_secret(&k);
	if (is_known)
		gv_hash_sha256_finish(&k.hash, kept->key);
	kept->has_key = is_known;
	explicit_bzero(&k.secret, sizeof(k.secret));
	gv_buf_release(&k.text);
	gv_file_close(k.root);
	gv_err_restore(before);
	return gv_cancel_requested() ? gv_cancel_error()
	    : r == GV_ENOMEM         ? gv_err_nomem()
				     : 0;
}

/* ---- the file ------------------------------------------------------------ */

/* Bring the bytes that were kept under the key, if any. */
static int
find_bytes(struct gv_file_map *out, struct gv_depgraph_kept *kept,
    const struct gv_repo *repo)
{
	int r = 0;

	if (!kept->is_private) {
		if (gv_cache_map(&kept->map, repo, GV_FACT_GRAPH) == 0)
			*out = kept->map;
		return 0;
	}
	r = gv_depgraph_sealed_load(&kept->clear, repo, kept->key, kept->seal);
	if (r == 0)
		*out = (struct gv_file_map){ kept->clear.p, kept->clear.len };
	return r == GV_ENOTFOUND ? 0 : r;
}

static void
release_bytes(struct gv_depgraph_kept *kept)
{
	gv_file_unmap(&kept->map);
	gv_buf_release(&kept->clear);
}

int
gv_depgraph_kept_load(struct gv_depgraph_kept *kept, struct gv_depgraph *g,
    const struct gv_repo *repo)
{
	struct gv_file_map bytes = { .p = NULL };
	int r;

	if (!kept->has_key)
		return 0;
	if ((r = find_bytes(&bytes, kept, repo)) < 0 || bytes.p == NULL)
		return r;
	r = gv_depgraph_image_read(g, bytes.p, bytes.len, kept->key);
	if (r < 0)
		release_bytes(kept);
	return r == 0 ? 1 : r == GV_ECORRUPT ? 0 : r;
}

void
gv_depgraph_kept_save(const struct gv_depgraph_kept *kept,
    const struct gv_depgraph *g, const struct gv_repo *repo)
{
	struct gv_depgraph_image image;
	char *before;

	if (!kept->has_key || g->symbols.n < GV_DEPGRAPH_KEPT_LEAST)
		return;
	before = gv_err_save();
	if (gv_depgraph_image_make(&image, g, kept->key) < 0)
		goto out;
	if (kept->is_private)
		gv_depgraph_sealed_save(repo, kept->key, kept->seal,
		    image.parts, GV_DEPGRAPH_IMAGE_PARTS);
	else
		gv_cache_save_private(
		    repo, GV_FACT_GRAPH, image.parts, GV_DEPGRAPH_IMAGE_PARTS);
out:
	gv_depgraph_image_release(&image);
	gv_err_restore(before);
}

void
gv_depgraph_kept_release(struct gv_depgraph_kept *kept)
{
	release_bytes(kept);
	explicit_bzero(kept->seal, sizeof(kept->seal));
}
