#ifndef GV_CACHE_H
#define GV_CACHE_H
/*
 * The files below .git/vault that cost time only when they are lost: how each
 * is read, and written as a whole. It is written beside its place as NAME.tmp,
 * by one process at a time: who finds another one at it does not write, and
 * what was left by one that was killed is taken over after a minute, or swept.
 * Not flushed to disk: what a file holds tells whether it is whole, mostly by
 * the sum that gv_cache_seal() puts at its end. What must not be lost is for
 * gv_file_replace().
 *
 *	r = gv_cache_load(&bytes, repo, "records");
 *	gv_buf_addstr(&file, "GVRECOR2"); … gv_cache_seal(&file, 0);
 *	gv_cache_save(repo, "records", &file, false);
 */

#include <stdbool.h>
#include <stddef.h>

struct gv_buf;
struct gv_file_map;
struct gv_repo;

#define GV_CACHE_MAGIC 8 /* bytes that a sealed file begins with */
#define GV_CACHE_SUM   4 /* bytes that it ends with: CRC-32 of all before */

/* One of the pieces of memory that a file is made of. */
struct gv_cache_part {
	const void *p;
	size_t len;
};

/* Append the whole file of this name in the folder that the working trees
 * share. 0; GV_ENOMEM; another code where there is none or it cannot be read.
 * `out` is as it was then. */
int
gv_cache_load(struct gv_buf *out, const struct gv_repo *repo, const char *name);

/* The same where the system keeps it, to be unmapped by the caller. */
int gv_cache_map(
    struct gv_file_map *out, const struct gv_repo *repo, const char *name);

/* Replace it, as core.sharedRepository wants it, and without the umask, which
 * other threads go by; a buffer that failed is not
 * written. `makes_dir`: and make the folder where it is missing; who only looks
 * should not. Not inside a push's quarantine, since a push that is refused
 * leaves nothing behind. Whether it is replaced; no failure sets a message, and
 * that of another one stays. */
bool gv_cache_save(const struct gv_repo *repo, const char *name,
    const struct gv_buf *data, bool makes_dir);

/* The same of these parts, for the user alone where core.sharedRepository does
 * not say otherwise. */
void gv_cache_save_private(const struct gv_repo *repo, const char *name,
    const struct gv_cache_part *parts, size_t n);

/* The same of bytes that `next` appends piece by piece, to an empty buffer each
 * time, until it appends none or fails: a file that is larger than what fits in
 * the cache of a processor is not put together in memory. It is sealed. */
typedef int gv_cache_next_fn(void *ctx, struct gv_buf *out);
void gv_cache_save_by(const struct gv_repo *repo, const char *name,
    gv_cache_next_fn *next, void *ctx);

/* Remove it. No failure tells. */
void gv_cache_remove(const struct gv_repo *repo, const char *name);

/* Replace the file at `path`, anywhere, by these parts, one after the other.
 * `repo`: it gets the rights that core.sharedRepository wants there; NULL:
 * those that the umask leaves. `is_alone`: a lock keeps others away, so that
 * what stands beside it is left. 0; GV_ELOCKED where another process writes it
 * just now; GV_ERROR. It is as it was then. */
int gv_cache_replace(const char *path, const struct gv_cache_part *parts,
    size_t n, const struct gv_repo *repo, bool is_alone);

/* The folder of the index of searches, among the files of caches. */
#define GV_CACHE_SEARCH "search"

/* Remove what writers left that were killed, from the folder of this working
 * tree, the one that all share, and that of the index. No failure tells. */
void gv_cache_sweep(const struct gv_repo *repo);

/* End a file, which begins at `from` of the buffer, with its sum. */
void gv_cache_seal(struct gv_buf *out, size_t from);

/* Whether the bytes begin with these eight characters and end with the sum of
 * what is before it. */
bool gv_cache_is_sealed(const void *file, size_t len, const char *magic);

/* The same for a text, with a last line "= 01234567" for its sum. */
void gv_cache_seal_text(struct gv_buf *out, size_t from);

/* Where that line begins in a text that begins with these characters; 0 where
 * the text is another or its sum is wrong. */
size_t gv_cache_text_end(const char *text, size_t len, const char *head);

#endif
